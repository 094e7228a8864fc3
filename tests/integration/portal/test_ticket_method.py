"""A guest types a ticket: online with what it gives, or told in a sentence what to do next."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from html import unescape
from http.cookies import SimpleCookie
from typing import Any
from uuid import uuid4

import pytest
import structlog

from portal.guest.parts import Portal
from portal.identification.ticket import SENTENCES, TOO_MANY
from portal.tickets.office import Order, key_of, make_sheet
from territory.database.components import Component
from territory.database.connect import open_engine
from territory.keyring import Keyring
from territory.rules.ticket_codes import Typo, codes_of, format_code
from territory.rules.tickets import Flaw, Terms
from tests.conftest import FixedClock
from tests.integration.portal.conftest import Answer, Guest, Radius, Seed

FORM = "/identification/ticket"
HOURS = 3600


@pytest.fixture(autouse=True)
async def demands_tickets(owner: Any, portal: Portal, seed: Seed) -> None:
    """The town hall lets in by ticket alone."""
    methods = "UPDATE territory.site SET methods = ARRAY['ticket'] WHERE id = $1"
    await owner.execute(methods, seed.town_hall)
    await portal.directory.refresh()


@pytest.fixture
async def make(
    role_url: Callable[[Component], str], keyring: Keyring, seed: Seed, clock: Any
) -> Any:
    """Make a ticket of six hours for one device; return its code."""
    engine = open_engine(role_url(Component.PORTAL))

    async def make_one(**changes: Any) -> str:
        given: dict[str, Any] = {
            "organisation_id": seed.organisation,
            "site_id": seed.town_hall,
            "plan_id": seed.plan,
            "devices": 1,
            "use_seconds": 6 * HOURS,
            "last_first_use": date(2026, 11, 27),
        }
        order = Order(Terms(**given | changes), 1, None)
        async with engine.begin() as db:
            _, made = await make_sheet(db, key_of(keyring), order, clock.now())
        return codes_of(made, 1)[0]

    yield make_one
    await engine.dispose()


async def visit_of(guest: Guest, mac: str = "8A-56-7E-F9-10-E4") -> str:
    """Come, and return the visit that the link to the ticket's form carries."""
    page = await guest.arrive(mac=mac)
    found = re.search(rf'href="{FORM}\?visit=([^"&]+)"', page.text)
    assert found, page.text
    return found[1]


async def type_in(guest: Guest, code: str, mac: str = "8A-56-7E-F9-10-E4", **more: str) -> Answer:
    """Come, choose the ticket, type a code."""
    form = await guest.get(f"{FORM}?visit={await visit_of(guest, mac)}")
    return await guest.post(FORM, visit=form.visit, code=code, **more)


async def test_who_types_a_ticket_goes_online(
    guest: Guest, owner: Any, make: Any, seed: Seed, clock: FixedClock
) -> None:
    """The right is the ticket's: its method, its guest, its end, not the plan's four hours."""
    code = await make()
    answer = await type_in(guest, format_code(code).replace("0", "o"))
    assert (answer.status, answer.location[:27]) == (303, "http://10.1.0.1:3990/logon?")
    row = await owner.fetchrow("SELECT a.*, t.id AS ticket FROM live.admission a, live.ticket t")
    assert (row["method"], row["guest_id"]) == ("ticket", row["ticket"])
    assert row["ends_at"] == clock.now() + timedelta(hours=6)


async def test_the_button_alone_lets_nobody_in(guest: Guest, owner: Any) -> None:
    """A site that demands tickets has no other way, whatever form is sent."""
    answer = await guest.post("/visite", visit=await visit_of(guest))
    assert answer.status == 400
    assert await owner.fetchval("SELECT count(*) FROM live.admission") == 0


async def test_a_new_address_gets_what_is_left(
    guest: Guest, owner: Any, radius: Radius, make: Any, clock: FixedClock
) -> None:
    """Hours later, under another address of its own making, it types the ticket again."""
    code = await make()
    await type_in(guest, code)
    clock.advance(hours=5)
    answer = await type_in(guest, code, mac="2A-00-00-00-00-01")
    assert answer.status == 303
    rows = await owner.fetch("SELECT ends_at, guest_id FROM live.admission ORDER BY created_at")
    assert len(rows) == 2
    assert rows[0]["guest_id"] == rows[1]["guest_id"]
    assert rows[1]["ends_at"] == clock.now() + timedelta(hours=1)
    clock.advance(hours=1)
    late = await type_in(guest, code, mac="2A-00-00-00-00-02")
    assert SENTENCES[Flaw.ENDED] in unescape(late.text)


