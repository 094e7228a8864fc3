"""Has each site's synthetic guest log in, at its own moment of every interval (shell).

    probes loaded, made where missing -> moment -> place open? -> log in -> measured, kept
                                                                     |
                                               failed: once more, soon, so that one lost
                                               datagram is no alert and a fault is told early

What fails one after another, whatever the site, is the base's fault (`streak.py`). A failure counts
until the site should have been tried again, so a place that closes or is tried no more is not
`degraded` for ever. A few at once, so that a portal that hangs holds up no more than those. While
the database is away nobody can be let in anywhere, and that is said elsewhere: log-ins wait for it.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from simulation.synthetic_guest import LogIn, Trouble, log_in
from supervision.schedule import moment
from supervision.synthetic.errand import errand_of
from supervision.synthetic.measures import LogInMeasures
from supervision.synthetic.records import (
    FAILURES_TOLD,
    Probe,
    When,
    forget_probes,
    load_probes,
    record_visit,
)
from supervision.synthetic.streak import Streak
from territory.clock import Clock
from territory.errors import ConfigurationError, Unavailable
from territory.keyring import Keyring
from territory.settings import Settings

AT_ONCE = 8
"""Log-ins under way."""
AGAIN_SECONDS = 60.0
"""A log-in that failed is tried again after so long, or a quarter of the interval."""
KNOWN_SECONDS = 5.0
"""Until portal and RADIUS know a probe that was just made: they are told, and read it."""

log = structlog.get_logger()


async def try_log_in(probe: Probe, settings: Settings, keyring: Keyring, clock: Clock) -> LogIn:
    """Log in at a site.

    Raises:
        Unavailable: this machine cannot be the probe: its address is taken, or another's.
    """
    try:
        errand = await errand_of(probe, settings, keyring)
    except Unavailable as gone:
        return LogIn((), Trouble(error=str(gone)))
    try:
        return await log_in(errand, clock)
    except OSError as fault:
        told = f"supervision.probe_network: {probe.address} cannot be used: {fault.strerror}"
        raise Unavailable(told) from fault


class SyntheticGuests:
    """The synthetic guests of the territory, one after another and again."""

    def __init__(
        self,
        engine: AsyncEngine,
        settings: Settings,
        keyring: Keyring,
        clock: Clock,
        measures: LogInMeasures,
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._keyring = keyring
        self._clock = clock
        self._measures = measures
        self._interval = timedelta(minutes=settings.supervision.log_in_every_minutes)
        self._again = min(timedelta(seconds=AGAIN_SECONDS), self._interval / 4)
        self._room = asyncio.Semaphore(AT_ONCE)
        self._streak = Streak()
        self._sites = 0

    async def run(self) -> None:
        """Carry out a round each interval, until cancelled; where none is wanted, drop the probes
        of before."""
        while self._interval:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.once())
                group.create_task(asyncio.sleep(self._interval.total_seconds()))
        with suppress(Unavailable):
            await forget_probes(self._engine)

    async def once(self) -> None:
        """One log-in at each site that is open; without the database there is none."""
        try:
            network = self._settings.supervision.probe_network
            probes, made = await load_probes(self._engine, network)
            await forget_probes(self._engine, [probe.nas_id for probe in probes])
        except (Unavailable, ConfigurationError) as fault:
            log.warning("log_ins_hindered", cause=str(fault))
            return
        self._measures.keep({probe.nas_code for probe in probes})
        self._sites = len({probe.site_code for probe in probes})
        self._show_common()
        if made:
            await asyncio.sleep(min(KNOWN_SECONDS, self._interval.total_seconds() / 4))
        async with asyncio.TaskGroup() as group:
            for probe in probes:
                group.create_task(self._visit(probe))

    async def _visit(self, probe: Probe) -> None:
        """Log in at one site in its moment; a second time where the first fails."""
        await asyncio.sleep(moment(probe.nas_id, self._interval / 2).total_seconds())
        if not probe.is_open(self._clock.now()):
            self._measures.forget(probe.nas_code)
        elif not await self._log_in(probe):
            await asyncio.sleep(self._again.total_seconds())
            await self._log_in(probe)

    def _show_common(self) -> None:
        common = self._streak.is_common(self._sites, self._clock.now())
        self._measures.show_common(common)

    async def _log_in(self, probe: Probe) -> bool:
        """Log in, measure and keep it; return False where it did not come through. What hinders
        us ourselves is no failure of the site's."""
        async with self._room:
            began_at = self._clock.now()
            try:
                found = await try_log_in(probe, self._settings, self._keyring, self._clock)
                when = When(began_at, began_at + 2 * self._interval + self._again)
                failures = await record_visit(self._engine, probe, found, when)
            except Unavailable as ours:
                log.warning("log_in_hindered", nas=probe.nas_code, cause=str(ours))
                return True
        self._measures.count(found)
        self._streak.note(probe.site_code, when.counts_until, good=found.failed is None)
        self._show_common()
        self._measures.show(probe, works=failures < FAILURES_TOLD)
        if (failures > 0) != (probe.failures > 0):
            failed = found.failed
            log.info("log_in_changed", nas=probe.nas_code, site=probe.site_code, failed=failed)
        return found.failed is None
