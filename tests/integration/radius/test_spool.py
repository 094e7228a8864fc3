"""The spool and its replay: an outage is bridged, and the record is what it would have been."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count, repeat, takewhile
from pathlib import Path
from uuid import uuid4

import aiohttp
import pytest

from radius.exchange import ACCESS, ACCOUNTING
from radius.reels import ReelFile, ReelFolder, look
from radius.spool import Spool
from radius.spool_format import SpooledRecord
from retention.sealing.facts import load_late
from territory.database.components import Component
from territory.database.connect import open_pool
from territory.keyring import Keyring
from tests.conftest import FixedClock
from tests.integration.radius.conftest import SITES, WAIT_SECONDS, Lab
from tests.servers.outage import DatabaseOutage
from tests.servers.radius import Nas, attribute, report, running_radius
from tests.servers.territory import lay

DEVICE = "8A-56-7E-F9-10-E4"
START, STOP, INTERIM, ON = 1, 2, 3, 7
POISON = attribute(53, 0xFFFFFFFF)
"""Acct-Output-Gigawords: more octets than a number of the database holds."""


@dataclass(frozen=True, slots=True)
class Outside:
    """A lab whose server has a spool, and whose database can be taken away."""

    lab: Lab
    outage: DatabaseOutage
    folder: Path
    clock: FixedClock

    @property
    def spool(self) -> Spool:
        """The server's."""
        spool = self.lab.server.spool
        assert spool is not None
        return spool

    async def tell(self, *records: bytes) -> None:
        """Send records one after another; each must be acknowledged."""
        for attributes in records:
            packet = self.lab.accounting.accounting_request(attributes)
            assert (await self.lab.accounting.ask(packet)).code == 5

    async def drained(self) -> None:
        """Return once nothing waits in the spool."""
        async with asyncio.timeout(WAIT_SECONDS):
            for _ in takewhile(lambda _: self.spool.is_in_use, count()):
                await asyncio.sleep(0)

    async def is_well(self) -> bool:
        """Whether /healthz finds nothing wrong with the spool."""
        address = f"http://127.0.0.1:{self.lab.server.metrics_port}/healthz"
        async with aiohttp.ClientSession() as http, http.get(address) as answer:
            return bool((await answer.json())["checks"]["spool"]["ok"])


@pytest.fixture
async def outside(
    database_url: str,
    role_url: Callable[[Component], str],
    keyring: Keyring,
    clock: FixedClock,
    tmp_path: Path,
) -> AsyncIterator[Outside]:
    """The server with its spool on, running and ready."""
    sites = await lay(database_url, keyring, SITES)
    spool = {"enabled": True, "folder": tmp_path}
    async with (
        running_radius(role_url(Component.RADIUS), keyring, clock, spool=spool) as server,
        Nas(server.port(ACCESS)) as access,
        Nas(server.port(ACCOUNTING)) as accounting,
    ):
        await access.until_answered()
        lab = Lab(server, access, accounting, database_url, keyring, clock, sites)
        yield Outside(lab, DatabaseOutage(database_url), tmp_path, clock)


EVENTS = """
select event.*, session.acct_session_id from source.event
left join live.session using (session_key)
order by event.xmin::text::bigint, event.received_at, event.session_seconds
"""


async def test_an_outage_is_bridged(outside: Outside) -> None:
    """Acknowledged at once, told while it waits, entered as received when it was.

    The accounting port says that it lives (RFC 5997) as long as it acknowledges.
    """
    lab, credential = outside.lab, await outside.lab.grant()
    await outside.outage.begin()
    received = []
    for status, seconds in ((START, 0), (INTERIM, 60), (STOP, 90)):
        received.append(outside.clock.instant)
        await outside.tell(report(status, "s-1", credential, DEVICE, seconds=seconds))
        outside.clock.advance(seconds=60)
    assert outside.spool.records == look(outside.folder).records == 3
    assert outside.spool.oldest_seconds == 180
    assert not await outside.is_well()
    await lab.accounting.until_answered()
    await outside.outage.end()
    await outside.drained()
    assert await outside.is_well()
    events = await lab.rows(EVENTS)
    assert [(row["kind"], row["received_at"]) for row in events] == [
        (START, received[0]),
        (INTERIM, received[1]),
        (STOP, received[2]),
    ]
    session = await lab.row("select * from live.session")
    assert (session["admission_id"], session["session_seconds"]) == (credential.admission_id, 90)
    assert session["ended_at"] == received[2]
    assert look(outside.folder).reels == 0
    assert not await lab.rows("select from live.spool_position")