async def test_days_of_its_own(guest: Guest, owner: Any, make: Any, clock: FixedClock) -> None:
    """Too early is said, and begins nothing; on its day the right ends with the day."""
    code = await make(first_day=date(2026, 11, 21), last_day=date(2026, 11, 21))
    early = await type_in(guest, code)
    assert SENTENCES[Flaw.EARLY] in unescape(early.text)
    assert await owner.fetchval("SELECT first_used_at FROM live.ticket") is None
    clock.advance(hours=28)
    assert (await type_in(guest, code)).status == 303
    ends_at = await owner.fetchval("SELECT ends_at FROM live.admission")
    assert ends_at == datetime(2026, 11, 21, 23, tzinfo=UTC)


async def test_the_same_device_goes_on_with_what_it_holds(
    guest: Guest, owner: Any, radius: Radius, make: Any, clock: FixedClock
) -> None:
    """Typed again on the device it serves, a ticket grants nothing anew: one right, one end."""
    code = await make()
    await type_in(guest, code)
    name = await owner.fetchval("SELECT user_name FROM live.admission")
    await radius.bind(name)
    clock.advance(minutes=20)
    answer = await type_in(guest, code)
    assert answer.status == 303
    rows = await owner.fetch("SELECT user_name, ends_at FROM live.admission")
    assert [(row["user_name"], row["ends_at"]) for row in rows] == [
        (name, clock.now() + timedelta(hours=5, minutes=40))
    ]


async def test_a_second_device_takes_the_place_when_told(
    guest: Guest, owner: Any, make: Any
) -> None:
    """One place: the page says so and offers a box; ticked, the other device gives it up."""
    code = await make()
    await type_in(guest, code)
    other = "2A-00-00-00-00-01"
    full = await type_in(guest, code, mac=other)
    assert 'name="instead"' in full.text
    assert f'value="{format_code(code)}"' in full.text
    answer = await guest.post(FORM, visit=full.visit, code=code, instead="yes")
    assert answer.status == 303
    ended = "SELECT count(*) FROM live.admission WHERE revoked_reason = 'ticket_elsewhere'"
    assert await owner.fetchval(ended) == 1


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", Typo.EMPTY),
        ("4821", Typo.LENGTH),
        ("4821 0937 5526", Typo.CHECK),
        ("abcd efgh ijkl", Typo.CHARACTER),
        ('"><script>alert(1)</script>', Typo.CHARACTER),
        ("1" * 5000, Typo.LENGTH),
    ],
)
async def test_a_typo_is_told_and_not_counted(
    guest: Guest, owner: Any, typed: str, why: Typo
) -> None:
    """Beside the field, spoken, with what was typed kept; and no guess is counted."""
    answer = await type_in(guest, typed)
    assert answer.status == 200
    assert SENTENCES[why] in unescape(answer.text)
    assert 'role="alert"' in answer.text
    assert "<script>" not in answer.text
    assert await owner.fetchval("SELECT count(*) FROM live.guess") == 0


async def test_guesses_run_out_for_a_right_code_too(
    guest: Guest, make: Any, clock: FixedClock, owner: Any
) -> None:
    """Ten wrong codes, then ten minutes of nothing: a right one would tell a guesser."""
    right = await make()
    for wrong in codes_of(bytes(16), 10):
        answer = await type_in(guest, wrong)
        assert SENTENCES[Flaw.UNKNOWN] in unescape(answer.text)
    answer = await type_in(guest, right)
    assert SENTENCES[TOO_MANY] in unescape(answer.text)
    clock.advance(minutes=10)
    assert (await type_in(guest, right)).status == 303
    assert await owner.fetchval("SELECT min(guesses) FROM live.guess") == 0


async def test_right_codes_are_not_counted(guest: Guest, make: Any) -> None:
    """A family that types its ticket on twenty devices is no guesser."""
    code = await make(devices=10)
    for number in range(20):
        answer = await type_in(guest, code, mac=f"2A-00-00-00-00-{number % 10:02X}")
        assert answer.status == 303


async def test_a_closed_place_does_not_begin_a_ticket(
    guest: Guest, owner: Any, portal: Portal, make: Any
) -> None:
    """It says when it opens, and the ticket's time has not begun."""
    code = await make()
    await owner.execute("UPDATE territory.site SET hours = 'Mo-Fr 08:00-12:00'")
    await portal.directory.refresh()
    answer = await type_in(guest, code)
    assert "Le Wi-Fi de ce lieu est fermé" in answer.text
    assert await owner.fetchval("SELECT count(first_used_at) FROM live.ticket") == 0


