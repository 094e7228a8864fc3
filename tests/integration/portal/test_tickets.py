"""A ticket is used: its places under a race, its time, where it is good, and who guesses."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from portal.guest.parts import Portal
from portal.people.guesses import Guesser, Limit, forgive, may_guess
from portal.tickets.office import Order, key_of, load_sheets, load_tickets, make_sheet, revoke
from portal.tickets.redeeming import Redeemed, Redemption, redeem
from territory.database.components import Component
from territory.database.connect import open_engine
from territory.identifiers import MacAddress
from territory.keyring import Keyring
from territory.rules.ticket_codes import codes_of
from territory.rules.tickets import Flaw, State, Terms
from tests.conftest import FixedClock
from tests.integration.portal.conftest import Seed

DAY = 86_400


def phone(number: int) -> MacAddress:
    """A telephone."""
    return MacAddress(bytes([2, 0, 0, 0, 0, number]))


class Desk:
    """Somebody who makes tickets, and telephones that use them."""

    def __init__(self, engine: AsyncEngine, portal: Portal, seed: Seed, key: bytes) -> None:
        self.engine, self.portal, self.seed, self.key = engine, portal, seed, key

    async def make(self, tickets: int = 1, **changes: Any) -> tuple[UUID, list[str]]:
        """Make tickets of a day for one device at the town hall; some terms changed."""
        given: dict[str, Any] = {
            "organisation_id": self.seed.organisation,
            "site_id": self.seed.town_hall,
            "plan_id": self.seed.plan,
            "devices": 1,
            "use_seconds": DAY,
            "last_first_use": date(2026, 11, 27),
        }
        order = Order(Terms(**given | changes), tickets, None)
        async with self.engine.begin() as db:
            sheet, seed = await make_sheet(db, self.key, order, self.portal.now())
        return sheet, codes_of(seed, tickets)

    async def use(self, code: str, device: int = 1, **changes: Any) -> Redeemed | Flaw:
        """Type a code at the town hall."""
        given: dict[str, Any] = {"site_id": self.seed.town_hall}
        asked = Redemption(
            code=code, device=phone(device), now=self.portal.now(), **given | changes
        )
        return await redeem(self.portal.pool, self.key, asked)


@pytest.fixture
async def desk(portal: Portal, seed: Seed, role_url: Any, keyring: Keyring) -> Any:
    """With the portal's rights, as the console has them."""
    engine = open_engine(role_url(Component.PORTAL))
    yield Desk(engine, portal, seed, key_of(keyring))
    await engine.dispose()


async def put_online(owner: Any, desk: Desk, ticket_id: UUID, device: int = 1) -> UUID:
    """Admit a device with a ticket and open its session, as portal and RADIUS do."""
    admission, now = uuid4(), desk.portal.now()
    await owner.execute(
        "INSERT INTO live.admission (id, user_name, site_id, plan_id, method, language,"
        " terms_version, created_at, credential_expires_at, ends_at, guest_id)"
        " VALUES ($1, $1::uuid::text, $2, $3, 'ticket', 'fr', 'x', $4, $4, $5, $6)",
        *(admission, desk.seed.town_hall, desk.seed.plan, now, now + timedelta(days=1), ticket_id),
    )
    await owner.execute(
        "INSERT INTO live.binding VALUES ($1, $2::text::macaddr, $3, $4)",
        *(admission, str(phone(device)), desk.seed.town_hall, now),
    )
    await owner.execute(
        "INSERT INTO live.session (session_key, nas_id, site_id, nas_handle, acct_session_id,"
        " admission_id, device, started_at, last_seen_at, session_seconds, upload_octets,"
        " download_octets) VALUES ($1, $2, $3, 'n', $1::uuid::text, $4, $5::text::macaddr, $6, $6,"
        " 60, 0, 0)",
        *(uuid4(), desk.seed.nas, desk.seed.town_hall, admission, str(phone(device)), now),
    )
    return admission


