"""A guest whom an identity provider vouches for, from the first page to the gateway and back.

The provider is npm's, the portal's role is its own, and the guest has a log-in window without
cookies beside a browser of their own.
"""

import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import asyncpg
import pytest
from yarl import URL

from portal.app import create_app
from portal.guest.parts import Portal
from portal.openid.asking import challenge_of, secrets_of
from portal.openid.client import ProviderClient
from territory.database.components import Component
from territory.keyring import Keyring
from territory.openid_providers import PROFILES, Provider
from territory.web.server import start_site
from tests.conftest import FixedClock
from tests.integration.portal.conftest import Answer, Guest, Seed, user_name_in
from tests.servers.openid_provider import NEXT, RETURN, SECRET, client, openid_provider, person

CLIENTS = [
    client("essai"),
    client(
        "franceconnect",
        userinfo_signed_response_alg="ES256",
        token_endpoint_auth_method="client_secret_post",
    ),
]


_CODE = r'name="code" value="(\d{6})"|class="big"><bdi dir="ltr">(\d{3} \d{3})<'


@pytest.fixture(scope="module", name="issuer")
def _issuer() -> Iterator[str]:
    with openid_provider(CLIENTS) as issuer:
        yield issuer


@pytest.fixture
def clock() -> FixedClock:
    """The provider's own clock, stopped."""
    return FixedClock(datetime.now(UTC))


@pytest.fixture(autouse=True)
async def _offered(portal: Portal, owner: Any, seed: Seed, issuer: str) -> None:
    """The town hall offers two providers: one that tells nothing, and one as FranceConnect is."""
    plain = Provider("essai", "Essai", issuer, "essai", SECRET, PROFILES["plain"])
    france = Provider(
        *("franceconnect", "FranceConnect", issuer, "franceconnect", SECRET),
        PROFILES["franceconnect"],
        level="eidas1",
        keeps=("email", "family_name"),
    )
    providers = {one.code: ProviderClient(one, RETURN) for one in (plain, france)}
    object.__setattr__(portal, "providers", providers)
    query = "UPDATE territory.site SET methods = '{openid_connect}' WHERE id = $1"
    await owner.execute(query, seed.town_hall)
    await portal.directory.refresh()


@pytest.fixture
async def guest(portal: Portal) -> AsyncIterator[Guest]:
    """A guest in front of the portal, which believes the test about where requests come from."""
    app = create_app(portal, trusted_proxies=(ip_network("127.0.0.1"),), https_only=False)
    runner = await start_site(app, "127.0.0.1", 0)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield Guest(url, session, {"Accept-Language": "fr"})
    await runner.cleanup()


def elsewhere(guest: Guest) -> Guest:
    """Return somebody on another network than the site's."""
    return replace(guest, headers={**guest.headers, "X-Forwarded-For": "198.51.100.7"})


async def begin(guest: Guest, provider: str = "essai") -> Answer:
    """Arrive, choose a provider, and return the page that leads there."""
    form = await guest.get(link_in(await guest.arrive()))
    sent = await guest.post("/identification/openid_connect", visit=form.visit, provider=provider)
    assert sent.status == 303, sent.text
    return await guest.get(urlsplit(sent.location).path + "?" + urlsplit(sent.location).query)


def link_in(page: Answer) -> str:
    """Return where a page's one button leads."""
    start = page.text.index('class="go" href="') + len('class="go" href="')
    return unescape(page.text[start : page.text.index('"', start)])


def word_in(page: Answer) -> str:
    """Return the path of the plain address."""
    text = page.text.replace("<wbr>", "")
    start = text.index("wifi.meuse.example/o/") + len("wifi.meuse.example")
    return text[start : start + len("/o/") + 8]


def path_of(url: URL | str) -> str:
    """Return an address of ours without its host, octet for octet."""
    parts = urlsplit(str(url))
    return f"{parts.path}?{parts.query}"


async def vouched(guest: Guest, page: Answer) -> Answer:
    """Sign in at the provider and come back; the page after it."""
    async with person() as somebody:
        back = await somebody.sign_in(link_in(page))
        answer = await guest.get(path_of(back))
        assert answer.status == 303, answer.text
        if not answer.location.startswith(NEXT):
            return await guest.get(path_of(await somebody.sign_out(answer.location)))
    return await guest.get(path_of(answer.location))


def code_in(page: Answer) -> str:
    """Return the six digits that a page shows or carries."""
    found = re.search(_CODE, page.text)
    assert found, page.text
    return (found[1] or found[2]).replace(" ", "")


async def rights(owner: Any) -> list[tuple[str, Any]]:
    """Return each right that was written: its method and its guest."""
    rows = await owner.fetch("SELECT method, guest_id FROM live.admission ORDER BY created_at")
    return [tuple(row) for row in rows]


