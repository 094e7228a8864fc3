"""The door: passwords, links, locks, forms, and what ends a sign-in."""

import aiohttp
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from territory.access.operators import operator_by_id
from territory.access.roles import Role
from territory.access.store import digest_token
from territory.access.throttle import FREE_ATTEMPTS
from territory.database import tables
from tests.conftest import FixedClock
from tests.integration.console.ground import Browser, LinkFor, SignedIn, Territory

LOGIN = "technique@meuse.example"


def cookie_of(answer: aiohttp.ClientResponse) -> str:
    """The Set-Cookie header."""
    return answer.headers["Set-Cookie"]


async def test_a_right_password_opens_the_console(browser: Browser) -> None:
    """303 to the home, with a cookie no script and no other site can use."""
    answer = await browser.sign_in(LOGIN)
    assert (answer.status, answer.headers["Location"]) == (303, "/console/")
    cookie = cookie_of(answer)
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/console" in cookie
    assert (await browser.get("/"))[0] == 200


async def test_the_table_of_sign_ins_holds_no_usable_token(
    browser: Browser, owner: AsyncEngine
) -> None:
    """What is stored is the SHA-256 of the cookie."""
    token = cookie_of(await browser.sign_in(LOGIN)).partition("=")[2].partition(";")[0]
    async with owner.connect() as db:
        rows = (await db.execute(select(tables.sign_in.c.token_digest))).scalars().all()
    assert [bytes(row) for row in rows] == [digest_token(token)]


async def test_a_wrong_password_and_an_unknown_login_read_the_same(browser: Browser) -> None:
    """Nobody learns from the page who has an account."""
    wrong = await browser.sign_in(LOGIN, "faux")
    unknown = await browser.sign_in("personne@meuse.example", "faux")
    pages = [
        (await answer.text()).replace(login, "").split("<main")[1].split('name="csrf"')[0]
        for answer, login in ((wrong, LOGIN), (unknown, "personne@meuse.example"))
    ]
    assert wrong.status == unknown.status == 403
    assert pages[0] == pages[1]


async def test_five_errors_shut_the_door_for_a_minute_even_to_the_right_password(
    browser: Browser, clock: FixedClock
) -> None:
    """The lock refuses, ends by itself, and a success then starts the count again."""
    for _ in range(FREE_ATTEMPTS):
        assert (await browser.sign_in(LOGIN, "faux")).status == 403
    assert (await browser.sign_in(LOGIN)).status == 403
    clock.advance(seconds=61)
    assert (await browser.sign_in(LOGIN)).status == 303


async def test_an_address_that_guesses_for_ten_minutes_is_told_to_wait(browser: Browser) -> None:
    """Thirty refusals, whatever the logins, then 429 with a delay."""
    for number in range(30):
        assert (await browser.sign_in(f"x{number}@meuse.example", "faux")).status == 403
    answer = await browser.sign_in(LOGIN)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "600")


async def test_a_sign_in_ends_when_idle_and_at_its_last_hour(
    browser: Browser, clock: FixedClock
) -> None:
    """Thirty minutes without a page, or ten hours in all."""
    await browser.sign_in(LOGIN)
    clock.advance(minutes=29)
    assert (await browser.get("/"))[0] == 200
    clock.advance(minutes=31)
    assert (await browser.get("/"))[0] == 303
    await browser.sign_in(LOGIN)
    for _ in range(20):
        clock.advance(minutes=29)
        assert (await browser.get("/"))[0] == 200
    clock.advance(minutes=25)
    assert (await browser.get("/"))[0] == 303


async def test_signing_out_ends_the_cookie_itself(browser: Browser) -> None:
    """The token is dead on the server, not only forgotten by the browser."""
    token = cookie_of(await browser.sign_in(LOGIN)).partition(";")[0]
    answer = await browser.post("/session/fermer", {}, form_at="/")
    assert answer.status == 303
    status, _ = await browser.get("/", headers={"Cookie": token})
    assert status == 303


async def test_a_disabled_operator_is_out_at_once(
    browser: Browser, signed_in: SignedIn, made: Territory
) -> None:
    """Their open browser stops at its next page."""
    await browser.sign_in(LOGIN)
    administrator = await signed_in(Role.ADMINISTRATOR)
    where = f"/operateurs/{made.operators['technician'].id}"
    answer = await administrator.post(f"{where}/acces", {"disabled": "yes"}, form_at=where)
    assert answer.status == 303
    assert (await browser.get("/"))[0] == 303
    assert (await browser.sign_in(LOGIN)).status == 403


async def test_after_the_door_one_gets_the_page_asked_for_and_never_another_site(
    browser: Browser,
) -> None:
    """`suite` leads back inside the console only."""
    for wanted, expected in (
        ("/console/lieux", "/console/lieux"),
        ("//evil.example/", "/console/"),
        ("https://evil.example/", "/console/"),
        ("/console/\\evil", "/console/"),
        ("/gateway/coovachilli", "/console/"),
    ):
        fields = {"login": LOGIN, "password": "Correct-Cheval-47-Agrafe", "suite": wanted}
        _, _ = await browser.get("/session")
        answer = await browser.post("/session", fields)
        assert answer.headers["Location"] == expected
        await browser.post("/session/fermer", {}, form_at="/")


