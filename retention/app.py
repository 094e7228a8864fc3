"""Retention's process: seals what is due, purges what has ended, and says how the archive stands;
beside that, where its ports are named, it takes in what gateways tell of their NAT (intake/).

Each task stands for itself: where sealing fails (database away, disk full, fewer than two
custodians), purging goes on, and the reverse; what failed is tried again at the next interval, said
at /healthz and in /metrics, and logged when it begins and when it ends.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import structlog

from retention import standing
from retention.ending import purge
from retention.intake.service import taking_in
from retention.manifests.head_mail import mail_head
from retention.metrics import TASKS, Metrics
from retention.sealing import archive
from retention.sealing.archive import Places
from retention.sealing.clock_guard import ClockGuard
from territory.clock import Clock
from territory.errors import ConfigurationError, Unavailable
from territory.keyring import Keyring
from territory.messages.mail import Mailer
from territory.settings import Settings
from territory.web.health import start_health

log = structlog.get_logger()


async def run(settings: Settings, keyring: Keyring, clock: Clock) -> None:
    """Keep the archive of `settings` until cancelled."""
    assert settings.database.url  # noqa: S101 - the command gives every component its address
    guard = ClockGuard.NONE if settings.demo else ClockGuard.FULL
    places = replace(Places.of(settings), keyring=keyring)
    keeper = Keeper(settings.database.url, places, clock, guard)
    if settings.mail.is_on and settings.archive.head_mailed_every_days:
        keeper.post = Post(Mailer(settings.mail), settings.archive.head_mailed_every_days)
    registry = keeper.metrics.registry
    async with taking_in(settings.retention.intake, settings.database.url, clock, registry) as told:
        health = await start_health(
            settings.metrics.host,
            settings.metrics.retention_port,
            registry,
            {**{task: keeper.check(task) for task in TASKS}, "intake": told.is_well},
        )
        log.info("retention_started", interval_seconds=settings.retention.interval_seconds)
        try:
            while True:
                await keeper.once()
                await asyncio.sleep(settings.retention.interval_seconds)
        finally:
            await health.cleanup()


@dataclass(frozen=True, slots=True)
class Post:
    """How the custodians are written to."""

    mailer: Mailer
    every_days: int
    """At most once in so many."""


class Keeper:
    """Carries out the three tasks, one after another, and remembers which do not succeed."""

    def __init__(self, url: str, places: Places, clock: Clock, guard: ClockGuard) -> None:
        self._url = url
        self._places = places
        self._clock = clock
        self._guard = guard
        self._failing: set[str] = set()
        self.metrics = Metrics()
        self.post: Post | None = None

    async def once(self) -> None:
        """Purge, seal, look: what has ended never waits for a backlog of days to seal."""
        await self._try("purge", self._purge)
        await self._try("seal", self._seal)
        await self._try("look", self._look)
        await self._tell_head()

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
        law, told = await standing.ask_database(self._url, self._places, now)
        found = await asyncio.to_thread(standing.look, self._places, law, now, told)
        self.metrics.show(found, now)

    async def _tell_head(self) -> None:
        """Mail the head where it is due; what is not sent now is at the next interval."""
        if not self.post:
            return
        now, every = self._clock.now(), self.post.every_days
        try:
            await mail_head(self._url, self._places, self.post.mailer, every, now)
        except (Unavailable, OSError) as fault:
            log.warning("archive_head_not_mailed", cause=str(fault))

    async def _try(self, task: str, work: Callable[[], Awaitable[None]]) -> None:
        began = asyncio.get_running_loop().time()
        try:
            await work()
        except (Unavailable, ConfigurationError, OSError) as fault:
            if task not in self._failing:
                self._failing.add(task)
                log.error("retention_hindered", task=task, cause=str(fault))
        else:
            if task in self._failing:
                self._failing.remove(task)
                log.info("retention_no_longer_hindered", task=task)
        seconds = asyncio.get_running_loop().time() - began
        self.metrics.show_run(task, task in self._failing, seconds)