async def test_its_time_runs_from_its_first_use(desk: Desk, clock: FixedClock) -> None:
    """Typed again later, it gives what is left, and in the end nothing."""
    _, (code,) = await desk.make()
    first = await desk.use(code)
    assert isinstance(first, Redeemed)
    assert first.ends_at == clock.now() + timedelta(days=1)
    assert first.plan.session_seconds == DAY
    clock.advance(hours=20)
    again = await desk.use(code)
    assert isinstance(again, Redeemed)
    assert (again.ends_at, again.plan.session_seconds) == (first.ends_at, 4 * 3600)
    clock.advance(hours=4)
    assert await desk.use(code) is Flaw.ENDED


async def test_of_two_at_once_one_gets_it(desk: Desk) -> None:
    """Ten devices in the same instant, three places: three are let in."""
    _, (code,) = await desk.make(devices=3)
    found = await asyncio.gather(*(desk.use(code, device) for device in range(10)))
    assert sum(isinstance(one, Redeemed) for one in found) == 3
    assert found.count(Flaw.DEVICES) == 7


async def test_a_telephone_that_comes_back_under_another_address(
    desk: Desk, clock: FixedClock
) -> None:
    """It finds its place once the old address is no longer there."""
    _, (code,) = await desk.make()
    assert isinstance(await desk.use(code, 1), Redeemed)
    assert await desk.use(code, 2) is Flaw.DEVICES
    clock.advance(minutes=6)
    assert isinstance(await desk.use(code, 2), Redeemed)


async def test_who_is_online_keeps_its_place_until_told_otherwise(
    desk: Desk, owner: Any, clock: FixedClock
) -> None:
    """Its holder may take the place over: the other's right ends and its gateway is asked."""
    _, (code,) = await desk.make()
    used = await desk.use(code, 1)
    assert isinstance(used, Redeemed)
    admission = await put_online(owner, desk, used.ticket_id, 1)
    clock.advance(minutes=6)
    assert await desk.use(code, 2) is Flaw.DEVICES
    assert isinstance(await desk.use(code, 2, instead=True), Redeemed)
    row = await owner.fetchrow("SELECT revoked_reason FROM live.admission WHERE id = $1", admission)
    asked = await owner.fetchval("SELECT payload ->> 'admission_id' FROM live.command")
    assert (row["revoked_reason"], asked) == ("ticket_elsewhere", str(admission))
    assert await desk.use(code, 1) is Flaw.DEVICES


async def test_where_it_is_good(desk: Desk, owner: Any) -> None:
    """One for a site there alone, one for an organisation at each of its sites."""
    _, (here,) = await desk.make()
    _, (anywhere,) = await desk.make(site_id=None)
    library: dict[str, Any] = {"site_id": desk.seed.library}
    assert await desk.use(here, **library) is Flaw.OTHER_SITE
    assert isinstance(await desk.use(anywhere, **library), Redeemed)
    county = await owner.fetchval("SELECT id FROM territory.organisation WHERE code = 'meuse'")
    _, (theirs,) = await desk.make(organisation_id=county, site_id=None)
    assert await desk.use(theirs) is Flaw.OTHER_SITE


async def test_revoked_blocked_late_and_unknown(desk: Desk, owner: Any, clock: FixedClock) -> None:
    """Each its own word, and none begins a ticket's time."""
    sheet, codes = await desk.make(3)
    async with desk.engine.begin() as db:
        assert await revoke(db, sheet, 1, "perdu", clock.now()) == 1
    blocked = await owner.fetchval("SELECT id FROM live.ticket WHERE number = 2")
    await owner.execute(
        "INSERT INTO live.block (id, kind, subject_id, reason, author, created_at)"
        " VALUES ($1, 'ticket', $2, 'r', 'a', now())",
        *(uuid4(), blocked),
    )
    assert await desk.use(codes[0]) is Flaw.REVOKED
    assert await desk.use(codes[1]) is Flaw.BLOCKED
    assert await desk.use(codes_of(bytes(16), 1)[0]) is Flaw.UNKNOWN
    clock.advance(days=8)
    assert await desk.use(codes[2]) is Flaw.LAPSED
    assert await owner.fetchval("SELECT count(first_used_at) FROM live.ticket") == 0


