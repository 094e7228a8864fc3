"""What a guest has used a day and a month: exact over midnight, late records and repeated runs."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from radius.guest_days import GuestDays
from territory.database.components import Component
from territory.database.locks import Lock
from territory.keyring import Keyring
from tests.conftest import FixedClock
from tests.servers.radius import Credential, grant
from tests.servers.territory import SitePlan, lay

PHONE, LAPTOP = "8a:56:7e:f9:10:e4", "8a:56:7e:f9:10:e5"
HOUR = 3600
SITES = tuple(
    SitePlan(code, "coovachilli", "10.1.0.1:3990", "http://portal.example/")
    for code in ("mairie", "gare")
)


@dataclass(frozen=True, slots=True)
class Ground:
    """A database whose plans limit a day, and what counts in it."""

    owner: "asyncpg.Connection[asyncpg.Record]"
    days: GuestDays
    clock: FixedClock
    grant: Callable[..., Any]

    async def report(self, session: UUID, told: "Told") -> None:
        """Write what records have told of a session so far."""
        await self.owner.execute(
            "insert into live.session (session_key, nas_id, site_id, nas_handle, acct_session_id,"
            " admission_id, device, started_at, last_seen_at, ended_at, session_seconds,"
            " upload_octets, download_octets) values ($1, $1, $3, 'lab', '1', $2, $4, $5, $6, $7,"
            " $8, $9, 0) on conflict (session_key) do update set session_seconds = $8,"
            " upload_octets = $9, last_seen_at = $6, ended_at = $7",
            session,
            told.admission.admission_id,
            uuid4(),
            told.device,
            told.start,
            told.start + timedelta(seconds=told.seconds),
            told.ended_at,
            told.seconds,
            told.octets,
        )

    async def counted(self) -> list[tuple[str, date, int, int]]:
        """Return guest_day."""
        rows = await self.owner.fetch(
            "select guest, day, seconds, octets from live.guest_day order by guest, day"
        )
        return [tuple(row) for row in rows]

    async def used(self, guest: UUID | None, device: str) -> tuple[int, ...]:
        """Return what a look-up at this instant says."""
        row = await self.owner.fetchrow(
            "select * from live.guest_used($1, $2, $3)", guest, device, self.clock.now()
        )
        assert row is not None
        return tuple(row)


@dataclass(frozen=True, slots=True)
class Told:
    """What a session's records have told."""

    admission: Credential
    start: datetime
    seconds: int
    octets: int
    device: str = PHONE
    ended_at: datetime | None = None


@pytest.fixture
async def ground(
    database_url: str,
    role_url: Callable[[Component], str],
    keyring: Keyring,
    clock: FixedClock,
) -> AsyncIterator[Ground]:
    """Two sites whose plans limit a day's time."""
    sites = await lay(database_url, keyring, SITES)
    owner = await asyncpg.connect(database_url)
    await owner.execute("update territory.plan set day_seconds = 7200")

    async def admit(site: str = "mairie", device: str = PHONE, **changes: Any) -> Credential:
        made = await grant(database_url, keyring, sites[site], clock.now(), **changes)
        await owner.execute(
            "insert into live.binding (admission_id, device, site_id, bound_at)"
            " values ($1, $2, $3, $4)",
            made.admission_id,
            device,
            sites[site],
            clock.now(),
        )
        return made

    async with asyncpg.create_pool(role_url(Component.RADIUS), min_size=2, max_size=2) as pool:
        yield Ground(owner, GuestDays(pool, clock), clock, admit)
    await owner.close()