async def test_a_blocked_device_does_not_begin_a_ticket(
    guest: Guest, owner: Any, portal: Portal, make: Any
) -> None:
    """It is told where to ask, and the ticket waits for another device."""
    code = await make()
    await owner.execute(
        "INSERT INTO live.block (id, kind, device, reason, author, created_at)"
        " VALUES (gen_random_uuid(), 'device', '8a:56:7e:f9:10:e4', 'r', 'a', now())"
    )
    await portal.directory.refresh()
    answer = await type_in(guest, code)
    assert "Cet appareil ne peut pas se connecter" in answer.text
    assert await owner.fetchval("SELECT count(first_used_at) FROM live.ticket") == 0


async def test_no_log_has_the_code(guest: Guest, make: Any) -> None:
    """Used, mistyped or guessed: no line holds what was typed."""
    code = await make()
    with structlog.testing.capture_logs() as lines:
        await type_in(guest, code)
        await type_in(guest, codes_of(bytes(16), 1)[0], mac="2A-00-00-00-00-01")
    said = str(lines)
    assert lines
    for typed in (code, format_code(code), codes_of(bytes(16), 1)[0]):
        assert typed not in said


async def test_a_scanned_code_is_shown_and_says_to_join_first(guest: Guest, make: Any) -> None:
    """Large, on the guest's own screen, with the way; nothing is looked up, and a typo is told."""
    code = await make()
    page = await guest.get(f"/ticket/{code}")
    assert (page.status, format_code(code) in page.text) == (200, True)
    assert "Choisissez le Wi-Fi « WiFi-Meuse »" in page.text.replace("\xa0", " ")
    assert "Set-Cookie" not in page.headers
    assert page.headers["Referrer-Policy"] == "same-origin"
    wrong = await guest.get("/ticket/482109375526")
    assert (wrong.status, "Vérifiez les chiffres" in wrong.text) == (404, True)


async def test_the_scanned_page_names_no_more_networks_than_one_can_read(
    guest: Guest, owner: Any, seed: Seed, make: Any
) -> None:
    """Two are listed, staff's never; of five, the ticket itself says which."""
    code = await make()
    row = "INSERT INTO territory.network (id, site_id, ssid, kind) VALUES ($1, $2, $3, $4)"
    await owner.execute(row, uuid4(), seed.town_hall, "Agents", "staff")
    await owner.execute(row, uuid4(), seed.town_hall, "Mairie <i>", "public")
    page = await guest.get(f"/ticket/{code}")
    assert "Mairie &lt;i&gt;" in page.text
    assert "Agents" not in page.text
    for name in "abc":
        await owner.execute(row, uuid4(), seed.town_hall, name, "public")
    page = await guest.get(f"/ticket/{code}")
    assert "Choisissez le Wi-Fi écrit sur votre ticket" in page.text


async def test_a_tap_on_the_wi_fi_takes_the_code_to_its_form(
    guest: Guest, owner: Any, make: Any
) -> None:
    """To the gateway, which knows nothing of it, with one cookie for that form alone: it is filled
    in and lets in. A cookie that is no code fills in nothing."""
    code = await make()
    left = await guest.get(f"/ticket/{code}/connexion/gw-mairie")
    assert (left.status, code in left.location) == (303, False)
    given = SimpleCookie(left.headers["Set-Cookie"])["ticket"]
    assert (given["path"], given["max-age"], given["samesite"]) == (FORM, "600", "Lax")
    assert given["httponly"]
    visit = await visit_of(guest)
    form = await guest.get(f"{FORM}?visit={visit}", Cookie=f"ticket={given.value}")
    assert f'value="{format_code(code)}"' in form.text
    assert "Appuyez sur le bouton" in form.text
    assert (await guest.post(FORM, visit=form.visit, code=code)).status == 303
    for kept in ("ticket=<b>", "ticket=482109375526", "lien=x", "other=1"):
        form = await guest.get(f"{FORM}?visit={visit}", Cookie=kept)
        assert 'name="code" type="text" value=""' in form.text
        assert "Appuyez sur le bouton" not in form.text


async def test_a_tap_that_leads_nowhere(guest: Guest, make: Any) -> None:
    """No such gateway, or no such code: nothing is set."""
    code = await make()
    for path in (f"/ticket/{code}/connexion/x", "/ticket/12/connexion/gw-mairie"):
        answer = await guest.get(path)
        assert (answer.status, "Set-Cookie" in answer.headers) == (404, False)
