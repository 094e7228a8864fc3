"""Closes sessions whose NAS went silent, so that nobody's list shows what has long been gone.

Beside the hot path: each minute, one of the running servers looks for open sessions that are not
live any more (`live.open_session`, territory/rules/session.py) and concludes that they ended when
they were last shown alive. Each leaves an event of kind -1 in the evidence: closed by us, which no
Acct-Status-Type is. Nothing waits for it: whoever asks who is online compares `live_until`, so a
row that was not swept yet, or never will be while the database is away, keeps nobody out. A record
that shows such a session alive after all opens it again.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
import structlog

from radius.days import Days
from radius.outages import AWAY, Outage
from territory.clock import Clock
from territory.database.locks import Lock
from territory.rules.session import LOST_SERVICE, MARGIN_SECONDS, SILENCE

_LOOK_SECONDS: Final = 60.0
_BATCH: Final = 500

REPORTING: Final = """
select distinct nas_id from live.session where ended_at is null and session_seconds > 0
"""
"""The NAS that tell how their sessions go on: asked once for a sweep, not for each session."""

CLOSE_SILENT: Final = f"""
with silent as (
    select session.session_key, session.last_seen_at
    from live.session session
    left join live.admission admission on admission.id = session.admission_id
    left join territory.site site on site.id = session.site_id
    left join territory.plan plan on plan.id = coalesce(admission.plan_id, site.plan_id)
    where session.ended_at is null and session.session_key > $3
        and session.last_seen_at <= $1::timestamptz - interval '{MARGIN_SECONDS} seconds'
        and live.live_until(session.session_seconds > 0 or session.nas_id = any($4::uuid[]),
            session.last_seen_at, session.started_at, plan.interim_seconds, admission.ends_at,
            plan.session_seconds) <= $1
    order by session.session_key limit $2
    for update of session skip locked
), closed as (
    update live.session session set terminate_cause = -{LOST_SERVICE},
        ended_at = least(session.last_seen_at,
            session.started_at + session.session_seconds * interval '1 second')
    from silent
    where session.session_key = silent.session_key
        and session.last_seen_at = silent.last_seen_at and session.ended_at is null
    returning session.*
), source_event as (
    insert into source.event (received_at, session_key, kind, nas_id, site_id, admission_id,
        user_name, device, address, address6, delay_seconds, session_seconds)
    select $1, session_key, {SILENCE}, nas_id, site_id, admission_id, user_name, device, address,
        address6, extract(epoch from $1::timestamptz - ended_at)::integer, session_seconds
    from closed
), traffic_event as (
    insert into traffic.event (received_at, session_key, kind, session_seconds, upload_octets,
        download_octets, terminate_cause)
    select $1, session_key, {SILENCE}, session_seconds, upload_octets, download_octets,
        terminate_cause
    from closed
)
select (select count(*) from closed) as closed, (select count(*) from silent) as found,
    (select session_key from silent order by session_key desc limit 1) as last
"""  # noqa: S608 - this module's own words and numbers
"""$1 now, $2 how many at most, $3 after which session, $4 the NAS that report.

Returns how many were closed and found, and the last; one heard of in between stays as it is."""

_FIRST: Final = UUID(int=0)
_TRY_LOCK: Final = "select pg_try_advisory_xact_lock($1)"

log = structlog.get_logger()


class StaleSessions:
    """The sweep, and how many it has closed."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._days = Days()
        self._outage = Outage("stale_sessions")
        self.closed = 0
        """Since this process started."""

    async def run(self) -> None:
        """Sweep each minute until cancelled; what could not be done is done a minute later."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                await self.sweep()
            except AWAY as fault:
                self._outage.lasts(fault)
            else:
                self._outage.is_over()

    async def sweep(self) -> int:
        """Close what is stale now, a bounded batch at a time; return how many sessions."""
        now, total, after = self._clock.now(), 0, _FIRST
        reporting = [row["nas_id"] for row in await self._pool.fetch(REPORTING)]
        while True:
            row = await self._close_some(now, after, reporting)
            if row is None:
                break
            total += row["closed"]
            if row["found"] < _BATCH:
                break
            after = row["last"]
        self.closed += total
        if total:
            log.info("sessions.closed_silent", sessions=total)
        return total

    async def _close_some(
        self, now: datetime, after: UUID, reporting: Sequence[UUID]
    ) -> asyncpg.Record | None:
        """Close a batch; None where another server sweeps."""
        async with self._pool.acquire() as connection:
            await self._days.ensure(connection, now.date())  # type: ignore[arg-type]
            async with connection.transaction():
                if not await connection.fetchval(_TRY_LOCK, Lock.SILENCE):
                    return None
                return await connection.fetchrow(CLOSE_SILENT, now, _BATCH, after, reporting)
