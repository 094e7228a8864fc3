"""Records of names used before: which session each is of, asked of the machine itself.

The ledger's statement (statements.py) takes a record for the first session of its name, and leaves
it alone where that is not sure: the name is known to be used again, the record begins after what is
known or happened before it, or it tells no age. Those few come here. Each name's sessions are read
and locked, `territory.rules.session` says which one a record is of, and a session not heard of yet
gets a key of its own, made of the name's first key and its own beginning. Evidence and slices
follow that key.

A name's records are taken one after the other, the names side by side: one statement a round.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence, Set
from datetime import timedelta
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg
from asyncpg.pgproto import pgproto

from radius.accounting import Record, as_told
from radius.group_commit import Connection
from radius.statements import RECORD_PLACED
from territory.rules.session import Counter, Report, Session, choose, place
from territory.rules.session_key import later_session_key

_LOCK: Final = """
select from live.session where session_key = any($1::uuid[]) order by session_key for update
"""
_KNOWN_OF_A_NAME: Final = 200
_COLUMNS: Final = """session_key, first_key, started_at, last_seen_at, ended_at, session_seconds,
    upload_octets, upload_carried, download_octets, download_carried, terminate_cause"""
_KNOWN: Final = f"""
select {_COLUMNS} from live.session where session_key = any($1::uuid[])
union all
select later.* from unnest($1::uuid[]) as name(key) cross join lateral (
    select {_COLUMNS} from live.session
    where first_key = name.key and session_key <> name.key
    order by last_seen_at desc limit {_KNOWN_OF_A_NAME}
) later
"""  # noqa: S608 - this module's own words and number
"""$1 the first keys of names: the first session of each, and the last of those after it. A NAS that
gives one name to more of them has only those judged; an older record begins one of its own again,
whose key it gives, so that nothing is lost."""
_USED_AGAIN: Final = """
update live.session set first_key = session_key
where session_key = any($1::uuid[]) and first_key is null
"""


class Known(NamedTuple):
    """A session of a name, with its key."""

    key: UUID
    first_key: UUID | None
    """The key of the name's first session, once the name was used again."""
    session: Session


class Placed(NamedTuple):
    """A record and the session it is of."""

    told: Record
    """As received, under that session's key: the event."""
    row: Record
    """As its session's row takes it."""
    is_new: bool
    """Whether it begins another session of a name that had one."""


async def record_apart(connection: Connection, records: Sequence[Record]) -> None:
    """Record what the common path left alone, in a transaction of the caller's.

    Raises:
        asyncpg.SerializationError: another server changed a session in between; try again.
    """
    waiting: defaultdict[UUID, deque[Record]] = defaultdict(deque)
    for record in in_order(records):
        waiting[record.session_key].append(record)
    await connection.execute(_LOCK, sorted(waiting))
    while waiting:
        placed = place_all(
            [queue.popleft() for queue in waiting.values()],
            await _known(connection, list(waiting)),
        )
        await _record(connection, placed)
        waiting = defaultdict(deque, {key: queue for key, queue in waiting.items() if queue})


def place_all(records: Sequence[Record], known: dict[UUID, list[Known]]) -> list[Placed]:
    """Return each record with its session, sorted by that session's key.

    Args:
        records: one of each name, under the name's first key.
        known: the sessions of each name, by that key.
    """
    placed = [place_one(record, known.get(record.session_key, [])) for record in records]
    return sorted(placed, key=lambda each: each.row.session_key.bytes)


def place_one(record: Record, known: Sequence[Known]) -> Placed:
    """Return a record with the session of its name that it is of; `known` are all of that name."""
    report = report_of(record)
    at = choose([each.session for each in known], report)
    if at is None and known:
        later = _later_key(record, {each.key for each in known})
        told = record._replace(session_key=later, first_key=record.session_key)
        return Placed(told, told, is_new=True)
    if at is None:
        return Placed(record, record, is_new=False)
    key, first_key, session = known[at]
    started_at, age = place(session, report)
    told = record._replace(session_key=key, first_key=first_key)
    return Placed(told, told._replace(started_at=started_at, session_seconds=age), is_new=False)


def _later_key(record: Record, taken: Set[UUID]) -> UUID:
    """Return the key of another session of a name: of its beginning, or of an instant after it."""
    begins_at = record.started_at
    while (key := pgproto.UUID(later_session_key(record.session_key, begins_at))) in taken:
        begins_at += timedelta(microseconds=1)
    return key


def report_of(record: Record) -> Report:
    """Return what the session's machine needs of a record."""
    return Report(
        record.kind,
        record.last_seen_at,
        record.delay_seconds,
        record.session_seconds,
        record.upload_octets,
        record.download_octets,
        record.terminate_cause,
    )


def in_order(records: Iterable[Record]) -> list[Record]:
    """Return records by receipt, and by content where those are equal: there is one order."""
    return sorted(records, key=_order)


def _order(record: Record) -> tuple[object, ...]:
    return (record.last_seen_at, *(str(value) for value in record))


async def _known(connection: Connection, keys: list[UUID]) -> dict[UUID, list[Known]]:
    names: dict[UUID, list[Known]] = {}
    for row in await connection.fetch(_KNOWN, keys):
        session = Session(
            row["started_at"],
            row["last_seen_at"],
            row["ended_at"],
            row["session_seconds"],
            Counter(row["upload_octets"], row["upload_carried"]),
            Counter(row["download_octets"], row["download_carried"]),
            row["terminate_cause"],
        )
        key, first_key = row["session_key"], row["first_key"]
        names.setdefault(first_key or key, []).append(Known(key, first_key, session))
    return names


async def _record(connection: Connection, placed: Sequence[Placed]) -> None:
    again = [each.told.first_key for each in placed if each.is_new]
    if again:
        await connection.execute(_USED_AGAIN, again)
    refused = await connection.fetch(
        RECORD_PLACED,
        [as_told(each.told) for each in placed],
        [as_told(each.row) for each in placed],
    )
    if refused:
        raise asyncpg.SerializationError("a session changed in between")
