"""Supervision's process: rounds over the fleet, and what it says of itself.

A round (`rounds.py`) looks at each piece of equipment at its own moment of the interval, and keeps
the findings, written together every second. Health lives in the database; this process only
remembers the last few readings, and starts from the kept state when it is started again.
Where it fails: the database away, rounds go on and findings wait; no right to send pings, RADIUS
alone tells; our own network silent, silence proves nothing. All are said at /healthz, in /metrics,
and once in the log. Beside the rounds run the controllers' (`controllers/rounds.py`), the samples
of the sites (`sampling.py`); where this machine ends the sites' tunnels, the hub (`tunnel.py`); and
where somebody is named to be told, the alerts (`alerts/rounds.py`). Of several supervisions, one
is at work, and the others stand by (`turn.py`).
"""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from supervision.alerts.rounds import LONGEST_INTERVAL_SECONDS, LOOKS_AN_INTERVAL, start_alerts
from supervision.controllers.poller import Controllers
from supervision.controllers.rounds import ControllerRounds
from supervision.landmarks import Landmarks
from supervision.metrics import Metrics
from supervision.outside import Outside, OutsideMeasures
from supervision.poll import LONGEST_TIMEOUT_SECONDS, Pinger
from supervision.records import ask_database
from supervision.rounds import Rounds, no_tunnel
from supervision.sampling import keep_samples
from supervision.snmp.poller import LONGEST_TIMEOUT_SECONDS as LONGEST_SNMP_TIMEOUT_SECONDS
from supervision.snmp.poller import Poller
from supervision.synthetic.measures import LogInMeasures
from supervision.synthetic.watch import SyntheticGuests
from supervision.tunnel import Hub
from supervision.turn import Turn
from supervision.watch import Askers, Watch
from territory.clock import Clock
from territory.database.connect import open_engine
from territory.keyring import Keyring
from territory.settings import Settings
from territory.web.health import start_health

AGAIN_SECONDS = 60.0
"""After a fault that nobody foresaw, of what runs beside the rounds."""

log = structlog.get_logger()


def collect_seldom() -> None:
    """Have Python look for unreachable rings less often.

    What is kept of ten thousand access points lives for hours and holds no rings; at the usual
    thresholds walking all of it took a third of the polls' time (tests/benchmarks/polling_speed).
    """
    gc.set_threshold(50_000, 20, 50)


async def run(settings: Settings, keyring: Keyring, clock: Clock) -> None:
    """Watch the fleet of `settings.database.url` until cancelled."""
    assert settings.database.url  # noqa: S101 - the command gives every component its address
    collect_seldom()
    seconds = settings.supervision.interval_seconds
    engine = open_engine(settings.database.url)
    pinger = Pinger(clock, min(LONGEST_TIMEOUT_SECONDS, seconds / 6))
    metrics = Metrics()
    poller = Poller(keyring, clock, min(LONGEST_SNMP_TIMEOUT_SECONDS, seconds / 12))
    controllers = Controllers(clock)
    metrics.registry.text = lambda open_metrics: (
        metrics.equipment + poller.page(open_metrics, controllers.told())
    )
    metrics.show_pool(engine.pool)
    landmarks = Landmarks(pinger, clock, settings.supervision.landmarks, seconds)
    checks = {
        "database": lambda: ask_database(engine),
        "ping": pinger.check,
        "network": landmarks.works,
    }
    hub = None
    if settings.tunnel.private_key_file is not None:
        hub = Hub(engine, keyring, clock, settings.tunnel, metrics)
        checks["tunnel"] = hub.check
    askers = Askers(pinger, poller, landmarks, controllers)
    tunnels = hub.link if hub else no_tunnel
    rounds = Rounds(engine, Watch(askers, clock, metrics), tunnels, timedelta(seconds=seconds))
    alerts = start_alerts(engine, settings, clock, metrics)
    outside = Outside(settings.portal.public_url, clock, OutsideMeasures(metrics.registry))
    checks["portal"] = outside.works
    measures = LogInMeasures(metrics.registry)
    guests = SyntheticGuests(engine, settings, keyring, clock, measures)
    port = settings.metrics.supervision_port
    health = await start_health(settings.metrics.host, port, metrics.registry, checks)
    turn = Turn(engine)
    try:
        await turn.comes(seconds)
        log.info("supervision_started", interval_seconds=seconds)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(turn.lasts())
            if hub is not None:
                tasks.create_task(hub.run())
            if alerts is not None:
                tasks.create_task(
                    alerts.run(min(seconds / LOOKS_AN_INTERVAL, LONGEST_INTERVAL_SECONDS))
                )
            tasks.create_task(apart("outside", lambda: outside.run(seconds)))
            tasks.create_task(apart("log_ins", guests.run))
            tasks.create_task(_watch(rounds, seconds))
            tasks.create_task(
                ControllerRounds(engine, keyring, controllers, metrics, seconds).run()
            )
            tasks.create_task(keep_samples(engine, rounds.samples, clock))
    finally:
        await health.cleanup()
        await pinger.close()
        await turn.ends()
        await engine.dispose()


async def apart(part: str, work: Callable[[], Awaitable[None]]) -> None:
    """Do what only looks at the base itself: what nobody foresaw of it is logged and begun again
    later, and never ends the rounds over the fleet."""
    while True:
        try:
            return await work()
        except Exception:
            log.exception("supervision_part_failed", part=part)
        await asyncio.sleep(AGAIN_SECONDS)


async def _watch(rounds: Rounds, seconds: float) -> None:
    """Carry out a round every so many seconds, until cancelled."""
    while True:
        async with asyncio.TaskGroup() as group:
            group.create_task(rounds.once())
            group.create_task(asyncio.sleep(seconds))
