"""By e-mail, against a real mail server: the code, the link, the lent access, and all that a
stranger may try. What is compared is what the guest sees, what was sent and what was written.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest
import structlog
from prometheus_client import generate_latest
from structlog.testing import LogCapture

from portal.guest.parts import Portal
from portal.messages import Messages
from portal.visit import State
from territory.keyring import Keyring
from territory.messages.settings import MailSettings
from territory.settings import Settings
from tests.conftest import FixedClock
from tests.integration.portal.conftest import PUBLIC_URL, Answer, Guest, Seed
from tests.servers.mail import Inbox, mail_server

ANNE = "anne@commercy.example"
FORM, PROOF = "/identification/email_code", "/preuve/email_code"
OTHER_PHONE = "8A-56-7E-F9-10-E5"


@pytest.fixture
async def inbox() -> AsyncIterator[Inbox]:
    """The relay and what it took."""
    async with mail_server() as inbox:
        yield inbox


def messages(inbox: Inbox, keyring: Keyring, **given: Any) -> Messages:
    """Return mail through that relay; no access is lent unless asked."""
    mail = {
        "server": "127.0.0.1",
        "port": inbox.port,
        "security": "none",
        "sender": "wifi@meuse.example",
        "provisional_minutes": 0,
        **given,
    }
    return Messages.of(Settings(mail=MailSettings.model_validate(mail)), keyring)


@pytest.fixture
def given() -> dict[str, Any] | None:
    """What a test asks of `[mail]` beside that; None: it is off."""
    return {}


@pytest.fixture
async def portal(
    portal: Portal,
    inbox: Inbox,
    keyring: Keyring,
    owner: Any,
    seed: Seed,
    given: dict[str, Any] | None,
) -> Portal:
    """The portal, of a town hall that asks for an address."""
    query = "UPDATE territory.site SET methods = '{email_code}' WHERE id = $1"
    await owner.execute(query, seed.town_hall)
    await portal.directory.refresh()
    if given is None:
        return portal
    return replace(portal, messages=messages(inbox, keyring, **given))


async def arrive(guest: Guest, **changes: str) -> str:
    """Return the visit of a phone that has just come."""
    return visit_in(await guest.arrive(**changes))


def visit_in(page: Answer) -> str:
    """Return the visit in the link that leads to the method's form."""
    found = re.search(r'href="/identification/email_code\?visit=([^"]+)"', page.text)
    assert found, page.status
    return found[1]


def page_of(answer: Answer) -> str:
    """Return the path that a redirect of ours leads to."""
    assert answer.status == 303, answer.text
    assert answer.location.startswith(PUBLIC_URL)
    return answer.location.removeprefix(PUBLIC_URL)


async def ask(guest: Guest, address: str = ANNE) -> Answer:
    """Return the page that awaits the code that was sent to an address."""
    visit = await arrive(guest)
    return await guest.get(page_of(await guest.post(FORM, visit=visit, email=address)))


def code_in(inbox: Inbox) -> str:
    """Return the code in the last letter."""
    found = re.search(r"^ {4}(\d{6})\r?$", inbox.letters[-1].get_content(), re.MULTILINE)
    assert found
    return found[1]


def link_in(inbox: Inbox) -> str:
    """Return the path of the link in the last letter."""
    found = re.search(rf"^{PUBLIC_URL}(\S+)", inbox.letters[-1].get_content(), re.MULTILINE)
    assert found
    return found[1]


def wrong(code: str) -> str:
    """Return another code."""
    return f"{(int(code) + 1) % 10**6:06}"


async def admissions(owner: Any) -> list[Any]:
    """Return the rights that were written."""
    return list(await owner.fetch("SELECT * FROM live.admission"))


