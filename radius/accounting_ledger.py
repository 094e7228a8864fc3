"""The accounting side of the ledger: nothing is answered before it is durable.

A batch is one statement: an event of source data, an event of traffic data and the session's row
for each record, sorted by session so that two batches never wait for each other in a circle.
Of records of one session in one batch the first goes that way; the others, and what the statement
is not sure of, go through `reused_sessions.py`. A NAS's restart closes its sessions in the same
transaction.

What cannot be recorded is set aside with its packet, is not answered (RFC 2866 §4.1), and is
remembered, so that the NAS sending it again and again costs a look into a table.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any, Final
from uuid import UUID, uuid5

from radius.accounting import Record, Restart, as_told, only_read
from radius.days import Days
from radius.group_commit import Connection, GroupCommit, Handlers, Watch
from radius.protocol.numbers import (
    ACCT_DELAY_TIME,
    MESSAGE_AUTHENTICATOR,
    MIN_PACKET_OCTETS,
    PROXY_STATE,
    Status,
)
from radius.reused_sessions import in_order, record_apart
from radius.spool import Spool, SpoolAnswers
from radius.spool_format import SpooledRecord
from radius.statements import CLOSE_SESSIONS, RECORD, SET_ASIDE
from territory.clock import Clock

_REMEMBERED: Final = 4_096
_SET_ASIDE_AN_HOUR: Final = 1_000
_EACH_SENDING_ITS_OWN: Final = frozenset((ACCT_DELAY_TIME, MESSAGE_AUTHENTICATOR, PROXY_STATE))
_REBOOTED: Final = {Status.ACCOUNTING_ON: 11, Status.ACCOUNTING_OFF: 7}
"""Acct-Terminate-Cause NAS-Reboot and Admin-Reboot (RFC 2866 §5.10)."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A verified packet that says nothing the RFCs know, or nothing that can be dated; kept."""

    reason: str


@dataclass(slots=True, eq=False)
class Entry:
    """One verified Accounting-Request on its way into the ledger."""

    content: Record | Restart | Unreadable
    nas_id: UUID
    received_at: datetime
    packet: bytes
    """Whole; what of it must be kept, spooled or set aside, is what a record is made of."""
    context: Any
    """The exchange's own; comes back when it is recorded."""

    @property
    def device(self) -> bytes | None:
        """The guest's device, where the entry names one."""
        return self.content.device if isinstance(self.content, Record) else None

    @property
    def fingerprint(self) -> Hashable:
        """What stays the same when the NAS sends it again, with another Acct-Delay-Time too.

        A delay that could not be believed is not part of it, but that it could not is: the same
        record with a right delay is another one, and is recorded.
        """
        content = self.content
        if isinstance(content, Record):
            return content.session_key, content.kind, content.session_seconds
        reason = content.reason if isinstance(content, Unreadable) else None
        return self.nas_id, reason, _lasting(self.packet)


@dataclass(frozen=True, slots=True)
class AccountingAnswers:
    """Where the ledger brings what became of an entry."""

    recorded: Callable[[Entry], None]
    """Durable: answer it."""
    unrecorded: Callable[[Entry, str], None]
    """Not durable: `unavailable`, `overload` or `set-aside`; no answer."""


