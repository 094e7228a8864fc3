"""Runs the intake beside the archive's keeper, in retention's process; off where no port is named.

What takes datagrams has four megabytes of the kernel for each port: the keeper, whose heavy work is
in threads, may hold the loop for a moment.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, time
from typing import Final

import structlog
from prometheus_client import CollectorRegistry

from retention.intake.door import Door
from retention.intake.listeners import Listeners
from retention.intake.metrics import IntakeMetrics
from retention.intake.store import Store
from retention.intake.writer import Writer
from territory.clock import Clock
from territory.errors import Unavailable
from territory.settings.evidence import IntakeSettings

log = structlog.get_logger()

_REFRESH_SECONDS: Final = 30.0
_LOOK_SECONDS: Final = 300.0
_FINISH_SECONDS: Final = 10.0


class Intake:
    """The parts, while they run."""

    def __init__(
        self, settings: IntakeSettings, url: str, clock: Clock, registry: CollectorRegistry
    ) -> None:
        self.metrics = IntakeMetrics(registry)
        self.door = Door(
            clock,
            self.metrics,
            waiting=settings.waiting,
            a_second=settings.messages_a_second,
            a_day=settings.translations_a_day,
        )
        self.store = Store(url)
        self.listeners = Listeners(settings, self.door)
        self.writer = Writer(self.door, self.store, clock)
        self._clock = clock
        self._began_at = clock.now()
        self._is_resumed = False

    async def refresh(self) -> None:
        """Look again who may tell, and at the certificate; what cannot be read stays as it was."""
        self.listeners.look()
        try:
            self.door.know(await self.store.load_senders())
            await self._resume()  # a count that takes too long leaves nobody unheard
        except Unavailable as fault:
            log.warning("intake_not_refreshed", cause=type(fault).__name__)

    async def look(self) -> None:
        """Look which gateways told and do no more; what cannot be read stays as it was."""
        with suppress(Unavailable):
            self.metrics.show_silent(await self.store.load_silent(self._clock.now()))

    async def keep_looking(self) -> None:
        """Do so until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(_LOOK_SECONDS)

    async def _resume(self) -> None:
        """Take the day's count up where a process of before left it: a restart adds no ration."""
        if self._is_resumed:
            return
        midnight = datetime.combine(self._began_at.date(), time(), UTC)
        taken = await self.store.load_taken(midnight, self._began_at)
        self.door.resume(midnight.date(), taken)
        self._is_resumed = True

    async def keep_refreshed(self) -> None:
        """Do so until cancelled."""
        while True:
            await asyncio.sleep(_REFRESH_SECONDS)
            await self.refresh()

    async def close(self) -> None:
        """Write what waits, within a deadline, and give everything back."""
        try:
            async with asyncio.timeout(_FINISH_SECONDS):
                await self.writer.finish()
        except TimeoutError:
            self.metrics.drop("unwritten", self.door.rows.qsize())
            log.error("intake_lost", translations=self.door.rows.qsize())
        await self.store.close()

    async def is_well(self) -> bool:
        """Whether the database takes what is told."""
        return not self.writer.is_failing


@asynccontextmanager
async def taking_in(
    settings: IntakeSettings, url: str, clock: Clock, registry: CollectorRegistry
) -> AsyncIterator[Intake]:
    """Take in what gateways tell while the block lasts.

    Raises:
        ConfigurationError: a port or a file of the settings cannot be used.
    """
    intake = Intake(settings, url, clock, registry)
    if not settings.is_on:
        yield intake
        return
    await intake.refresh()
    await intake.listeners.open()
    log.info("intake_started", ports=intake.listeners.ports)
    try:
        async with asyncio.TaskGroup() as tasks:
            working = [
                tasks.create_task(intake.writer.run()),
                tasks.create_task(intake.keep_refreshed()),
                tasks.create_task(intake.keep_looking()),
            ]
            try:
                yield intake
            finally:
                await intake.listeners.close()
                for task in working:
                    task.cancel()
                await asyncio.gather(*working, return_exceptions=True)
                await intake.close()
    except BaseExceptionGroup as faults:  # what the block raises is told as it is
        if len(faults.exceptions) > 1:
            raise
        raise faults.exceptions[0] from None
