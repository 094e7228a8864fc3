"""From the spool into the database, in order and exactly once.

A batch and the note of how far its reel is replayed commit in one transaction, and the note moves
only from where this process believes it to be: whoever was killed, or lost its connection, between
commit and answer reads the note and goes on after it; a commit that was still under way makes the
note differ, and the batch is rolled back and looked at again. A reel is deleted when its last
record is noted.

A record that was in a batch whose commit was under way when the database went may be there already;
it is looked up by the instant of its receipt, to the microsecond, before it is entered, and not
before every statement of the ledger's connections that is under way by then has ended.

A record is entered as received when it was, as long as that day (UTC) lasts. On a later day the
days about it may be sealed: it is entered like any late fact, received now after so many seconds
more of delay, so that what it says stays where it was in time, to the second; retention puts it
into the day while its grace lasts and into a signed supplement after.

What the database refuses, and what no NAS of today has sent, is set aside.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID, uuid4

from radius.accounting import Record, Restart, read_accounting_request
from radius.days import Days
from radius.group_commit import CONFLICT, REFUSED, Connection
from radius.nas_directory import NasDirectory
from radius.outages import AWAY, Outage
from radius.protocol.packet import decode
from radius.reels import ReelFile
from radius.spool import BATCH, Spool
from radius.spool_format import Reel, SpooledRecord
from radius.statements import SET_ASIDE
from territory.clock import Clock
from territory.errors import ProtocolError, Unavailable

_FIRST_PAUSE_SECONDS: Final = 0.05
_LONGEST_PAUSE_SECONDS: Final = 2.0
_READ_AT_ONCE: Final = 50
_SETTLED_SECONDS: Final = 15.0
_KEPT_NOTES: Final = timedelta(days=90)
"""A note whose reel was deleted in the instant of a crash is forgotten after so long."""
_MICROSECOND: Final = timedelta(microseconds=1)

_FIND_NOTE: Final = """
insert into live.spool_position (reel_id, sequence, noted_at) values ($1, 0, $2)
on conflict (reel_id) do update set noted_at = excluded.noted_at returning sequence
"""
_MOVE_NOTE: Final = """
update live.spool_position set sequence = $3, noted_at = $4 where reel_id = $1 and sequence = $2
"""
_FORGET_NOTE: Final = """
delete from live.spool_position where reel_id = $1 or noted_at < $2
"""
_UNDER_WAY: Final = """
select pid, xact_start from pg_stat_activity
where usename = current_user and application_name = current_setting('application_name')
    and xact_start is not null and pid <> pg_backend_pid()
"""
_RECORDED: Final = """
select event.received_at, coalesce(session.first_key, event.session_key) as session_key, event.kind
from source.event left join live.session using (session_key)
where event.received_at between $1 and $2 and event.received_at = any($3::timestamptz[])
"""
"""Under the first key of a name used again (reused_sessions.py), as a record itself says."""

Write = Callable[[Connection, list[Record], list[Restart]], Awaitable[None]]
"""Records inside the caller's transaction."""


class _NoteMoved(Exception):
    """A commit of before has happened meanwhile: the note must be read again."""


@dataclass(frozen=True, slots=True)
class Unrecordable:
    """A record that says nothing this server can record."""

    reason: str


class Numbered(NamedTuple):
    """A record of a reel, read."""

    sequence: int
    """Its number in the reel."""
    record: SpooledRecord
    content: Record | Restart | Unrecordable


@dataclass(frozen=True, slots=True)
class Replaying:
    """What a replay relies on."""

    connect: Callable[[], Awaitable[Connection]]
    write: Write
    directory: NasDirectory
    clock: Clock