async def test_no_row_has_the_code(desk: Desk, owner: Any) -> None:
    """A copy of the database gives no ticket away."""
    _, (code,) = await desk.make()
    tables = await owner.fetch(
        "SELECT t.*, s.* FROM live.ticket t JOIN live.ticket_sheet s ON s.id = t.sheet_id"
    )
    assert code not in str([dict(row) for row in tables])


async def test_a_sheet_is_listed_as_it_stands(desk: Desk, owner: Any, clock: FixedClock) -> None:
    """Unused, online now, begun, revoked; and who is online is cut off with a revoked ticket."""
    sheet, codes = await desk.make(4)
    online, gone = await desk.use(codes[0], 1), await desk.use(codes[1], 2)
    assert isinstance(online, Redeemed)
    assert isinstance(gone, Redeemed)
    await put_online(owner, desk, online.ticket_id)
    async with desk.engine.begin() as db:
        await revoke(db, sheet, 4, "perdu", clock.now())
        (found,) = await load_sheets(db, desk.seed.organisation, clock.now())
        listed = await load_tickets(db, found, clock.now())
        assert await load_sheets(db, uuid4(), clock.now()) == []
    assert (found.tickets, found.used, found.revoked, found.online) == (4, 2, 1, 1)
    states = [State.ONLINE, State.BEGUN, State.UNUSED, State.REVOKED]
    assert [one.state for one in listed] == states
    assert [one.reason for one in listed] == [None, None, None, "perdu"]
    async with desk.engine.begin() as db:
        assert await revoke(db, sheet, None, "fin", clock.now()) == 3
    assert await owner.fetchval("SELECT count(*) FROM live.command") == 1
    assert await owner.fetchval("SELECT revoked_reason FROM live.admission") == "ticket_revoked"


KEY = bytes(range(32))
LIMIT = Limit("test", 3, timedelta(minutes=10))


async def test_guesses_are_counted_over_all_processes(portal: Portal, clock: FixedClock) -> None:
    """However many ask at once, over as many connections, no more are looked at than may be."""
    who = [Guesser(LIMIT, "a device"), Guesser(Limit("wide", 100, timedelta(hours=1)), "a site")]
    tried = await asyncio.gather(*(may_guess(portal.pool, KEY, who, clock.now()) for _ in range(5)))
    assert sorted(tried) == [False, False, True, True, True]
    assert not await may_guess(portal.pool, KEY, who, clock.now())
    assert await may_guess(portal.pool, KEY, [Guesser(LIMIT, "another")], clock.now())


async def test_a_right_guess_is_forgiven(portal: Portal, clock: FixedClock) -> None:
    """It is taken back; who is shut out stays so until the next window, which begins at nought."""
    who = [Guesser(LIMIT, "a device")]

    async def guess() -> bool:
        return await may_guess(portal.pool, KEY, who, clock.now())

    assert [await guess() for _ in range(5)] == [True, True, True, False, False]
    await forgive(portal.pool, KEY, who, clock.now())
    assert [await guess() for _ in range(2)] == [True, False]
    clock.advance(minutes=10)
    assert await guess()


async def test_who_guesses_is_not_written_down(
    portal: Portal, owner: Any, clock: FixedClock
) -> None:
    """The row's key is a keyed digest."""
    await may_guess(portal.pool, KEY, [Guesser(LIMIT, "203.0.113.7")], clock.now())
    row = await owner.fetchrow("SELECT * FROM live.guess")
    assert b"203.0.113.7" not in bytes(row["key"])
    assert len(row["key"]) == 32