async def test_the_usual_way_comes_back(outside: Outside) -> None:
    """Once the spool is empty, records go straight into the database again."""
    credential = await outside.lab.grant()
    await outside.outage.begin()
    await outside.tell(report(START, "s-1", credential, DEVICE))
    await outside.outage.end()
    await outside.drained()
    await outside.lab.access.until_answered()
    await outside.tell(report(START, "s-2", credential, DEVICE))
    assert look(outside.folder).reels == 0
    assert len(await outside.lab.rows("select from source.event")) == 2


async def test_a_restart_does_not_overtake_what_came_before_it(outside: Outside) -> None:
    """Accounting-On after the Starts: their sessions are closed, none of a later Start is."""
    credential = await outside.lab.grant()
    await outside.outage.begin()
    await outside.tell(report(START, "s-1", credential, DEVICE))
    outside.clock.advance(seconds=60)
    await outside.tell(attribute(40, ON) + attribute(32, "lab"))
    outside.clock.advance(seconds=60)
    await outside.tell(report(START, "s-2", credential, DEVICE))
    await outside.outage.end()
    await outside.drained()
    rows = await outside.lab.rows("select acct_session_id, ended_at from live.session order by 1")
    assert [(row["acct_session_id"], row["ended_at"] is None) for row in rows] == [
        ("s-1", False),
        ("s-2", True),
    ]


async def test_what_the_database_refuses_is_set_aside(outside: Outside) -> None:
    """It was acknowledged, so it is kept whole; the others are entered, before it and after."""
    lab, credential = outside.lab, await outside.lab.grant()
    await outside.outage.begin()
    for number in range(20):
        poison = POISON if number in {0, 7, 19} else b""
        await outside.tell(report(START, f"s-{number}", credential, DEVICE) + poison)
    await outside.outage.end()
    await outside.drained()
    kept = await lab.rows("select packet, reason from live.set_aside order by received_at")
    assert len(kept) == 3
    assert all(row["packet"].endswith(POISON) for row in kept)
    assert len(await lab.rows("select from source.event")) == 17


async def test_a_nas_that_is_gone_leaves_its_records(
    database_url: str,
    role_url: Callable[[Component], str],
    keyring: Keyring,
    clock: FixedClock,
    tmp_path: Path,
) -> None:
    """Removed from the territory during the outage: what it told is set aside."""
    packet = Nas(0).accounting_request(attribute(40, START) + attribute(44, "s-1"))
    leave(tmp_path, keyring, SpooledRecord(clock.instant, uuid4(), False, packet))
    url, spool = role_url(Component.RADIUS), {"enabled": True, "folder": tmp_path}
    async with running_radius(url, keyring, clock, spool=spool) as server:
        lab = Lab(server, Nas(0), Nas(0), database_url, keyring, clock, {})
        (kept,) = await lab.rows_once("select * from live.set_aside", lambda rows: len(rows) == 1)
    assert (kept["reason"], kept["packet"]) == ("nas-gone", packet)


def leave(folder: Path, keyring: Keyring, record: SpooledRecord) -> None:
    """Leave a record in a spool as a process does that was killed."""
    reels = ReelFolder(folder, keyring.derive("radius spool"))
    reels.begin().write([record])
    reels.close()