async def test_from_the_first_page_to_the_gateway(guest: Guest, owner: Any) -> None:
    """One window: choose, sign in there, press one button; the right names the account."""
    ready = await vouched(guest, await begin(guest))
    handed_back = await guest.post("/preuve/openid_connect", visit=ready.visit, code=code_in(ready))
    assert handed_back.location.startswith("http://10.1.0.1:3990/logon?")
    account = await owner.fetchrow("SELECT id, kind, provider FROM account.account")
    assert await rights(owner) == [("openid_connect", account["id"])]
    assert (account["kind"], account["provider"]) == ("openid_connect", "essai")


async def test_who_comes_back_is_the_same_account(guest: Guest, owner: Any) -> None:
    """Two sign-ins, one account; nothing of civil identity where nothing is kept."""
    await vouched(guest, await begin(guest))
    await vouched(guest, await begin(guest))
    assert await owner.fetchval("SELECT count(*) FROM account.account") == 1
    assert await owner.fetchval("SELECT count(*) FROM identity.person") == 0


async def test_what_a_federation_tells_is_kept_apart_and_sealed(
    guest: Guest, owner: Any, keyring: Keyring, role_url: Any
) -> None:
    """What the settings keep and no more; the portal's role can read neither it nor the subject."""
    ready = await vouched(guest, await begin(guest, "franceconnect"))
    assert "FranceConnect vous a reconnu" in ready.text
    person_row = await owner.fetchrow("SELECT told_by, claims_sealed FROM identity.person")
    told = json.loads(keyring.open(person_row["claims_sealed"]))
    assert (person_row["told_by"], told) == (
        "franceconnect",
        {"email": "angela@mail.example", "family_name": "DUBOIS"},
    )
    sealed = await owner.fetchval("SELECT subject_sealed FROM account.account")
    assert keyring.open(sealed) == "angela"
    connection = await asyncpg.connect(role_url(Component.PORTAL))
    for query in (
        "SELECT claims_sealed FROM identity.person",
        "SELECT subject_sealed FROM account.account",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch(query)
    await connection.close()


async def test_another_browser_is_told_a_code_for_the_window(
    guest: Guest, portal: Portal, owner: Any
) -> None:
    """The plain address leads to the provider, and what comes of it back to the log-in window."""
    page = await begin(guest)
    opened = await elsewhere(guest).get(word_in(page).lower())
    assert link_in(opened) == link_in(page)
    assert 'name="visit"' not in opened.text
    ended = await vouched(elsewhere(guest), opened)
    assert 'name="visit"' not in ended.text
    assert "Ne donnez ce code à personne" in ended.text
    digits = code_in(ended)
    typed = f"{digits[:3]} {digits[3:]}"
    handed_back = await guest.post("/preuve/openid_connect", visit=page.visit, code=typed)
    assert handed_back.location.startswith("http://10.1.0.1:3990/logon?")
    again = await guest.post("/preuve/openid_connect", visit=page.visit, code=digits)
    assert user_name_in(again) == user_name_in(handed_back)
    assert len(await rights(owner)) == 1


async def test_whoever_lends_their_link_gains_nothing(
    guest: Guest, portal: Portal, owner: Any
) -> None:
    """Fixation: somebody elsewhere signs in by a link they were sent; the sender, who knows the
    state, can neither reach the page with the code nor go on without it."""
    page = await begin(guest)
    await vouched(elsewhere(guest), page)
    state = URL(link_in(page), encoded=True).query["state"]
    for path in (f"{path_of(NEXT)}state={state}", f"{path_of(RETURN)}state={state}&code=x"):
        answer = await guest.get(path)
        assert (answer.status, re.search(_CODE, answer.text)) == (400, None)
    for guess in ("", "000000", "é" * 6):
        assert (
            await guest.post("/preuve/openid_connect", visit=page.visit, code=guess)
        ).status == 200
    assert await rights(owner) == []


async def test_a_code_is_guessed_five_times(guest: Guest, portal: Portal, owner: Any) -> None:
    """Then the right one is worth nothing either, and the guest begins again."""
    page = await begin(guest)
    digits = code_in(await vouched(elsewhere(guest), page))
    wrong = f"{(int(digits) + 1) % 10**6:06}"
    for _ in range(5):
        again = await guest.post("/preuve/openid_connect", visit=page.visit, code=wrong)
        assert "Ce code n'est pas le bon" in again.text
    over = await guest.post("/preuve/openid_connect", visit=page.visit, code=digits)
    assert "faux trop de fois" in over.text
    assert await rights(owner) == []


async def test_a_code_before_anybody_signed_in(guest: Guest, portal: Portal, owner: Any) -> None:
    """Even the right one: nobody has been vouched for."""
    page = await begin(guest)
    challenge = challenge_of(URL(link_in(page)).query["state"], portal.keys.openid)
    digits = secrets_of(challenge, portal.keys.openid).code
    answer = await guest.post("/preuve/openid_connect", visit=page.visit, code=digits)
    assert "Connectez-vous d'abord" in answer.text
    assert await rights(owner) == []


async def test_an_answer_is_taken_once(guest: Guest, owner: Any) -> None:
    """A replayed answer gets a page that says so, and makes no second account."""
    page = await begin(guest)
    async with person() as somebody:
        back = await somebody.sign_in(link_in(page))
    assert (await guest.get(path_of(back))).status == 303
    again = await guest.get(path_of(back))
    assert (again.status, "Cette page a déjà servi" in again.text) == (400, True)
    assert await owner.fetchval("SELECT count(*) FROM account.account") == 1


CHANGED: list[dict[str, str | None]] = [
    {"iss": "https://evil.example"},
    {"iss": None},
    {"code": "made-up"},
    {"code": "x" * 3000},
    {"code": None},
    {"error": "server_error"},
]


async def test_a_changed_answer_lets_nobody_in(guest: Guest, owner: Any) -> None:
    """Mix-up and made-up answers: one page in words, no account, and the way to begin again."""
    for changed in CHANGED:
        page = await begin(guest)
        async with person() as somebody:
            back = await somebody.sign_in(link_in(page))
        told = {name: value for name, value in {**back.query, **changed}.items() if value}
        answer = await guest.get(path_of(back.with_query(told)))
        assert (answer.status, "Vous n'êtes pas connecté" in answer.text) == (400, True)
        assert "/identification?visit=" in answer.text
    assert await owner.fetchval("SELECT count(*) FROM account.account") == 0


async def test_a_state_that_is_not_ours(guest: Guest, owner: Any) -> None:
    """Made up, doubled or absent: one clear page, and no query for it."""
    for path in (path_of(RETURN), path_of(NEXT)):
        for state in ("", "state=x", "state=" + "a" * 75, "state=a&state=b", "code=c"):
            assert (await guest.get(f"{path}{state}")).status == 400
    assert await owner.fetchval("SELECT count(*) FROM account.account") == 0


async def test_a_guest_who_says_no(guest: Guest) -> None:
    """The provider says so; the page says that nothing was kept, and offers to begin again."""
    page = await begin(guest)
    async with person() as somebody:
        back = await somebody.sign_in(link_in(page), agrees=False)
    answer = await guest.get(path_of(back))
    assert "Vous avez dit non à Essai" in answer.text
    again = await guest.get(
        f"/identification?visit={answer.text.split('visit=')[-1].split(chr(34))[0]}"
    )
    assert again.status == 200


async def test_nothing_that_is_sent_decides_where_one_is_sent(guest: Guest) -> None:
    """Open redirect and host header: each address is made of our settings and the provider's."""
    evil = replace(guest, headers={**guest.headers, "X-Forwarded-Host": "evil.example"})
    page = await begin(evil)
    assert URL(link_in(page), encoded=True).query["redirect_uri"] == RETURN
    async with person() as somebody:
        back = await somebody.sign_in(link_in(page))
    target = path_of(back) + "&next=https://evil.example&redirect_uri=https://evil.example"
    answer = await evil.get(target, Host="evil.example")
    assert answer.location.startswith(f"{NEXT}?state=")


async def test_it_is_over_with_the_visit(guest: Guest, clock: FixedClock, owner: Any) -> None:
    """Ten minutes: neither the plain address nor the provider's answer leads anywhere then."""
    page = await begin(guest)
    async with person() as somebody:
        back = await somebody.sign_in(link_in(page))
    clock.advance(minutes=11)
    for path in (word_in(page), path_of(back), "/o/AAAAAAAA", "/o/%C3%A9"):
        assert (await guest.get(path)).status == 400
    assert await owner.fetchval("SELECT count(*) FROM account.account") == 0


async def test_a_provider_that_nobody_offers(guest: Guest) -> None:
    """The form comes again, with what to do beside it."""
    visit = (await guest.get(link_in(await guest.arrive()))).visit
    answer = await guest.post("/identification/openid_connect", visit=visit, provider="evil")
    assert "Choisissez d'abord" in answer.text


async def test_a_provider_that_is_away(guest: Guest, portal: Portal) -> None:
    """The first page says so, and the visit is kept."""
    gone = Provider("gone", "Parti", "http://127.0.0.1:9", "x", "y", PROFILES["plain"])
    object.__setattr__(portal, "providers", {"gone": ProviderClient(gone, RETURN)})
    visit = (await guest.get(link_in(await guest.arrive()))).visit
    answer = await guest.post("/identification/openid_connect", visit=visit, provider="gone")
    assert answer.status == 503
    assert (await guest.get(link_in(answer))).status == 200
