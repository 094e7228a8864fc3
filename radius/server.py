"""The RADIUS server as a process: its ports, its ledger, its measures.

Run by `socle serve radius`, on uvloop or the standard loop. It may start while the database is
away: it then answers nothing until it has read which NAS may speak, and says so.
"""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Final

import asyncpg
import structlog
from prometheus_client import CollectorRegistry

from radius.coa import Coa
from radius.counters import Counters
from radius.database import connector
from radius.exchange import ACCESS, ACCOUNTING, Exchange
from radius.exchange_log import ExchangeLog
from radius.forgetting import Forgetting
from radius.guest_days import GuestDays
from radius.memory import Memory
from radius.nas_directory import NasDirectory
from radius.protocol.attributes import attributes
from radius.radsec import RadsecServer
from radius.requests import Surroundings
from radius.sightings import Sightings
from radius.sockets import UdpPort
from radius.spool import Spool, SpoolLimits
from radius.spool_replay import Replaying, SpoolReplay, spool_gauges
from radius.stale_sessions import StaleSessions
from territory.clock import Clock
from territory.errors import ConfigurationError, Fault, Unavailable
from territory.keyring import Keyring
from territory.settings import Settings
from territory.web.health import start_health

_SIDE_CONNECTIONS: Final = 10
"""For what is beside the hot path: commands, sightings, the watch over open sessions."""
_STATEMENT_SECONDS: Final = 10.0
_GARBAGE_THRESHOLD: Final = 50_000
"""Objects between two collections: a packet's are freed by their counts, cycles are rare."""

log = structlog.get_logger()


async def run(settings: Settings, keyring: Keyring, clock: Clock) -> None:
    """Serve RADIUS until cancelled, then leave nothing unlogged.

    Raises:
        ConfigurationError: no database is named, or a port cannot be had.
    """
    server = Server(settings, keyring, clock)
    attributes()  # compiled now, so that no first Accept waits for it
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE_THRESHOLD, 50, 50)
    async with server.running():
        log.info(
            "radius.serving",
            authentication_port=server.port(ACCESS),
            accounting_port=server.port(ACCOUNTING),
        )
        await asyncio.get_running_loop().create_future()