@pytest.mark.parametrize(("days", "late"), [(1, False), (4, True)])
async def test_a_record_replayed_on_a_later_day_stays_where_it_was_in_time(
    outside: Outside, days: int, late: bool
) -> None:
    """Received now, after so much delay: its own day may be sealed and its partition gone.

    While that day's grace lasts it is in its own segment; after, the supplement finds it.
    """
    lab, credential = outside.lab, await outside.lab.grant()
    happened = outside.clock.instant
    await outside.outage.begin()
    await outside.tell(report(START, "s-1", credential, DEVICE))
    outside.clock.advance(seconds=60)
    await outside.tell(report(STOP, "s-1", credential, DEVICE, seconds=60))
    outside.clock.advance(days=days)
    now = outside.clock.instant
    await outside.outage.end()
    if late:
        await lab.rows("select live.drop_day('source', $1)", happened.date())
        await lab.rows("select live.drop_day('traffic', $1)", happened.date())
    await outside.drained()
    rows = await lab.rows(EVENTS)
    assert [row["received_at"].date() for row in rows] == [now.date()] * 2
    told = [row["received_at"] - timedelta(seconds=row["delay_seconds"]) for row in rows]
    shift = [
        abs(a - b) for a, b in zip(told, (happened, happened + timedelta(seconds=60)), strict=True)
    ]
    assert max(shift) < timedelta(seconds=1)
    session = await lab.row("select started_at, ended_at from live.session")
    assert session["started_at"] == happened
    assert session["ended_at"] == happened + timedelta(seconds=60)
    pool = await open_pool(lab.owner_url, Component.RETENTION)
    async with pool, pool.acquire() as connection:
        assert (await load_late(connection, now.date())).num_rows == (2 if late else 0)


@pytest.mark.parametrize(("in_doubt", "events"), [(True, 1), (False, 2)])
async def test_a_record_in_doubt_is_looked_up(
    lab: Lab,
    role_url: Callable[[Component], str],
    clock: FixedClock,
    tmp_path: Path,
    in_doubt: bool,
    events: int,
) -> None:
    """Committed though nobody was told: it is not entered again. Without doubt, nobody looks."""
    credential = await lab.grant()
    packet = lab.accounting.accounting_request(report(START, "s-1", credential, DEVICE))
    assert (await lab.accounting.ask(packet)).code == 5
    nas = await lab.row("select nas_id from live.session")
    leave(tmp_path, lab.keyring, SpooledRecord(clock.instant, nas["nas_id"], in_doubt, packet))
    url, spool = role_url(Component.RADIUS), {"enabled": True, "folder": tmp_path}
    async with running_radius(url, lab.keyring, clock, spool=spool) as server:
        async with asyncio.timeout(WAIT_SECONDS):
            assert server.spool is not None
            for _ in takewhile(lambda spool: spool.is_in_use, repeat(server.spool)):
                await asyncio.sleep(0)
    assert len(await lab.rows("select from source.event")) == events


async def test_a_record_in_doubt_of_a_name_used_again_is_looked_up(
    lab: Lab, role_url: Callable[[Component], str], clock: FixedClock, tmp_path: Path
) -> None:
    """Its event stands under the key of its own session, not of its name's first."""
    credential = await lab.grant()
    for kind in (START, STOP, START):
        packet = lab.accounting.accounting_request(report(kind, "s-1", credential, DEVICE))
        assert (await lab.accounting.ask(packet)).code == 5
        at = clock.instant
        clock.advance(hours=1)
    assert len(await lab.rows("select from live.session")) == 2
    nas = await lab.row("select distinct nas_id from live.session")
    leave(tmp_path, lab.keyring, SpooledRecord(at, nas["nas_id"], True, packet))
    url, spool = role_url(Component.RADIUS), {"enabled": True, "folder": tmp_path}
    async with running_radius(url, lab.keyring, clock, spool=spool) as server:
        async with asyncio.timeout(WAIT_SECONDS):
            assert server.spool is not None
            for _ in takewhile(lambda spool: spool.is_in_use, repeat(server.spool)):
                await asyncio.sleep(0)
    assert len(await lab.rows("select from source.event")) == 3


async def test_a_reel_that_could_not_be_deleted_is_not_entered_twice(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Entered and noted, still on the disk: what a crash between the two leaves."""
    credential = await outside.lab.grant()
    await outside.outage.begin()
    await outside.tell(*(report(START, f"s-{n}", credential, DEVICE) for n in range(5)))
    remove, tries = outside.spool.remove, count(1)

    async def remove_at_last(file: ReelFile) -> None:
        if next(tries) < 3:
            raise OSError("read-only file system")
        await remove(file)

    monkeypatch.setattr(outside.spool, "remove", remove_at_last)
    await outside.outage.end()
    await outside.drained()
    assert next(tries) > 3
    assert len(await outside.lab.rows("select from source.event")) == 5
