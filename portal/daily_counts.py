"""What the funnel counts, written as daily counts of each site, for the territory's evaluation.

Every few seconds and once more at the end: off the guest's way, one statement that adds, and one
that asks which of the visits handed back are online by now. A day is that of Europe/Paris when it
is written, so what came in the last seconds before midnight may count for the next day. While the
database is away nothing is lost but by a crash: a process that is killed loses its last seconds,
and a batch whose answer was lost in an outage may be added twice.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import date, datetime
from typing import Final

import structlog
from aiohttp import web

from portal.funnel import Counted, Funnel
from portal.records import AWAY, Pool
from territory.rules.quotas import day_of

EVERY_SECONDS: Final = 10.0
_TIMEOUT_SECONDS: Final = 5.0
_WRITE: Final = """
insert into live.daily_count as known (day, site_id, step, method, language, reason, visits)
select told.*
from unnest($1::date[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[])
    as told(day, site_id, step, method, language, reason, visits)
where exists (select from territory.site where site.id = told.site_id)
order by 1, 2, 3, 4, 5, 6
on conflict (day, site_id, step, method, language, reason) do update set
    visits = known.visits + excluded.visits
"""
_ONLINE: Final = """
select admission_id from live.admission_usage
where admission_id = any($1::uuid[]) and open_sessions > 0
"""

_log = structlog.get_logger()


class DailyCounts:
    """The counts that are not written yet, by day."""

    def __init__(self, funnel: Funnel, pool: Pool, now: Callable[[], datetime]) -> None:
        self._funnel = funnel
        self._pool = pool
        self._now = now
        self._waiting: Counter[tuple[date, Counted]] = Counter()

    async def flush(self) -> None:
        """Look who is online and write what was counted; an outage leaves it for the next time."""
        now = self._now()
        try:
            await self._look(now)
        finally:
            for counted, visits in self._funnel.take().items():
                self._waiting[day_of(now), counted] += visits
        await self._write()

    async def _look(self, now: datetime) -> None:
        awaited = self._funnel.awaited(now)
        if awaited:
            rows = await self._pool.fetch(_ONLINE, awaited, timeout=_TIMEOUT_SECONDS)
            for row in rows:
                self._funnel.online(row["admission_id"])

    async def _write(self) -> None:
        """Write what waits; nothing is asked of the database where nothing does."""
        if not self._waiting:
            return
        rows = [(day, *counted, visits) for (day, counted), visits in self._waiting.items()]
        await self._pool.execute(_WRITE, *zip(*rows, strict=True), timeout=_TIMEOUT_SECONDS)
        self._waiting.clear()

    async def run(self) -> None:
        """Write every few seconds until cancelled."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            await self.try_flush()

    async def try_flush(self) -> None:
        """Write; say where that cannot be."""
        try:
            await self.flush()
        except AWAY as fault:
            _log.warning("daily_counts.wait", cause=type(fault).__name__)


def keep_counting(counts: DailyCounts) -> Callable[[web.Application], AsyncIterator[None]]:
    """Return what writes them as long as an application lives, and once when it ends."""

    async def context(_app: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(counts.run())
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await counts.try_flush()

    return context
