"""What the portal last saw of each gateway: a redirect that it believed, or one that it did not.

For who asks why a site's phones find no page (`territory/site_test`). Noted in memory and written
every few seconds, so that a first page costs no query; what an outage loses is a sighting, and the
next redirect is one as well.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import structlog
from aiohttp import web

from portal.records import AWAY, Pool

_FLUSH_SECONDS: Final = 3.0
_WRITE: Final = """
insert into live.gateway_seen as known (gateway_id, arrived_at, refused_at, refusal)
select gateway.id, seen.arrived_at, seen.refused_at, seen.refusal
from unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::text[])
    as seen(code, arrived_at, refused_at, refusal)
join territory.gateway using (code)
order by gateway.id
on conflict (gateway_id) do update set
    arrived_at = greatest(known.arrived_at, excluded.arrived_at),
    refused_at = greatest(known.refused_at, excluded.refused_at),
    refusal = coalesce(excluded.refusal, known.refusal)
"""

_log = structlog.get_logger()


@dataclass(slots=True)
class _Seen:
    arrived_at: datetime | None = None
    refused_at: datetime | None = None
    refusal: str | None = None


@dataclass(slots=True)
class GatewaySightings:
    """The sightings that are not yet written, at most one for each gateway."""

    _seen: dict[str, _Seen] = field(default_factory=dict)

    def believed(self, gateway: str, now: datetime) -> None:
        """Note a redirect of a gateway, by its code, that was believed."""
        self._seen.setdefault(gateway, _Seen()).arrived_at = now

    def refused(self, gateway: str, now: datetime, reason: str) -> None:
        """Note one that was not, and the word for why: `bad-signature`, `stale`..."""
        seen = self._seen.setdefault(gateway, _Seen())
        seen.refused_at, seen.refusal = now, reason

    async def flush(self, pool: Pool) -> None:
        """Write what was noted; nothing is asked of the database where nothing was."""
        if not self._seen:
            return
        seen, self._seen = self._seen, {}
        rows = [(each.arrived_at, each.refused_at, each.refusal) for each in seen.values()]
        try:
            await pool.execute(_WRITE, list(seen), *zip(*rows, strict=True), timeout=_FLUSH_SECONDS)
        except AWAY as fault:
            _log.warning("gateway_sightings.lost", cause=type(fault).__name__)

    async def run(self, pool: Pool) -> None:
        """Write every few seconds until cancelled."""
        while True:
            await asyncio.sleep(_FLUSH_SECONDS)
            await self.flush(pool)


def keep_writing(
    sightings: GatewaySightings, pool: Pool
) -> Callable[[web.Application], AsyncIterator[None]]:
    """Return what writes them as long as an application lives."""

    async def context(_app: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(sightings.run(pool))
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    return context