def paris(day: int, hour: int, minute: int = 0) -> datetime:
    """Return an instant of November 2026 on Paris's clock."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) - timedelta(hours=1)


@pytest.mark.parametrize(
    ("start", "tellings", "expected"),
    [
        # Told in three steps, counted after each.
        (paris(20, 10), [(300, 10), (600, 30), (900, 31)], [(20, 900, 31)]),
        # Over midnight between two records: seconds cut there, octets by their share.
        (paris(20, 23), [(3000, 100), (4200, 400)], [(20, 3600, 250), (21, 600, 150)]),
        # A single record of a session of three days: nothing lost.
        (
            paris(18, 23),
            [(2 * 24 * HOUR, 48_001)],
            [(18, 3600, 1000), (19, 86400, 24000), (20, 82800, 23001)],
        ),
        # Octets without time, and time without octets.
        (paris(20, 10), [(0, 7), (60, 7)], [(20, 60, 7)]),
        # Exactly until midnight: the new day has nothing.
        (paris(20, 23), [(3600, 5)], [(20, 3600, 5)]),
        # Counters that fall are not counted again.
        (paris(20, 10), [(600, 50), (300, 20), (700, 60)], [(20, 700, 60)]),
    ],
)
async def test_days_add_up_exactly(
    ground: Ground,
    start: datetime,
    tellings: Sequence[tuple[int, int]],
    expected: list[tuple[int, int, int]],
) -> None:
    """Whatever the rhythm of records and of counting, and however often it is counted."""
    admission, session = await ground.grant(), uuid4()
    for seconds, octets in tellings:
        await ground.report(session, Told(admission, start, seconds, octets))
        await ground.days.count()
        assert await ground.days.count() == 0
    assert await ground.counted() == [
        (PHONE, date(2026, 11, day), seconds, octets) for day, seconds, octets in expected
    ]


async def test_two_servers_count_once(ground: Ground) -> None:
    """Both run at the same instant: one finds what the other has counted."""
    admission = await ground.grant()
    await ground.report(uuid4(), Told(admission, paris(20, 10), 900, 31))
    assert sorted(await asyncio.gather(ground.days.count(), ground.days.count())) == [0, 1]
    assert await ground.counted() == [(PHONE, date(2026, 11, 20), 900, 31)]


async def test_a_look_up_sees_what_is_not_counted_yet(ground: Ground) -> None:
    """The same before and after counting, and after the session has left."""
    admission, session = await ground.grant(), uuid4()
    await ground.report(session, Told(admission, paris(20, 10), 900, 31))
    now = (900, 900, 31, 31)
    assert await ground.used(None, PHONE) == now
    await ground.days.count()
    assert await ground.used(None, PHONE) == now
    await ground.owner.execute("delete from live.session")
    assert await ground.used(None, PHONE) == now
    # A late record brings it back as it was: what was counted stays counted.
    await ground.report(session, Told(admission, paris(20, 10), 1000, 40))
    assert await ground.used(None, PHONE) == (1000, 1000, 40, 40)
    await ground.days.count()
    assert await ground.used(None, PHONE) == (1000, 1000, 40, 40)


async def test_a_guest_is_one_over_sites_and_devices(ground: Ground) -> None:
    """Two devices of one account at two sites add up; without an account each device is alone."""
    account = uuid4()
    for site, device, guest in (
        ("mairie", PHONE, account),
        ("gare", LAPTOP, account),
        ("gare", PHONE, None),
    ):
        admission = await ground.grant(site, device, guest_id=guest)
        told = Told(admission, paris(20, 10), 600, 10, device)
        await ground.report(uuid4(), told)
    for _ in range(2):
        assert await ground.used(account, LAPTOP) == (1200, 1200, 20, 20)
        assert await ground.used(None, PHONE) == (600, 600, 10, 10)
        assert await ground.used(None, LAPTOP) == (0, 0, 0, 0)
        await ground.days.count()


async def test_days_of_another_month_are_forgotten(ground: Ground) -> None:
    """A month's use is kept until the month is over in Paris; today's until midnight counts."""
    admission = await ground.grant()
    await ground.report(uuid4(), Told(admission, paris(19, 10), 600, 10))
    assert await ground.used(None, PHONE) == (0, 600, 0, 10)
    await ground.days.count()
    assert await ground.used(None, PHONE) == (0, 600, 0, 10)
    ground.clock.instant = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
    assert await ground.used(None, PHONE) == (0, 0, 0, 0)
    await ground.days.count()
    assert await ground.counted() == []


async def test_a_plan_without_a_limit_counts_nothing(ground: Ground) -> None:
    """What nobody needs is not kept."""
    await ground.owner.execute("update territory.plan set day_seconds = null")
    await ground.report(uuid4(), Told(await ground.grant(), paris(20, 10), 900, 31))
    assert await ground.days.count() == 0
    assert await ground.counted() == []
    assert await ground.used(None, PHONE) == (0, 0, 0, 0)


async def test_facts_tell_of_other_devices_and_other_places(ground: Ground) -> None:
    """Open sessions count; ended ones, and those gone silent or never begun, hold nobody back."""
    account = uuid4()
    here = await ground.grant("mairie", PHONE, guest_id=account)
    there = await ground.grant("gare", LAPTOP, guest_id=account)
    ground.clock.advance(minutes=2)
    now = ground.clock.now()
    session = uuid4()
    query = "select other_devices, is_elsewhere from live.guest_facts($1, $2, $3)"

    async def facts(device: str) -> tuple[int, bool]:
        row = await ground.owner.fetchrow(query, here.admission_id, device, now)
        assert row is not None
        return tuple(row)

    assert await facts(PHONE) == (0, False)
    told = Told(there, now - timedelta(seconds=60), 50, 1, LAPTOP)
    await ground.report(session, told)
    assert await facts(PHONE) == (1, False)
    assert await facts(LAPTOP) == (0, True)
    await ground.owner.execute(
        "update live.session set last_seen_at = $1", now - timedelta(hours=1)
    )
    assert await facts(PHONE) == (0, False)
    assert await facts(LAPTOP) == (0, False)
    await ground.report(session, Told(there, told.start, 50, 1, LAPTOP, now))
    assert await facts(LAPTOP) == (0, False)


async def test_the_archive_at_work_keeps_nobody_from_being_counted(ground: Ground) -> None:
    """Its lock is held for a whole run, and is another."""
    await ground.owner.execute("select pg_advisory_lock($1)", Lock.ARCHIVE)
    async with asyncio.timeout(60):
        assert await ground.days.count() == 0
