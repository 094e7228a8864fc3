"""How each site is, kept every five minutes by the wall clock; and what is old, purged.

The dashboard draws a day and a week from these rows, so that it never reads the evidence of changes
for it. A sample that cannot be written is not written later: the gap is what happened.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from supervision.records import Sample, open_sessions, purge, record_samples
from supervision.schedule import next_multiple
from territory.clock import Clock
from territory.errors import Unavailable

EVERY = timedelta(minutes=5)

log = structlog.get_logger()


async def keep_samples(
    engine: AsyncEngine, look: Callable[[], Sequence[Sample]], clock: Clock
) -> None:
    """Keep what `look` tells at each multiple of five minutes, until cancelled."""
    while True:
        now = clock.now()
        at = next_multiple(now, EVERY)
        await asyncio.sleep((at - now).total_seconds())
        try:
            await sample(engine, look(), at)
        except Unavailable as fault:
            log.warning("samples_not_kept", cause=str(fault))


async def sample(engine: AsyncEngine, sites: Sequence[Sample], at: datetime) -> None:
    """Keep how each site is at an instant, with its open sessions, and purge.

    Raises:
        Unavailable: the database does not answer.
    """
    counts = await open_sessions(engine)
    counted = [replace(each, open_sessions=counts.get(each.site_id, 0)) for each in sites]
    await record_samples(engine, counted, at)
    await purge(engine, at)
