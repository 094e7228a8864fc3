"""Supervision's process: rounds over the fleet, and what it says of itself.

A round loads the fleet, looks at each piece of equipment at its own moment of the interval, and
keeps the findings, written together every second. Health lives in the database; this process only
remembers the last few readings, and starts from the kept state when it is started again.
Where it fails: the database away, findings wait and the next round tries again; no right to send
pings, RADIUS alone tells. Both are said at /healthz, in /metrics, and once in the log. Where this
machine ends the sites' tunnels, the hub (`tunnel.py`) runs beside the rounds.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from supervision.fleet import (
    Equipment,
    Finding,
    Kind,
    ask_database,
    forget_strangers,
    load_fleet,
    record_findings,
)
from supervision.health import State
from supervision.metrics import Metrics
from supervision.poll import LONGEST_TIMEOUT_SECONDS, Pinger, PingNotAllowed
from supervision.schedule import moment, span
from supervision.tunnel import Hub
from supervision.watch import Key, Watch, routers
from territory.clock import Clock
from territory.database.connect import open_engine
from territory.errors import Unavailable
from territory.keyring import Keyring
from territory.settings import Settings
from territory.web.health import start_health

WRITE_SECONDS = 1.0

log = structlog.get_logger()


async def run(settings: Settings, keyring: Keyring, clock: Clock) -> None:
    """Watch the fleet of `settings.database.url` until cancelled."""
    assert settings.database.url  # noqa: S101 - the command gives every component its address
    seconds = settings.supervision.interval_seconds
    engine = open_engine(settings.database.url)
    pinger = Pinger(clock, min(LONGEST_TIMEOUT_SECONDS, seconds / 6))
    metrics = Metrics()
    rounds = Rounds(engine, pinger, clock, metrics, timedelta(seconds=seconds))
    checks = {"database": lambda: ask_database(engine), "ping": pinger.check}
    hub = None
    if settings.tunnel.private_key_file is not None:
        hub = Hub(engine, keyring, clock, settings.tunnel, metrics)
        checks["tunnel"] = hub.check
    port = settings.metrics.supervision_port
    health = await start_health(settings.metrics.host, port, metrics.registry, checks)
    log.info("supervision_started", interval_seconds=seconds)
    try:
        async with asyncio.TaskGroup() as tasks:
            if hub is not None:
                tasks.create_task(hub.run())
            tasks.create_task(_watch(rounds, seconds))
    finally:
        await health.cleanup()
        await pinger.close()
        await engine.dispose()


async def _watch(rounds: "Rounds", seconds: float) -> None:
    """Carry out a round every so many seconds, until cancelled."""
    while True:
        async with asyncio.TaskGroup() as group:
            group.create_task(rounds.once())
            group.create_task(asyncio.sleep(seconds))


class Rounds:
    """Carries out rounds one after another, and holds the findings not yet written."""

    def __init__(
        self,
        engine: AsyncEngine,
        pinger: Pinger,
        clock: Clock,
        metrics: Metrics,
        interval: timedelta,
    ) -> None:
        self._engine = engine
        self._pinger = pinger
        self._clock = clock
        self._metrics = metrics
        self._watch = Watch(pinger, clock, metrics)
        self._room = span(interval, timedelta(seconds=pinger.longest_poll_seconds))
        self._unwritten: dict[Key, Finding] = {}
        self._states: dict[Key, State] = {}
        self._failing: set[str] = set()

    async def once(self) -> None:
        """One round over the whole fleet; without the database there is none."""
        began = asyncio.get_running_loop().time()
        try:
            await forget_strangers(self._engine)
            fleet = await load_fleet(self._engine, self._clock.now())
        except Unavailable as fault:
            self._note("database", fault)
            return
        self._note("database", None)
        await self._try_pings()
        self._watch.forget_gone(fleet)
        await self._look_at(fleet)
        states = [(each.site_code, each.kind, self._states.get(each.key)) for each in fleet]
        self._metrics.show(states)
        duration = asyncio.get_running_loop().time() - began
        self._metrics.count_round(self._clock.now(), duration)
        log.info("fleet_polled", pieces=len(fleet), seconds=round(duration, 3))

    async def _look_at(self, fleet: tuple[Equipment, ...]) -> None:
        self._states = {each.key: each.standing.state for each in fleet if each.standing}
        ways_out, done = routers(fleet), asyncio.Event()
        async with asyncio.TaskGroup() as writing:
            writing.create_task(self._write_until(done))
            async with asyncio.TaskGroup() as polls:
                for each in fleet:
                    router = None if each.kind is Kind.NAS else ways_out.get(each.site_code)
                    polls.create_task(self._look(each, router))
            done.set()

    async def _look(self, equipment: Equipment, router: State | None) -> None:
        await asyncio.sleep(moment(equipment.id, self._room).total_seconds())
        finding = await self._watch.look(equipment, router)
        if finding:
            self._unwritten[equipment.key] = finding
            self._states[equipment.key] = finding.verdict.state

    async def _write_until(self, done: asyncio.Event) -> None:
        while not done.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), WRITE_SECONDS)
            await self._write()

    async def _write(self) -> None:
        findings, self._unwritten = self._unwritten, {}
        try:
            if findings:
                await record_findings(self._engine, tuple(findings.values()))
        except Unavailable as fault:
            self._note("database", fault)
            self._unwritten = findings | self._unwritten  # a newer finding replaces an older one

    async def _try_pings(self) -> None:
        try:
            await self._pinger.check()
        except PingNotAllowed as fault:
            self._note("ping", fault)
        else:
            self._note("ping", None)

    def _note(self, what: str, fault: Unavailable | None) -> None:
        """Count a failure, and log it only when it begins and when it ends."""
        self._metrics.show_failure(what, fault is not None)
        if fault is not None and what not in self._failing:
            self._failing.add(what)
            log.warning("supervision_hindered", by=what, cause=str(fault))
        elif fault is None and what in self._failing:
            self._failing.remove(what)
            log.info("supervision_no_longer_hindered", by=what)
