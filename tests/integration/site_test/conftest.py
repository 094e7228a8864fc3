"""A base with a real portal and a real RADIUS server, and sites whose gateways are simulated."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from portal.app import create_app
from portal.directory import Directory
from portal.guest.parts import Keys, Portal
from portal.identification.terms import load_terms
from radius.exchange import ACCESS, ACCOUNTING
from radius.server import Server
from simulation.configuration import GatewayConfiguration, RadiusServer
from simulation.gateway import SimulatedGateway
from simulation.phone import Doorway, Phone
from simulation.radius_port import Patience
from territory.database.components import Component
from territory.database.connect import open_engine, open_pool
from territory.keyring import Keyring
from territory.openid_providers import Provider
from territory.site_test.findings import Check, Finding, State
from territory.site_test.judgement import judge
from territory.site_test.reading import Wanted, read_site
from territory.site_test.readings import SiteReport
from territory.web.server import start_site
from tests.conftest import FixedClock
from tests.servers.addresses import free_port, gateway_address
from tests.servers.event_log import EventLog
from tests.servers.radius import running_radius
from tests.servers.territory import PORTAL_SECRET, SHARED_SECRET, SitePlan, lay

WEB = "http://actualites.test/"
PATIENT = Patience(0.5, 100)


@dataclass
class Lab:
    """The base, and what a test needs to stand at its sites; begin with `describe`."""

    portal: Portal
    radius_url: str
    """The database, as the radius role."""
    engine: AsyncEngine
    """With the portal's rights."""
    clock: FixedClock
    owner_url: str
    keyring: Keyring
    stack: AsyncExitStack
    sites: dict[str, UUID] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    events: dict[str, EventLog] = field(default_factory=dict)
    """What each box did, by its site."""
    server: Server = field(init=False)

    @property
    def url(self) -> str:
        """How phones reach the portal."""
        return self.portal.public_url

    async def describe(self, *codes: str, **changed: Mapping[str, Any]) -> None:
        """Write these sites, each with a CoovaChilli of its own, and start RADIUS on them.

        `changed`: what is said of a site differently.
        """
        self.addresses = {code: gateway_address() for code in codes}
        plans = [
            SitePlan(
                **{
                    "code": code,
                    "brand": "coovachilli",
                    "login_address": f"{address}:3990",
                    "portal_base": f"{self.url}/gateway/coovachilli",
                    "nas_address": address,
                    **changed.get(code, {}),
                }
            )
            for code, address in self.addresses.items()
        ]
        self.sites = await lay(self.owner_url, self.keyring, plans)
        await self.portal.directory.refresh()
        self.server = await self.stack.enter_async_context(
            running_radius(self.radius_url, self.keyring, self.clock)
        )
        await self.server.directory.loaded.wait()

    async def gateway(
        self, code: str, clock: FixedClock | None = None, **changed: Any
    ) -> SimulatedGateway:
        """Start a site's gateway; `changed` are its own options, `radius` those of its server."""
        server = {
            "shared_secret": SHARED_SECRET,
            "authentication_port": self.server.port(ACCESS),
            "accounting_port": self.server.port(ACCOUNTING),
            "patience": PATIENT,
            **changed.pop("radius", {}),
        }
        options = {
            "nasid": code,
            "address": self.addresses[code],
            "portal": f"{self.url}/gateway/coovachilli",
            "portal_secret": PORTAL_SECRET,
            "radius": RadiusServer(**server),
            "web_port": 0,
            "tick_seconds": 60.0,
            "stop_seconds": 0.5,
            **changed,
        }
        configuration = GatewayConfiguration(**options)
        events = self.events[code] = EventLog()
        gateway = SimulatedGateway(configuration, clock=clock or self.clock, listener=events)
        return await self.stack.enter_async_context(gateway)

    async def visit(self, gateway: SimulatedGateway) -> bool:
        """Have a guest try to go online; return whether they are."""
        address = gateway.configuration.address
        door = Doorway(address, gateway.web_port)
        phone = await self.stack.enter_async_context(Phone(f"{address.rsplit('.', 1)[0]}.11", door))
        return (await phone.go_online(WEB)).online

    async def go_online(self, gateway: SimulatedGateway) -> None:
        """Have a guest go online, and wait until their session is recorded."""
        assert await self.visit(gateway)
        await self.events[gateway.configuration.nasid].until("accounting-response", 2)

    async def test(
        self,
        code: str,
        report: SiteReport | None = None,
        *providers: Provider,
        seconds: float = 60.0,
    ) -> list[Finding]:
        """Run the site's test, in a territory with these identity providers.

        `seconds`: how long it waits for what the box answers.
        """
        await self.portal.gateways_seen.flush(self.portal.pool)
        await self.server.sightings.flush()
        wanted = Wanted(self.sites[code], self.url, self.clock.now(), report, seconds, providers)
        return judge(await read_site(self.engine, wanted))


def wrong(findings: list[Finding]) -> dict[Check, Finding]:
    """Return what is bad, by what was looked at."""
    return {found.check: found for found in findings if found.state is State.BAD}


@pytest.fixture
async def lab(
    database_url: str,
    role_url: Callable[[Component], str],
    keyring: Keyring,
    clock: FixedClock,
) -> AsyncIterator[Lab]:
    """Portal and RADIUS, with no site yet."""
    async with AsyncExitStack() as stack:
        url, port = role_url(Component.PORTAL), free_port()
        pool = await open_pool(url, Component.PORTAL)
        stack.push_async_callback(pool.close)
        public_url = f"http://127.0.0.1:{port}"
        directory = Directory(pool, keyring, public_url)
        portal = Portal(pool, directory, clock, Keys.of(keyring), load_terms(), public_url)
        runner = await start_site(create_app(portal, https_only=False), "127.0.0.1", port)
        stack.push_async_callback(runner.cleanup)
        engine = open_engine(url)
        stack.push_async_callback(engine.dispose)
        radius_url = role_url(Component.RADIUS)
        yield Lab(portal, radius_url, engine, clock, database_url, keyring, stack)