class Server:
    """Everything a RADIUS server is made of, on one database."""

    def __init__(self, settings: Settings, keyring: Keyring, clock: Clock) -> None:
        if settings.database.url is None:
            raise ConfigurationError([Fault("database.url", "expected the database's address")])
        url = settings.database.url
        self._settings = settings
        self._pool = asyncpg.create_pool(
            url, min_size=0, max_size=_SIDE_CONNECTIONS, command_timeout=_STATEMENT_SECONDS
        )
        self.counters = Counters()
        self.directory = NasDirectory(url, keyring, settings.portal.public_url)
        self.sightings = Sightings(self._pool, clock, self.directory.uses_next_secret)
        exchange_log = ExchangeLog(
            keyring.derive("radius log"), enabled=log.is_enabled_for(logging.DEBUG)
        )
        still = "Whether a NAS in a rotation of its secret still uses the old one."
        ahead = "How far the clock of a NAS is ahead of ours, by its last nine records."
        self.counters.known_nas = self.directory.codes
        self.counters.by_nas |= {
            "old_secret_in_use": (still, self.directory.old_secrets),
            "nas_clock_offset_seconds": (
                ahead,
                lambda: self.directory.by_code(self.sightings.clocks.all()),
            ),
        }
        delay = settings.radius.reject_delay_seconds
        memory = Memory(timedelta(hours=settings.radius.admit_from_memory_hours))
        self.forgetting = Forgetting(self._pool, memory, clock)
        surroundings = Surroundings(
            clock, self.counters, self.sightings, exchange_log, delay, memory
        )
        self._guest_days = GuestDays(self._pool, clock)
        self._exchange = Exchange(url, keyring, self.directory, surroundings)
        self.radsec = self._radsec(surroundings)
        """The TLS listener; None where no certificate is set."""
        ways = (self.radsec.connections.open_wire,) if self.radsec else ()
        self.coa = Coa(self._pool, self.directory, clock, settings.radius.host, ways)
        self._stale_sessions = StaleSessions(self._pool, clock)
        self.counters.gauges |= {
            "pool_connections": ("Open beside the ledger's.", self._pool.get_size),
            "pool_connections_in_use": (
                "Of these, those that are at work.",
                lambda: self._pool.get_size() - self._pool.get_idle_size(),
            ),
            "pool_connections_most": ("As many there may be.", self._pool.get_max_size),
        }
        meaning = "Sessions closed because their NAS went silent."
        self.counters.gauges["closed_silent"] = (meaning, lambda: self._stale_sessions.closed)
        self.spool = self._open_spool(url, keyring, clock)
        """Accounting that waits for the database; None where that is off."""
        self._ports: dict[str, UdpPort] = {}
        self.metrics_port = settings.metrics.radius_port
        """Where /metrics and /healthz are, also where port 0 was asked for."""

    def port(self, kind: str) -> int:
        """Return the UDP port of `access` or `accounting`, while running."""
        return self._ports[kind].port

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Server"]:
        """Serve inside the block.

        Raises:
            ConfigurationError: a port cannot be had.
        """
        async with AsyncExitStack() as stack:
            self._bind(stack)
            await stack.enter_async_context(self._pool)
            await self._start_health(stack)
            tasks = await stack.enter_async_context(asyncio.TaskGroup())
            work = [
                self.directory.run(),
                self._exchange.ledger.run(),
                self.sightings.run(),
                self.forgetting.run(),
            ]
            if self._settings.radius.worker == 0:
                work += [self._guest_days.run(), self._stale_sessions.run(), self.coa.run()]
            running = [tasks.create_task(each) for each in work]
            if self.spool is not None:
                running.append(tasks.create_task(self.spool.run()))
                running.append(tasks.create_task(self._replay.run()))
            if self.radsec is not None:
                running.append(tasks.create_task(self._run_radsec(self.radsec)))
            for port in self._ports.values():
                port.open()
            try:
                yield self
            finally:
                for port in self._ports.values():
                    port.close()
                self._exchange.release()
                for task in running:
                    task.cancel()

    def _radsec(self, surroundings: Surroundings) -> RadsecServer | None:
        radius = self._settings.radius
        if radius.radsec.certificate is None or radius.worker > 0:
            return None
        named, receive = self.directory.by_tls_name, self._exchange.receive_from
        return RadsecServer(radius.radsec, radius.host, named, receive, surroundings)

    async def _run_radsec(self, radsec: RadsecServer) -> None:
        """Let sites in once it is known who they are; until then they wait in the kernel."""
        await self.directory.loaded.wait()
        await radsec.run()

    def _open_spool(self, url: str, keyring: Keyring, clock: Clock) -> Spool | None:
        wanted = self._settings.radius.spool
        if not wanted.enabled:
            return None
        ledger = self._exchange.ledger.accounting
        spool = Spool(
            self._settings.spool_folder,
            keyring.derive("radius spool"),
            SpoolLimits(wanted.max_octets, timedelta(hours=wanted.max_hours)),
            ledger.spool_answers,
            clock,
        )
        ledger.use(spool)
        replaying = Replaying(connector(url), ledger.write, self.directory, clock)
        self._replay = SpoolReplay(spool, replaying)
        self.counters.gauges |= spool_gauges(spool, self._replay)
        return spool

    def _bind(self, stack: AsyncExitStack) -> None:
        radius = self._settings.radius
        if self.radsec is not None:
            self.radsec.bind()
            stack.callback(self.radsec.release)
        wanted = (
            (ACCESS, "authentication_port", radius.authentication_port),
            (ACCOUNTING, "accounting_port", radius.accounting_port),
        )
        for kind, setting, number in wanted:
            try:
                receive = partial(self._exchange.receive, kind)
                shed, shared = partial(self._count_shed, kind), radius.workers > 1
                port = UdpPort(radius.host, number, receive, shed, shared=shared)
            except OSError as fault:
                found = f"expected a free UDP port on {radius.host}, found {number}: {fault}"
                raise ConfigurationError([Fault(f"radius.{setting}", found)]) from fault
            self._ports[kind] = port
            stack.callback(port.release)
            self._count_failures(kind, port)

    def _count_shed(self, kind: str, datagrams: int) -> None:
        self.counters.received[kind] += datagrams
        self.counters.discarded[kind, "overload"] += datagrams

    def _count_failures(self, kind: str, port: UdpPort) -> None:
        meaning = "Replies the network did not take."
        self.counters.gauges[f"{kind}_send_failures"] = (meaning, lambda: port.send_failures)

    async def _start_health(self, stack: AsyncExitStack) -> None:
        registry = CollectorRegistry()
        registry.register(self.counters)
        registry.register(self.coa.counters)
        metrics, port = self._settings.metrics, self._settings.radius_metrics_port
        checks = {"database": self._check_database, "ledger": self._check_ledger}
        if self.spool is not None:
            checks["spool"] = self.spool.check
        runner = await start_health(metrics.host, port, registry, checks)
        stack.push_async_callback(runner.cleanup)
        self.metrics_port = int(runner.addresses[0][1])

    async def _check_database(self) -> None:
        await self._pool.fetchval("select 1")

    async def _check_ledger(self) -> None:
        if not self.directory.is_loaded:
            raise Unavailable("the territory has not been read yet")
        if not self._exchange.ledger.is_open:
            raise Unavailable("the ledger has no connection")
