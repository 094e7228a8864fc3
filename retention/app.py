"""Retention's process: seals what is due, purges what has ended, and says how the archive stands.

Each task stands for itself: where sealing fails (database away, disk full, fewer than two
custodians), purging goes on, and the reverse; what failed is tried again at the next interval, said
at /healthz and in /metrics, and logged when it begins and when it ends.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from retention import archive, purge, standing
from retention.archive import Places
from retention.clock_guard import ClockGuard
from retention.metrics import TASKS, Metrics
from territory.clock import Clock
from territory.errors import ConfigurationError, Unavailable
from territory.keyring import Keyring
from territory.law.durations import load_law
from territory.settings import Settings
from territory.web.health import start_health

log = structlog.get_logger()


async def run(settings: Settings, keyring: Keyring, clock: Clock) -> None:
    """Keep the archive of `settings` until cancelled."""
    del keyring  # every component gets one; what is sealed here is sealed to others' keys
    assert settings.database.url  # noqa: S101 - the command gives every component its address
    guard = ClockGuard.NONE if settings.demo else ClockGuard.FULL
    keeper = Keeper(settings.database.url, Places.of(settings), clock, guard)
    health = await start_health(
        settings.metrics.host,
        settings.metrics.retention_port,
        keeper.metrics.registry,
        {task: keeper.check(task) for task in TASKS},
    )
    log.info("retention_started", interval_seconds=settings.retention.interval_seconds)
    try:
        while True:
            await keeper.once()
            await asyncio.sleep(settings.retention.interval_seconds)
    finally:
        await health.cleanup()


class Keeper:
    """Carries out the three tasks, one after another, and remembers which do not succeed."""

    def __init__(self, url: str, places: Places, clock: Clock, guard: ClockGuard) -> None:
        self._url = url
        self._places = places
        self._clock = clock
        self._guard = guard
        self._failing: set[str] = set()
        self.metrics = Metrics()

    async def once(self) -> None:
        """Purge, seal, look: what has ended never waits for a backlog of days to seal."""
        await self._try("purge", self._purge)
        await self._try("seal", self._seal)
        await self._try("look", self._look)

    def check(self, task: str) -> Callable[[], Awaitable[bool]]:
        """Return the health check of one task."""

        async def succeeds() -> bool:
            return task not in self._failing

        return succeeds

    async def _seal(self) -> None:
        await archive.run(self._url, self._places, self._clock.now(), guard=self._guard)

    async def _purge(self) -> None:
        await purge.purge(self._url, self._places, self._clock.now(), guard=self._guard)

    async def _look(self) -> None:
        now = self._clock.now()
        law = load_law(self._places.law)
        first = await archive.first_unsealed_day(self._url, self._places)
        found = await asyncio.to_thread(standing.look, self._places, law, now, first)
        self.metrics.show(found, now)

    async def _try(self, task: str, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except (Unavailable, ConfigurationError) as fault:
            if task not in self._failing:
                self._failing.add(task)
                log.error("retention_hindered", task=task, cause=str(fault))
        else:
            if task in self._failing:
                self._failing.remove(task)
                log.info("retention_no_longer_hindered", task=task)
        self.metrics.show_failing(task, task in self._failing)