class AccountingLedger:
    """Queues entries and commits them."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        clock: Clock,
        answers: AccountingAnswers,
        watch: Watch,
    ) -> None:
        self._clock = clock
        self._answers = answers
        self._days = Days()
        self._aside = SetAside()
        handlers = Handlers(self._commit, self._refuse, self._abandon, _began)
        self._group: GroupCommit[Entry] = GroupCommit(connect, handlers, watch)
        self._spool: Spool | None = None

    @property
    def is_open(self) -> bool:
        """Whether an entry put now will be durable soon."""
        return self._group.is_open or self._spool is not None

    @property
    def spool_answers(self) -> SpoolAnswers:
        """Where a spool for this ledger brings what became of an entry."""
        return SpoolAnswers(self._answers.recorded, self.record, self._answers.unrecorded)

    def use(self, spool: Spool) -> None:
        """Spool from now on what cannot be committed; made with `spool_answers`."""
        self._spool = spool

    def __len__(self) -> int:
        return len(self._group)

    def record(self, entry: Entry) -> None:
        """Queue an entry, unless it is known that it cannot be recorded."""
        if self._aside.knows(entry.fingerprint):
            self._answers.unrecorded(entry, "set-aside")
        elif self._spool is not None and (self._spool.is_in_use or not self._group.is_open):
            self._put_into(self._spool, entry, in_doubt=False)
        else:
            self._group.put(entry)

    async def write(
        self, connection: Connection, records: list[Record], restarts: list[Restart]
    ) -> None:
        """Record inside the caller's transaction what comes out of the spool."""
        records.sort(key=itemgetter(0))
        await record_batch(connection, records)
        for restart in restarts:
            await _close_sessions(connection, restart)

    async def run(self) -> None:
        """Work until cancelled."""
        await self._group.run()

    async def _commit(self, connection: Connection, batch: Sequence[Entry]) -> Callable[[], None]:
        await self._days.ensure(connection, self._clock.now().date())
        records = [e.content for e in batch if isinstance(e.content, Record)]
        records.sort(key=itemgetter(0))
        others = [entry for entry in batch if not isinstance(entry.content, Record)]
        if others:
            async with connection.transaction():
                await record_batch(connection, records)
                await self._commit_others(connection, others)
        else:
            await record_batch(connection, records)
        return partial(self._answer, batch)

    def _answer(self, batch: Sequence[Entry]) -> None:
        for entry in batch:
            if isinstance(entry.content, Unreadable):
                self._remember(entry)
            else:
                self._answers.recorded(entry)

    async def _commit_others(self, connection: Connection, others: list[Entry]) -> None:
        for entry in others:
            match entry.content:
                case Restart() as restart:
                    await _close_sessions(connection, restart)
                case Unreadable(reason):
                    await self._set_aside(connection, entry, reason)

    async def _refuse(self, connection: Connection, entry: Entry, reason: str) -> None:
        await self._set_aside(connection, entry, reason)
        self._remember(entry)

    async def _set_aside(self, connection: Connection, entry: Entry, reason: str) -> None:
        """Keep its packet, once: also where another connection or process is at the same."""
        if self._aside.has_room(entry.fingerprint, entry.received_at):
            same_each_time = uuid5(entry.nas_id, repr(entry.fingerprint))
            await connection.execute(
                *(SET_ASIDE, same_each_time, entry.received_at, entry.nas_id, reason),
                only_read(entry.packet),
            )

    def _remember(self, entry: Entry) -> None:
        self._aside.remember(entry.fingerprint)
        self._answers.unrecorded(entry, "set-aside")

    def _abandon(self, entries: Sequence[Entry], reason: str) -> None:
        """Spool what the database left in hand, committed or not; give up all else."""
        for entry in entries:
            if self._spool is not None and reason == "unavailable":
                self._put_into(self._spool, entry, in_doubt=True)
            else:
                self._answers.unrecorded(entry, reason)

    def _put_into(self, spool: Spool, entry: Entry, *, in_doubt: bool) -> None:
        if isinstance(entry.content, Unreadable):
            self._answers.unrecorded(entry, "unavailable")
            return
        kept = only_read(entry.packet)
        record = SpooledRecord(entry.received_at, entry.nas_id, in_doubt, kept)
        spool.put(record, entry)


class SetAside:
    """What was set aside lately: so many are remembered, so many an hour are stored."""

    def __init__(self) -> None:
        self._known: OrderedDict[Hashable, None] = OrderedDict()
        self._hour_began: datetime | None = None
        self._stored = 0

    def knows(self, fingerprint: Hashable) -> bool:
        """Whether this was set aside before."""
        return bool(self._known) and fingerprint in self._known

    def has_room(self, fingerprint: Hashable, now: datetime) -> bool:
        """Whether its packet should be stored: not yet, and few were in this hour."""
        if self._hour_began is None or now - self._hour_began >= timedelta(hours=1):
            self._hour_began, self._stored = now, 0
        return fingerprint not in self._known and self._stored < _SET_ASIDE_AN_HOUR

    def remember(self, fingerprint: Hashable) -> None:
        """Remember that it was set aside, once that is durable."""
        if fingerprint in self._known:
            return
        self._stored += 1
        self._known[fingerprint] = None
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)


def _began(entry: Entry) -> float:
    began: float = entry.context.began
    return began


def _lasting(packet: bytes) -> bytes:
    """Return the attributes that are the same each time the NAS sends a record."""
    kept = b""
    at = MIN_PACKET_OCTETS
    while at < len(packet):
        end = at + packet[at + 1]
        if packet[at] not in _EACH_SENDING_ITS_OWN:
            kept += packet[at:end]
        at = end
    return kept


async def record_batch(connection: Connection, records: Sequence[Record]) -> None:
    """Record a batch sorted by session key."""
    if not records:
        return
    firsts, others = _firsts(records)
    refused = await connection.fetch(RECORD, [as_told(record) for record in firsts])
    if refused or others:
        keys = {row["session_key"] for row in refused}
        apart = [record for record in firsts if record.session_key in keys]
        async with connection.transaction():
            await record_apart(connection, [*apart, *others])


def _firsts(records: Sequence[Record]) -> tuple[Sequence[Record], list[Record]]:
    """Return the first record of each session, sorted as before, and the others."""
    if len({record[0] for record in records}) == len(records):
        return records, []
    groups = [in_order(group) for _, group in groupby(records, key=itemgetter(0))]
    return [group[0] for group in groups], [record for group in groups for record in group[1:]]


async def _close_sessions(connection: Connection, restart: Restart) -> None:
    await connection.execute(
        CLOSE_SESSIONS,
        restart.received_at,
        restart.nas_id,
        restart.nas_handle,
        restart.happened_at,
        restart.kind,
        _REBOOTED[Status(restart.kind)],
    )
