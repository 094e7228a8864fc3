"""live.session is the session's machine at scale: what SQL makes of records, the machine makes.

Hypothesis invents batches that no network would bring: contradictory ages, counters that fall,
names used again, restarts in between. The rows must be the machine's sessions, whichever way a
record took.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from uuid import UUID

import asyncpg
import pytest
from asyncpg.pgproto import pgproto
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from radius.accounting import Record
from radius.accounting_ledger import record_batch
from radius.database import connector
from radius.reused_sessions import in_order, report_of
from radius.statements import CLOSE_SESSIONS, ENSURE_DAYS
from territory.database.components import Component
from territory.database.connect import component_url
from territory.rules.session import Counter, Kind, Session, advance, begin, choose, conclude
from territory.rules.session_key import session_key

SLOW_OR_SHARED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DEVICE = bytes.fromhex("8a567ef910e4")
NAS, SITE = UUID(int=1), UUID(int=2)
RESTART = "restart"
REBOOTED = (7, 11)
_names = count(1)

octets = st.sampled_from((0, 5, 9, 4_000_000_000, 4_294_967_290, 5_000_000_000))
told = st.tuples(
    st.sampled_from(Kind),
    st.sampled_from((0, 0, 4, 30, 200)),
    st.sampled_from((0, 3, 10, 60, 61, 120, 300, 400)),
    octets,
    st.sampled_from((None, 1, 5)),
)
batches = st.lists(
    st.tuples(
        st.sampled_from((0, 3, 10, 60, 400)),
        st.lists(told, min_size=1, max_size=4) | st.just(RESTART),
    ),
    min_size=1,
    max_size=6,
)


@dataclass(frozen=True, slots=True)
class Database:
    """The ledger's own connection, on an event loop that lasts as long as it."""

    runner: asyncio.Runner
    connection: "asyncpg.Connection[asyncpg.Record]"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A connection with the rights and the settings of the ledger."""
    with asyncio.Runner() as runner:
        url = component_url(database_url, Component.RADIUS, None)
        connection = runner.run(connected(url))
        runner.run(connection.execute(ENSURE_DAYS, date(2026, 11, 20), 2))
        yield Database(runner, connection)
        runner.run(connection.close())


async def connected(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    """Return a connection as the ledger opens it."""
    return await connector(url)()


def record(name: str, now: datetime, values: tuple[int, int, int, int, int | None]) -> Record:
    """Return a record of a name, as the ledger is given it."""
    kind, delay, age, upload, cause = values
    happened_at = now - timedelta(seconds=delay)
    return Record(
        session_key=pgproto.UUID(session_key(NAS, name.encode(), b"s-1", DEVICE)),
        nas_id=NAS,
        site_id=SITE,
        nas_handle=name,
        acct_session_id="s-1",
        admission_id=None,
        user_name=None,
        device=DEVICE,
        address=None,
        address6=(),
        started_at=happened_at - timedelta(seconds=age),
        last_seen_at=now,
        ended_at=happened_at if kind == Kind.STOP else None,
        session_seconds=age,
        upload_octets=upload,
        download_octets=0,
        terminate_cause=cause if kind == Kind.STOP else None,
        first_key=None,
        upload_carried=0,
        download_carried=0,
        kind=int(kind),
        nas_time=None,
        delay_seconds=delay,
    )


def fold_on(known: list[Session], records: list[Record]) -> None:
    """Let the machine take a batch."""
    for each in in_order(records):
        report = report_of(each)
        at = choose(known, report)
        if at is None:
            known.append(begin(report))
        else:
            known[at] = advance(known[at], report)


async def rows_of(connection: "asyncpg.Connection[asyncpg.Record]", name: str) -> list[Session]:
    """Return a name's rows as the machine's sessions."""
    rows = await connection.fetch("select * from live.session where nas_handle = $1", name)
    return [
        Session(
            row["started_at"],
            row["last_seen_at"],
            row["ended_at"],
            row["session_seconds"],
            Counter(row["upload_octets"], row["upload_carried"]),
            Counter(row["download_octets"], row["download_carried"]),
            row["terminate_cause"],
        )
        for row in rows
    ]


@settings(max_examples=80, suppress_health_check=SLOW_OR_SHARED)
@given(batches)
def test_sql_and_the_machine_agree(database: Database, told_in: list[tuple[int, object]]) -> None:
    """Batch after batch, restart after restart: the same sessions, to the octet."""
    name, now, known = f"nas-{next(_names)}", NOON, list[Session]()
    connection, run = database.connection, database.runner.run
    recorded = 0
    for seconds, batch in told_in:
        now += timedelta(seconds=seconds)
        if batch == RESTART:
            kind, cause = REBOOTED
            run(connection.execute(CLOSE_SESSIONS, now, NAS, name, now, kind, cause))
            known = [conclude(session, now, cause) for session in known]
        else:
            records = [record(name, now, values) for values in batch]  # type: ignore[attr-defined]
            run(record_batch(connection, sorted(records, key=lambda each: each.session_key.bytes)))
            fold_on(known, records)
            recorded += len(records)
    assert sorted(run(rows_of(connection, name))) == sorted(known)
