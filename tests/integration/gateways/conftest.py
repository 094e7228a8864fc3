"""The real portal and the real RADIUS on one database, and simulated gateways before them."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiohttp import web

from portal.app import create_app
from portal.directory import Directory
from portal.guest.parts import Keys, Portal
from portal.identification.terms import load_terms
from radius.coa_watcher import Watcher
from radius.exchange import ACCESS, ACCOUNTING
from radius.server import Server
from simulation.certificate import self_signed
from simulation.configuration import GatewayConfiguration, RadiusServer
from simulation.gateway import SimulatedGateway
from simulation.phone import Doorway, Phone, Sight
from simulation.radius_port import Patience
from simulation.site import phone_address
from territory.database.components import Component
from territory.database.connect import open_pool
from territory.keyring import Keyring
from tests.conftest import FixedClock
from tests.servers.addresses import gateway_address
from tests.servers.event_log import EventLog
from tests.servers.radius import running_radius
from tests.servers.radsec import SITE_NAME, Papers
from tests.servers.radsec_relay import SECRET as RADSEC_SECRET
from tests.servers.radsec_relay import Relay
from tests.servers.territory import PORTAL_SECRET, SHARED_SECRET, SitePlan, lay

WEB = "http://a-site.test/"
CODE = "mairie"


@dataclass
class Site:
    """One site: its gateway running, and one guest's phone."""

    gateway: SimulatedGateway
    events: EventLog
    phone: Phone

    async def press(self, on: Sight, number: int = 0) -> Sight:
        """Press the button of one of a page's forms."""
        return await self.phone.press(on.page.forms[number], on)


@dataclass
class House:
    """The base, and what a test does around it."""

    portal: Portal
    radius: Server
    owner_url: str
    keyring: Keyring
    clock: FixedClock
    radius_url: str
    stack: AsyncExitStack = field(repr=False)
    papers: Papers | None = None
    """The base's RadSec files; None: RADIUS comes by UDP."""

    async def site(self, brand: str, variant: str, **options: Any) -> Site:
        """Describe a site and start its gateway, which behaves as its brand's documents say.

        `options`: `asks_radius`, `tls` at the log-in address, and others of the gateway's own.
        Where the house has papers, its RADIUS comes by RadSec, in a connection of its own.
        """
        address, events = gateway_address(), EventLog()
        base = f"{self.portal.public_url}/gateway/{brand}"
        asks_radius, tls = options.pop("asks_radius", True), options.pop("tls", False)
        certificate = self_signed(address) if tls else None
        plan = SitePlan(
            CODE,
            brand,
            f"{address}:3990",
            base,
            address if asks_radius and self.papers is None else None,
            tls_name=SITE_NAME if asks_radius and self.papers else None,
            variant=variant,
        )
        await lay(self.owner_url, self.keyring, [plan])
        await self.read_again()
        relay = await self._relay()
        ports = relay.ports if relay else (self.radius.port(ACCESS), self.radius.port(ACCOUNTING))
        secret = RADSEC_SECRET if relay else SHARED_SECRET
        server = RadiusServer(secret, "127.0.0.1", *ports, Patience(2.0, 15))
        configuration = GatewayConfiguration(
            nasid=CODE,
            address=address,
            portal=f"{base}/{CODE}",
            portal_secret=PORTAL_SECRET,
            radius=server if asks_radius else None,
            web_port=0,
            tick_seconds=0.05,
            stop_seconds=1.0,
            brand=brand,
            variant=variant,
            certificate=certificate,
        )
        configuration = replace(configuration, **options)
        gateway = SimulatedGateway(configuration, clock=self.clock, listener=events)
        await self.stack.enter_async_context(gateway)
        if relay:
            relay.gateway = (address, gateway.coa_port)
        phone = Phone(
            phone_address(address, 0),
            Doorway(address, gateway.web_port),
            trusts=certificate.trusting_context() if certificate else None,
            patience_seconds=0,
        )
        return Site(gateway, events, await self.stack.enter_async_context(phone))

    async def _relay(self) -> Relay | None:
        """Return the gateway's own RadSec connection, where its RADIUS comes so."""
        if self.papers is None or self.radius.radsec is None:
            return None
        relay = Relay(self.papers, self.radius.radsec.port)
        return await self.stack.enter_async_context(relay)

    async def read_again(self) -> None:
        """Have portal and RADIUS know the territory as it is now."""
        await self.portal.directory.refresh()
        directory = self.radius.directory
        for _ in range(2):  # a reading that began before the change may end after it
            plans = directory.plans
            directory.reload_soon()
            while directory.plans is plans:  # noqa: ASYNC110
                await asyncio.sleep(0)

    async def rows(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        """Return what the database holds, as its owner sees it."""
        connection = await asyncpg.connect(self.owner_url)
        try:
            return await connection.fetch(query, *arguments)
        finally:
            await connection.close()

    async def look_after_sessions(self) -> None:
        """Have RADIUS look once, a minute later, which open sessions must end."""
        self.clock.advance(minutes=1)
        connection = await asyncpg.connect(self.radius_url)
        try:
            watcher = Watcher(connection, self.radius.directory, self.clock)  # type: ignore[arg-type]
            await watcher.look(connection)  # type: ignore[arg-type]
        finally:
            await connection.close()


@pytest.fixture
async def house(
    database_url: str, role_url: Callable[[Component], str], keyring: Keyring, clock: FixedClock
) -> AsyncIterator[House]:
    """Portal and RADIUS, serving a territory that is still empty."""
    async with opened(database_url, role_url, keyring, clock) as house:
        yield house


@pytest.fixture
async def radsec_house(
    database_url: str,
    role_url: Callable[[Component], str],
    keyring: Keyring,
    clock: FixedClock,
    tmp_path: Path,
) -> AsyncIterator[House]:
    """The same, where every gateway's RADIUS comes by RadSec."""
    async with opened(database_url, role_url, keyring, clock, Papers.make(tmp_path)) as house:
        yield house


@asynccontextmanager
async def opened(
    database_url: str,
    role_url: Callable[[Component], str],
    keyring: Keyring,
    clock: FixedClock,
    papers: Papers | None = None,
) -> AsyncIterator[House]:
    """Have portal and RADIUS run."""
    radsec = {"radsec": papers.settings()} if papers else {}
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(
            running_radius(role_url(Component.RADIUS), keyring, clock, **radsec)
        )
        await server.directory.loaded.wait()
        pool = await open_pool(role_url(Component.PORTAL), Component.PORTAL)
        stack.push_async_callback(pool.close)
        listener = socket.create_server(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        directory = Directory(pool, keyring, url)
        portal = Portal(pool, directory, clock, Keys.of(keyring), load_terms(), url)
        runner = web.AppRunner(create_app(portal, https_only=False))
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.SockSite(runner, listener).start()
        radius_url = role_url(Component.RADIUS)
        yield House(portal, server, database_url, keyring, clock, radius_url, stack, papers)