async def test_by_the_code(guest: Guest, inbox: Inbox, owner: Any, keyring: Keyring) -> None:
    """Address, letter, code, gateway; what stays is a contact, its address sealed and apart."""
    page = await ask(guest)
    assert ANNE in page.text
    assert inbox.recipients == [ANNE]
    assert "Mairie de Commercy" in inbox.letters[0].get_content()
    code = code_in(inbox)
    done = await guest.post(PROOF, visit=page.visit, code=f" {code[:3]} {code[3:]} ")
    assert (done.status, urlsplit(done.location).netloc) == (303, "10.1.0.1:3990")
    [admission] = await admissions(owner)
    assert admission["method"] == "email_code"
    contact = await owner.fetchrow("SELECT * FROM account.contact")
    assert (contact["id"], contact["kind"]) == (admission["guest_id"], "email")
    assert contact["valid_until"] == admission["ends_at"]
    sealed = await owner.fetchrow("SELECT * FROM identity.contact")
    assert (sealed["id"], keyring.open(sealed["contact_sealed"])) == (contact["id"], ANNE)
    left = await owner.fetchrow("SELECT * FROM live.challenge")
    assert left["contact_sealed"] is None
    assert code.encode() not in json.dumps([str(v) for v in left.values()]).encode()


async def test_the_portal_cannot_read_back_what_it_keeps(
    guest: Guest, inbox: Inbox, portal: Portal
) -> None:
    """Its role neither reads an address again, nor settles a challenge but by the function."""
    page = await ask(guest)
    await guest.post(PROOF, visit=page.visit, code=code_in(inbox))
    for statement in (
        "SELECT * FROM identity.contact",
        "SELECT * FROM account.contact",
        "UPDATE live.challenge SET proven_at = now()",
        "UPDATE live.challenge SET expires_at = now()",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await portal.pool.execute(statement)


async def test_the_same_contact_comes_back(guest: Guest, inbox: Inbox, owner: Any) -> None:
    """However it is written; its time runs from its last right."""
    for address in (ANNE, "Anne@Commercy.Example"):
        page = await ask(guest, address)
        await guest.post(PROOF, visit=page.visit, code=code_in(inbox))
    assert await owner.fetchval("SELECT count(*) FROM account.contact") == 1
    assert await owner.fetchval("SELECT count(*) FROM identity.contact") == 1


async def test_by_the_link_in_another_browser(guest: Guest, inbox: Inbox, owner: Any) -> None:
    """It shows a button and proves nothing by itself: machines follow links before people do."""
    await ask(guest)
    page = await guest.get(link_in(inbox))
    assert "est bien vous" in page.text
    assert await owner.fetchval("SELECT proven_at FROM live.challenge") is None
    secret = parse_qs(urlsplit(link_in(inbox)).query)["lien"][0]
    done = await guest.post(PROOF, visit=page.visit, lien=secret)
    assert (done.status, len(await admissions(owner))) == (303, 1)


async def test_the_first_window_goes_on_after_the_link(
    guest: Guest, inbox: Inbox, owner: Any
) -> None:
    """Opened elsewhere, the link has proven the visit: the first window needs no code any more."""
    first = await ask(guest)
    assert (await guest.post(PROOF, visit=first.visit, code="")).status == 200
    secret = parse_qs(urlsplit(link_in(inbox)).query)["lien"][0]
    await guest.post(PROOF, visit=first.visit, lien=secret)
    assert (await guest.post(PROOF, visit=first.visit, code="")).status == 303
    assert len(await admissions(owner)) == 1


@pytest.mark.parametrize("given", [{"provisional_minutes": 5}])
async def test_an_access_is_lent_and_made_whole(
    guest: Guest, inbox: Inbox, owner: Any, portal: Portal, clock: FixedClock
) -> None:
    """Online at once for some minutes; by the link, the right becomes the plan's."""
    visit = await arrive(guest)
    form = await guest.get(f"{FORM}?visit={visit}")
    assert "5 minutes" in form.text
    lent = await guest.post(FORM, visit=visit, email=ANNE)
    assert (lent.status, urlsplit(lent.location).netloc) == (303, "10.1.0.1:3990")
    [admission] = await admissions(owner)
    assert admission["ends_at"] == clock.now() + timedelta(minutes=5)
    assert admission["guest_id"] is None
    online = await guest.arrive(res="success", uid=admission["user_name"], challenge=None)
    assert "Ouvrez le lien reçu" in online.text
    assert re.search(r"5\smin", online.text)
    ours = re.search(r'href="(/mon-code\?visit=[^"]+)"', online.text)
    assert ours
    awaiting = await guest.get(page_of(await guest.get(ours[1])))
    assert ANNE in awaiting.text
    assert (
        "pas le bon"
        in (await guest.post(PROOF, visit=awaiting.visit, code=wrong(code_in(inbox)))).text
    )
    clock.advance(minutes=4)
    page = await guest.get(link_in(inbox))
    assert portal.read(page.visit).state is State.LENT
    secret = parse_qs(urlsplit(link_in(inbox)).query)["lien"][0]
    done = await guest.post(PROOF, visit=page.visit, lien=secret)
    assert page_of(done).startswith("/ma-connexion?visit=")
    [whole] = await admissions(owner)
    assert whole["id"] == admission["id"]
    assert whole["ends_at"] == clock.now() + timedelta(hours=4)
    assert whole["guest_id"] == await owner.fetchval("SELECT id FROM account.contact")
    assert await owner.fetchval("SELECT kind FROM live.command") == "coa"


@pytest.mark.parametrize("given", [{"provisional_minutes": 5}])
async def test_a_loan_is_made_whole_from_connected(
    guest: Guest, inbox: Inbox, owner: Any, clock: FixedClock
) -> None:
    """Back from "connected" to the code; once it is proven, that way leads nowhere any more."""
    await guest.post(FORM, visit=await arrive(guest), email=ANNE)
    [admission] = await admissions(owner)
    told = {"res": "success", "uid": admission["user_name"], "challenge": None}
    way = f"/mon-code?visit={(await guest.arrive(**told)).visit}"
    awaiting = await guest.get(page_of(await guest.get(way)))
    done = await guest.post(PROOF, visit=awaiting.visit, code=code_in(inbox))
    assert page_of(done).startswith("/ma-connexion")
    [whole] = await admissions(owner)
    assert whole["ends_at"] == clock.now() + timedelta(hours=4)
    assert (await guest.get(way)).status == 200
    assert (await guest.get("/mon-code?visit=x")).status == 400
    assert (await guest.get(f"/mon-code?visit={await arrive(guest)}")).status == 200


@pytest.mark.parametrize("given", [{"provisional_minutes": 5}])
async def test_lent_twice_a_day(
    guest: Guest, inbox: Inbox, owner: Any, portal: Portal, clock: FixedClock
) -> None:
    """Beyond that the code comes first, and the form promises nothing else."""
    hosts: list[str] = []
    promised: list[bool] = []
    for _ in range(3):
        clock.advance(minutes=16)
        visit = await arrive(guest)
        promised.append("5 minutes" in (await guest.get(f"{FORM}?visit={visit}")).text)
        answer = await guest.post(FORM, visit=visit, email=ANNE)
        hosts.append(urlsplit(answer.location).netloc)
    gateway, ours = "10.1.0.1:3990", urlsplit(PUBLIC_URL).netloc
    assert hosts == [gateway, gateway, ours]
    assert promised == [True, True, False]
    assert all(right["guest_id"] is None for right in await admissions(owner))


async def test_what_is_no_code_costs_no_answer(guest: Guest, inbox: Inbox, owner: Any) -> None:
    """A slip is told beside the field, and is not counted."""
    page = await ask(guest)
    for typed in ("", "12345", "1234567", "12345a", "１２３４５６", "' or 1=1 --", "0" * 5000):
        again = await guest.post(PROOF, visit=page.visit, code=typed)
        assert 'aria-invalid="true"' in again.text
        assert 'id="code-erreur" role="alert"' in again.text
    assert await owner.fetchval("SELECT attempts FROM live.challenge") == 0


async def test_codes_are_not_guessed(guest: Guest, inbox: Inbox, owner: Any) -> None:
    """Twenty answers at once: five are looked at, and then the right one is worth nothing."""
    page = await ask(guest)
    code = code_in(inbox)
    guesses = [f"{(int(code) + n) % 10**6:06}" for n in range(1, 16)]
    answers = await asyncio.gather(
        *(guest.post(PROOF, visit=page.visit, code=guess) for guess in guesses)
    )
    assert {answer.status for answer in answers} <= {200, 429}
    assert sum("pas le bon" in answer.text for answer in answers) == 5
    late = await guest.post(PROOF, visit=page.visit, code=code)
    assert "Ce code ne marche plus." in late.text
    assert await admissions(owner) == []
    assert await owner.fetchval("SELECT attempts FROM live.challenge") == 5


async def test_a_code_is_good_for_ten_minutes(
    guest: Guest, inbox: Inbox, owner: Any, clock: FixedClock
) -> None:
    """And not a second longer."""
    page = await ask(guest)
    clock.advance(minutes=10)
    assert (await guest.post(PROOF, visit=page.visit, code=code_in(inbox))).status == 200
    assert await admissions(owner) == []


async def test_a_code_is_good_for_its_own_visit(
    guest: Guest, inbox: Inbox, owner: Any, portal: Portal
) -> None:
    """Not for another's, not for a later one of the same phone, not with the challenge swapped in:
    who knows a code needs the visit it was sent for, and who has a visit needs its code."""
    first, first_code = await ask(guest), code_in(inbox)
    other = await arrive(guest, mac=OTHER_PHONE)
    page = page_of(await guest.post(FORM, visit=other, email="eve@evil.example"))
    eve = await guest.get(page)
    swapped = replace(portal.read(eve.visit), challenge=portal.read(first.visit).challenge)
    for visit in (eve.visit, portal.sign(swapped)):
        assert (await guest.post(PROOF, visit=visit, code=first_code)).status == 200
    assert (await guest.post(PROOF, visit=first.visit, code=code_in(inbox))).status == 200
    assert await admissions(owner) == []


async def test_no_state_lets_anybody_in_without_the_code(
    guest: Guest, inbox: Inbox, owner: Any, portal: Portal
) -> None:
    """Whatever a signed visit says it is, only the right answer leads to a right."""
    page = await ask(guest)
    visit, code = portal.read(page.visit), wrong(code_in(inbox))
    for state in State:
        token = portal.sign(replace(visit, state=state))
        for path in (PROOF, "/visite", FORM):
            await guest.post(path, visit=token, code=code, lien="x", guest="1")
            await guest.get(f"{path}?visit={token}&lien=x")
    assert await admissions(owner) == []
    assert await owner.fetchval("SELECT count(*) FROM account.contact") == 0


async def test_sent_again_after_a_pause(
    guest: Guest, inbox: Inbox, owner: Any, clock: FixedClock
) -> None:
    """The new code takes the old one's place; three in all; answers are counted together."""
    page = await ask(guest)
    first = code_in(inbox)
    assert "60 secondes" in page.text
    soon = await guest.post(PROOF, visit=page.visit, encore="1")
    assert "Attendez un peu" in soon.text
    assert len(inbox.letters) == 1
    await guest.post(PROOF, visit=page.visit, code=wrong(first))
    for sent in (2, 3):
        clock.advance(seconds=60)
        assert "Envoyer un autre code" in (await guest.get(f"{PROOF}?visit={page.visit}")).text
        page = await guest.get(page_of(await guest.post(PROOF, visit=page.visit, encore="1")))
        assert len(inbox.letters) == sent
    clock.advance(seconds=60)
    assert "Envoyer un autre" not in (await guest.get(f"{PROOF}?visit={page.visit}")).text
    await guest.post(PROOF, visit=page.visit, encore="1")
    assert len(inbox.letters) == 3
    if first != code_in(inbox):
        assert (await guest.post(PROOF, visit=page.visit, code=first)).status == 200
    assert (await guest.post(PROOF, visit=page.visit, code=code_in(inbox))).status == 303
    assert await owner.fetchval("SELECT attempts FROM live.challenge") >= 2


async def test_addresses_nothing_is_written_to(guest: Guest, inbox: Inbox) -> None:
    """The error stands beside the field; what was typed is kept, as text, no longer than it may."""
    visit = await arrive(guest)
    for typed in (
        "anne",
        "anne@commercy.fr\nBcc: eve@evil.example",
        "anne@commercy.fr,eve@evil.example",
        "anne@p\u0430ypal.com",
        "<script>alert(1)</script>@x.fr",
        "{{7*7}}@x",
        "a" * 5000 + "@commercy.fr",
    ):
        page = await guest.post(FORM, visit=visit, email=typed)
        assert page.status == 200
        assert 'aria-describedby="email-aide email-erreur"' in page.text
        assert "<script" not in page.text
        assert "49@x" not in page.text
        assert len(page.text) < 30_000
    assert inbox.letters == []


async def test_a_look_alike_is_shown_for_what_it_is(guest: Guest, inbox: Inbox) -> None:
    """The guest reads where the code really went: the name's ASCII form."""
    page = await ask(guest, "anne@\u0430\u0440\u0440\u04cf\u0435.com")
    assert "anne@xn--80ak6aa92e.com" in page.text


async def test_nobody_learns_who_is_known(guest: Guest, inbox: Inbox) -> None:
    """An address that has been here, one that never was, and one that nobody has: one answer."""
    page = await ask(guest)
    await guest.post(PROOF, visit=page.visit, code=code_in(inbox))
    shapes = []
    for address in (ANNE, "new@commercy.example", "gone@commercy.example"):
        inbox.answers = ["550 no such user"] if address.startswith("gone") else []
        text = (await ask(guest, address)).text.replace(address, "@")
        shapes.append(re.sub(r'(visit=|value=|nonce=)"?[^"&>]+', "", text))
    assert shapes[0] == shapes[1] == shapes[2]


@pytest.mark.parametrize("given", [{"a_day_of_an_address": 2}])
async def test_too_many_letters_to_one_address(
    guest: Guest, inbox: Inbox, portal: Portal, keyring: Keyring
) -> None:
    """Somebody else's mailbox is not filled through us, whatever visits are made up for it."""
    answers = []
    for number in range(3):
        visit = await arrive(guest, mac=f"8A-56-7E-F9-10-A{number}")
        answers.append(await guest.post(FORM, visit=visit, email=ANNE))
    assert [answer.status for answer in answers] == [303, 303, 200]
    assert "Trop de codes" in answers[2].text
    assert len(inbox.letters) == 2


async def test_the_relay_is_away(guest: Guest, inbox: Inbox, owner: Any) -> None:
    """The guest is told to wait, keeps the visit, and nobody is let in."""
    inbox.answers = ["451 later"] * 3
    visit = await arrive(guest)
    page = await guest.post(FORM, visit=visit, email=ANNE)
    assert page.status == 503
    assert await admissions(owner) == []
    assert (await guest.post(FORM, visit=visit_in(page), email=ANNE)).status == 303


@pytest.mark.parametrize("given", [None])
async def test_mail_is_off(guest: Guest, portal: Portal) -> None:
    """A place that offers what the base cannot send says so, and offers another way."""
    visit = await arrive(guest)
    page = await guest.post(FORM, visit=visit, email=ANNE)
    assert "code en ce moment" in page.text


async def test_a_flood_of_fields(guest: Guest, inbox: Inbox) -> None:
    """A hundred and one fields, or a form of 100 kB, are refused whole."""
    visit = await arrive(guest)
    many = {f"f{n}": "x" for n in range(101)}
    assert (await guest.post(FORM, visit=visit, email=ANNE, **many)).status == 400
    assert (await guest.post(FORM, visit=visit, email="a" * 100_000)).status == 413
    assert inbox.letters == []


async def test_nothing_personal_is_logged_or_counted(
    guest: Guest, inbox: Inbox, portal: Portal, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither address nor code, in any log line or metric, on good days and bad."""
    logs = LogCapture()
    before = structlog.get_config()["processors"]
    structlog.configure(processors=[logs])
    try:
        page = await ask(guest)
        code = code_in(inbox)
        await guest.post(PROOF, visit=page.visit, code=wrong(code))
        await guest.post(PROOF, visit=page.visit, code=code)
        inbox.answers = [f"451 {ANNE} is greylisted"] * 3
        visit = await arrive(guest)
        await guest.post(FORM, visit=visit, email=ANNE)
    finally:
        structlog.configure(processors=before)
    told = "".join(capsys.readouterr()) + json.dumps(logs.entries, default=str)
    told += generate_latest(portal.metrics.registry).decode()
    assert "visit" in told
    for secret in ("anne@", "commercy.example", code):
        assert secret not in told
    assert 'socle_portal_messages_sent_total{channel="mail",outcome="taken"} 1.0' in told
