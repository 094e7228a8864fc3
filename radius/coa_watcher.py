"""Looks after sessions that are open already: whose time, quota or hours are over, or plan changed.

Every five seconds, less often where there is much, one of the RADIUS servers (an advisory lock says
which) reads the open sessions that may have to end, decides (`coa_watch.py`), and writes commands,
which whichever server works off (`coa.py`). Running it twice asks nothing twice: what was asked is
read with the sessions. When a plan changes, the sessions that use it are told, a hundred at a time,
so that a change of the biggest plan is no storm; a plan changed while no server ran is told by each
session's next log-in.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

import asyncpg
import structlog

from radius.coa_sessions import amounts_of
from radius.coa_statements import ASK, IN_USE, OF_PLANS, WATCHED
from radius.coa_watch import Due, Reason, Watched, due, has_closed
from radius.dialects import DIALECTS
from radius.nas_directory import NasDirectory
from radius.outages import AWAY, Outage
from radius.rights import Plan
from radius.rulebook import NO_RULES, Row, Rulebook
from territory.clock import Clock
from territory.database.commands import ANSWER_SECONDS, Kind
from territory.database.locks import Lock

EVERY_SECONDS: Final = 5.0
_SHARE: Final = 20
"""A look that takes long is followed by so many times its length of rest: a twentieth at most."""
_LOOK_BACK: Final = timedelta(seconds=30)
"""Reports are looked at again for so long: a batch may be committed after it was received."""
_JUDGED_AT_MOST: Final = 2_000
_CHANGED_AT_MOST: Final = 100
_TRY_LOCK: Final = "select pg_try_advisory_lock($1)"
_FIRST: Final = UUID(int=0)

_TAKE_CHANGES: Final = [brand for brand, dialect in DIALECTS.items() if dialect.changes]

if TYPE_CHECKING:
    Connection = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]

log = structlog.get_logger()


class Watcher:
    """Writes the commands that time and reports call for."""

    def __init__(
        self, pool: "asyncpg.Pool[asyncpg.Record]", directory: NasDirectory, clock: Clock
    ) -> None:
        self._pool = pool
        self._directory = directory
        self._clock = clock
        self._outage = Outage("coa_watcher")
        self._plans: Mapping[UUID, Plan] = {}
        self._rules: Rulebook = NO_RULES
        self._changed: dict[UUID, None] = {}
        self._after = _FIRST
        self._reported_since: datetime | None = None

    async def run(self) -> None:
        """Watch until cancelled; another server may be doing it."""
        while True:
            try:
                async with self._pool.acquire() as connection:
                    await self._watch(connection)
            except AWAY as fault:
                self._outage.lasts(fault)
            await asyncio.sleep(EVERY_SECONDS)

    async def _watch(self, connection: "Connection") -> None:
        """Look again and again; the lock is the connection's, and ends with it."""
        time = asyncio.get_running_loop().time
        while True:
            began = time()
            if await connection.fetchval(_TRY_LOCK, Lock.WATCH):
                await self.look(connection)
            else:
                self._forget_changes()
            self._outage.is_over()
            await asyncio.sleep(max(EVERY_SECONDS, _SHARE * (time() - began)))

    async def look(self, connection: "Connection") -> None:
        """Write a command for each session that must end or change now."""
        self._note_changes()
        now = self._clock.now()
        found = await self._ends(connection, now)
        found += await self._changes(connection)
        if not found:
            return
        deadline = now + timedelta(seconds=ANSWER_SECONDS)
        await connection.execute(
            ASK,
            [uuid4() for _ in found],
            [each.kind.value for each in found],
            [json.dumps(_payload(each)) for each in found],
            [each.reason.value for each in found],
            now,
            deadline,
        )
        log.info("coa_watcher.asked", **_counted(found))

    async def _ends(self, connection: "Connection", now: datetime) -> list[Due]:
        since = self._reported_since or datetime.min.replace(tzinfo=now.tzinfo)
        closed = [
            (row["plan_id"], row["site_id"])
            for row in await connection.fetch(IN_USE)
            if (hours := self._rules.hours_of(row["plan_id"], row["site_id"]))
            and has_closed(hours, now)
        ]
        plans, sites = [plan for plan, _ in closed], [site for _, site in closed]
        rows = await connection.fetch(WATCHED, now, since, plans, sites, _JUDGED_AT_MOST)
        self._reported_since = _judged_until(rows, now)
        judged = (
            due(
                _watched(row),
                self._rules.limits_of(row["plan_id"]),
                self._rules.hours_of(row["plan_id"], row["site_id"]),
                now,
            )
            for row in rows
        )
        return [each for each in judged if each is not None]

    async def _changes(self, connection: "Connection") -> list[Due]:
        """Return the next sessions of plans that have changed."""
        if not self._changed:
            return []
        rows = await connection.fetch(
            OF_PLANS, list(self._changed), _TAKE_CHANGES, self._after, _CHANGED_AT_MOST
        )
        if len(rows) < _CHANGED_AT_MOST:
            self._changed.clear()
            self._after = _FIRST
        else:
            self._after = rows[-1]["session_key"]
        return [Due(row["session_key"], Kind.COA, Reason.PLAN) for row in rows]

    def _forget_changes(self) -> None:
        """Leave them to the server that watches."""
        self._note_changes()
        self._changed.clear()

    def _note_changes(self) -> None:
        """Note which plans have changed since the last look."""
        plans, rules = self._directory.plans, self._directory.house.book
        if plans is self._plans and rules is self._rules:
            return
        for plan_id, plan in plans.items():
            known = self._plans.get(plan_id)
            limits_differ = rules.limits_of(plan_id) != self._rules.limits_of(plan_id)
            if known is not None and (known != plan or limits_differ):
                self._changed[plan_id] = None
                self._after = _FIRST
        self._plans, self._rules = plans, rules


def _judged_until(rows: Sequence[Row], now: datetime) -> datetime:
    """Return since when reports are still to be judged, after these rows of the longest silent."""
    until = now - _LOOK_BACK
    if len(rows) < _JUDGED_AT_MOST:
        return until
    last: datetime = rows[-1]["last_seen_at"]
    return min(until, last)


def _watched(row: Row) -> Watched:
    return Watched(
        key=row["session_key"],
        ends_at=row["ends_at"],
        revoked_at=row["revoked_at"],
        is_blocked=row["is_blocked"],
        octets_left=None if row["octets_left"] is None else max(0, row["octets_left"]),
        used=amounts_of(row),
        last_seen_at=row["last_seen_at"],
        disconnect_asked_at=row["disconnect_asked_at"],
        slow_asked_at=row["slow_asked_at"],
        earlier_devices=row["earlier_devices"],
    )


def _payload(each: Due) -> dict[str, Any]:
    if each.kind is Kind.DISCONNECT:
        return {"session_key": str(each.key)}
    return {"session_key": str(each.key), "or_disconnect": each.reason is Reason.SLOW}


def _counted(found: Sequence[Due]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for each in found:
        word = each.reason.value.removeprefix("watch.")
        counts[word] = counts.get(word, 0) + 1
    return counts