async def test_a_link_signs_in_once_by_its_button(browser: Browser, link_for: LinkFor) -> None:
    """A visit of the link uses nothing up; its button does; a second time is refused."""
    token = await link_for(Role.DPO)
    for _ in range(2):
        assert (await browser.get(f"/lien/{token}"))[0] == 200
    assert (await browser.post(f"/lien/{token}", {})).status == 303
    assert (await browser.get("/"))[0] == 200
    assert (await browser.get(f"/lien/{token}"))[0] == 410


async def test_a_link_is_good_for_fifteen_minutes_and_for_its_application(
    browser: Browser, link_for: LinkFor, clock: FixedClock, owner: AsyncEngine
) -> None:
    """Late links and the desk's links open nothing here."""
    token = await link_for(Role.DPO)
    clock.advance(minutes=15, seconds=1)
    assert (await browser.get(f"/lien/{token}"))[0] == 410
    token = await link_for(Role.CUSTODIAN)
    async with owner.begin() as db:
        await db.execute(tables.sign_in_link.update().values(application="desk"))
    assert (await browser.get(f"/lien/{token}"))[0] == 410


async def test_a_first_sign_in_must_choose_a_password(
    browser: Browser, signed_in: SignedIn, made: Territory
) -> None:
    """The administrator erases it with a new link; every page then leads to the choice."""
    administrator = await signed_in(Role.ADMINISTRATOR)
    where = f"/operateurs/{made.operators['mediator'].id}"
    shown = await (await administrator.post(f"{where}/lien", {}, form_at=where)).text()
    token = shown.split("/console/lien/")[1].split("<")[0]
    await browser.post(f"/lien/{token}", {})
    status, _ = await browser.get("/lieux")
    assert status == 303
    weak = await browser.post("/mot-de-passe", {"new": "azerty", "again": "azerty"})
    assert weak.status == 422
    fresh = "Douze-Mirabelles-d-Août-55"
    assert (await browser.post("/mot-de-passe", {"new": fresh, "again": fresh})).status == 303
    assert (await browser.get("/lieux"))[0] == 200


async def test_a_custodian_is_not_let_in_from_the_console(
    signed_in: SignedIn, made: Territory, owner: AsyncEngine
) -> None:
    """An administrator cannot take a custodian's place: no link, no erased password, and why."""
    custodian = made.operators["custodian"]
    administrator = await signed_in(Role.ADMINISTRATOR)
    where = f"/operateurs/{custodian.id}"
    _, page = await administrator.get(where)
    assert "Créer un lien" not in page
    assert f"socle operator link {custodian.login}" in page
    assert (await administrator.post(f"{where}/lien", {}, form_at=where)).status == 403
    new = {"login": "second@meuse.example", "display_name": "Second", "role": "custodian"}
    shown = await (await administrator.post("/operateurs", new)).text()
    assert "/console/lien/" not in shown
    assert "socle operator link second@meuse.example" in shown
    async with owner.connect() as db:
        assert not (await db.execute(select(tables.sign_in_link))).all()
        after = await operator_by_id(db, custodian.id)
    assert after is not None
    assert after.has_password


async def test_changing_a_password_asks_for_the_current_one(signed_in: SignedIn) -> None:
    """An unattended browser does not give the account away."""
    browser = await signed_in(Role.DPO)
    fresh = "Douze-Mirabelles-d-Août-55"
    fields = {"current": "faux", "new": fresh, "again": fresh}
    assert (await browser.post("/mot-de-passe", fields)).status == 422


async def test_a_form_needs_our_page_and_this_sign_in(
    signed_in: SignedIn, browser: Browser
) -> None:
    """No token, another's token, another site, even a neighbour on our host: all refused."""
    administrator = await signed_in(Role.ADMINISTRATOR)
    other = await signed_in(Role.DPO)
    stolen = (await other.get("/"))[1].split('name="csrf" value="')[1].split('"')[0]
    fields = {"login": "x@y.example", "display_name": "X", "role": "dpo"}
    assert (await administrator.send("/operateurs", fields)).status == 403
    assert (await administrator.send("/operateurs", {**fields, "csrf": stolen})).status == 403
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
    ):
        assert (await administrator.post("/operateurs", fields, headers=headers)).status == 403
    assert (await administrator.post("/operateurs", fields)).status == 200


async def test_a_bad_form_is_a_clear_page(browser: Browser) -> None:
    """Binary fields, too many of them or too large a form never reach a handler."""
    for fields in ({"login": "a\x00b"}, {f"f{n}": "" for n in range(200)}):
        assert (await browser.post("/session", fields)).status == 400
    assert (await browser.post("/session", {"login": "x" * 70_000})).status == 413