class SpoolReplay:
    """Empties the spool whenever the database is there."""

    def __init__(self, spool: Spool, surroundings: Replaying) -> None:
        self._spool = spool
        self._connect = surroundings.connect
        self._write = surroundings.write
        self._directory = surroundings.directory
        self._clock = surroundings.clock
        self._days = Days()
        self._redating = Redating()
        self._outage = Outage("spool_replay")
        self.replayed = 0
        """Records entered since the start."""
        self.set_aside = 0
        """Records that could not be entered, kept as they were spooled."""

    async def run(self) -> None:
        """Work until cancelled."""
        pause = _FIRST_PAUSE_SECONDS
        while True:
            await self._spool.until_used()
            try:
                await self._drain()
            except (*AWAY, *CONFLICT, Unavailable) as fault:
                self._outage.lasts(fault)
            except _NoteMoved:
                continue
            else:
                self._outage.is_over()
                pause = _FIRST_PAUSE_SECONDS
                continue
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _drain(self) -> None:
        connection = await self._connect()
        try:
            if not self._directory.is_loaded:
                raise Unavailable("the territory has not been read yet")
            while file := await self._spool.next_file():
                await self._replay(connection, file)
            async with self._spool.held() as last:
                if last is not None:
                    await self._replay(connection, last)
        finally:
            connection.terminate()

    async def _replay(self, connection: Connection, file: ReelFile) -> None:
        reel = await self._spool.read(file)
        if reel is None:
            return
        noted = await connection.fetchval(_FIND_NOTE, reel.name, self._clock.now())
        waiting = _after(reel, noted)
        file.records = len(waiting)
        for at in range(0, len(waiting), BATCH):
            batch = await self._read(waiting[at : at + BATCH])
            await self._commit(connection, reel.name, noted, batch)
            noted = batch[-1].sequence
            file.records -= len(batch)
        await self._spool.remove(file)
        await connection.execute(_FORGET_NOTE, reel.name, self._clock.now() - _KEPT_NOTES)

    async def _read(self, batch: Sequence[tuple[int, SpooledRecord]]) -> list[Numbered]:
        """Return what a batch says; a few at a time, for requests that come meanwhile."""
        read = []
        for at in range(0, len(batch), _READ_AT_ONCE):
            read += [
                Numbered(sequence, record, self._content(record))
                for sequence, record in batch[at : at + _READ_AT_ONCE]
            ]
            await asyncio.sleep(0)
        return read

    def _content(self, record: SpooledRecord) -> Record | Restart | Unrecordable:
        nas = self._directory.by_id(record.nas_id)
        if nas is None:
            return Unrecordable("nas-gone")
        try:
            return read_accounting_request(decode(record.packet), nas, record.received_at)
        except ProtocolError as fault:
            return Unrecordable(fault.reason)

    async def _commit(
        self, connection: Connection, reel: UUID, noted: int, batch: Sequence[Numbered]
    ) -> None:
        """Enter a batch, or its halves one after the other; a single culprit is set aside."""
        try:
            await self._enter(connection, reel, noted, batch)
        except REFUSED as fault:
            if len(batch) > 1:
                middle = len(batch) // 2
                await self._commit(connection, reel, noted, batch[:middle])
                await self._commit(connection, reel, batch[middle - 1].sequence, batch[middle:])
                return
            (culprit,) = batch
            refused = culprit._replace(content=Unrecordable(type(fault).__name__))
            await self._enter(connection, reel, noted, [refused])
        self.replayed += len(batch)

    async def _enter(
        self, connection: Connection, reel: UUID, noted: int, batch: Sequence[Numbered]
    ) -> None:
        now = self._clock.now()
        await self._days.ensure(connection, now.date())
        if any(each.record.in_doubt for each in batch):
            await _until_settled(connection)
        async with connection.transaction():
            moved = await connection.execute(_MOVE_NOTE, reel, noted, batch[-1].sequence, now)
            if moved != "UPDATE 1":
                raise _NoteMoved
            recorded = await _recorded(connection, batch)
            fresh = [each for each in batch if _identity(each.content) not in recorded]
            dated = [self._redating.dated(each.content, now) for each in fresh]
            records = [content for content in dated if isinstance(content, Record)]
            restarts = [content for content in dated if isinstance(content, Restart)]
            await self._write(connection, records, restarts)
            await self._set_aside(connection, fresh)

    async def _set_aside(self, connection: Connection, batch: Sequence[Numbered]) -> None:
        """Keep what cannot be entered: all of it, because it was acknowledged."""
        for _, record, content in batch:
            if isinstance(content, Unrecordable):
                await connection.execute(
                    SET_ASIDE,
                    uuid4(),
                    record.received_at,
                    record.nas_id,
                    content.reason,
                    record.packet,
                )
                self.set_aside += 1


async def _until_settled(connection: Connection) -> None:
    """Return once no statement of before can commit any more: those under way now have ended.

    Raises:
        TimeoutError: one goes on and on.
    """
    under_way = set(map(tuple, await connection.fetch(_UNDER_WAY)))
    async with asyncio.timeout(_SETTLED_SECONDS):
        while under_way:
            await asyncio.sleep(_FIRST_PAUSE_SECONDS)
            under_way &= set(map(tuple, await connection.fetch(_UNDER_WAY)))


def spool_gauges(spool: Spool, replay: SpoolReplay) -> dict[str, tuple[str, Callable[[], float]]]:
    """Return what is measured of a spool: name to (meaning, reader)."""
    return {
        "spool_records": ("Accounting records waiting on the disk.", lambda: spool.records),
        "spool_octets": ("Size of the spool.", lambda: spool.octets),
        "spool_oldest_seconds": ("How long the oldest waits.", lambda: spool.oldest_seconds),
        "spool_refused": ("Records not taken, not acknowledged.", lambda: spool.refused),
        "spool_torn_octets": ("Unfinished writes a crash left.", lambda: spool.torn_octets),
        "spool_lost": ("Acknowledged, damaged on the disk.", lambda: spool.lost_records),
        "spool_replayed": ("Records entered since the start.", lambda: replay.replayed),
        "spool_set_aside": ("Records that could not be entered.", lambda: replay.set_aside),
    }


class Redating:
    """Dates what is entered on a later day than it was received on."""

    def __init__(self) -> None:
        self._last: datetime | None = None

    def dated(
        self, content: Record | Restart | Unrecordable, now: datetime
    ) -> Record | Restart | Unrecordable:
        """Return the content as it is entered at `now`; in the order asked for, one by one."""
        match content:
            case Record() if content.last_seen_at.date() != now.date():
                received_at = self._next(now)
                waited = round((received_at - content.last_seen_at).total_seconds())
                return content._replace(
                    last_seen_at=received_at, delay_seconds=content.delay_seconds + waited
                )
            case Restart() if content.received_at.date() != now.date():
                return replace(content, received_at=self._next(now))
        return content

    def _next(self, now: datetime) -> datetime:
        """Return an instant after all before, so that order stays."""
        if self._last is not None and self._last >= now:
            now = self._last + _MICROSECOND
        self._last = now
        return now


def _after(reel: Reel, noted: int) -> list[tuple[int, SpooledRecord]]:
    """Return the records of a reel after the note, numbered."""
    return [
        (sequence, record)
        for frame in reel.frames
        for sequence, record in enumerate(frame.records, frame.first)
        if sequence > noted
    ]


async def _recorded(
    connection: Connection, batch: Sequence[Numbered]
) -> set[tuple[datetime, UUID, int] | None]:
    """Return which records of the batch that were in doubt are in the database."""
    instants = [each.record.received_at for each in batch if each.record.in_doubt]
    if not instants:
        return set()
    rows = await connection.fetch(_RECORDED, min(instants), max(instants), instants)
    return {tuple(row) for row in rows}


def _identity(content: Record | Restart | Unrecordable) -> tuple[datetime, UUID, int] | None:
    """Return what no two records share; None for what does no harm twice."""
    if not isinstance(content, Record):
        return None
    return content.last_seen_at, content.session_key, content.kind
