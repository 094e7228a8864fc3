"""The four components of a base inside a test, each with its measures at an address of its own.

On a real clock and a real database, with what is off by default turned on: text messages, the
spool, RadSec. One town hall with a simulated gateway, an access point that nobody answers for, and
one that answers SNMP.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import asyncpg

from portal.app import run as run_portal
from radius.exchange import ACCESS, ACCOUNTING
from radius.server import Server
from retention.app import run as run_retention
from retention.desk.app import run as run_desk
from simulation.configuration import GatewayConfiguration, RadiusServer
from simulation.gateway import SimulatedGateway
from simulation.phone import Doorway, Phone
from simulation.site import phone_address
from simulation.sms_provider import sms_provider
from simulation.snmp.access_point import AccessPoint
from simulation.snmp.listener import Heard, Surroundings, listening
from supervision.app import run as run_supervision
from territory.clock import SystemClock
from territory.database.components import Component
from territory.database.connect import component_url
from territory.keyring import Keyring
from territory.model import SnmpEntry
from territory.settings import DatabaseSettings, MetricsSettings, Settings, SupervisionSettings
from territory.settings.evidence import DeskSettings, IntakeSettings, RetentionSettings
from territory.settings.messages import MailSettings, SmsSettings
from territory.settings.portal import PortalSettings
from territory.settings.radius import RadiusSettings, SpoolSettings
from territory.vocabulary import SnmpVersion
from tests.servers.addresses import free_port, gateway_address
from tests.servers.radsec import Papers
from tests.servers.territory import PORTAL_SECRET, SHARED_SECRET, SitePlan, lay

SITE = "mairie"
UP_SECONDS = 120
_MEASURES = ("portal_port", "radius_port", "supervision_port", "retention_port", "desk_port")
_ACCESS_POINT = """
    INSERT INTO territory.access_point (id, site_id, code, name, management_address)
    SELECT $1, id, 'borne', 'Borne', '198.19.255.254' FROM territory.site
"""
_ASKED_BY_SNMP = """
    INSERT INTO territory.access_point
        (id, site_id, code, name, management_address, snmp_sealed)
    SELECT $1, id, 'borne-snmp', 'Borne qui compte', $2, $3 FROM territory.site
"""
_COMMUNITY = "lecture"
_OFFERS = "UPDATE territory.site SET methods = '{click_through,sms_code}'"
_TOLERANT = "UPDATE territory.nas SET require_message_authenticator = 'when-present'"


@dataclass(frozen=True, slots=True)
class WholeBase:
    """What a test reads and acts on."""

    settings: Settings
    owner_url: str
    radius: Server
    gateway: SimulatedGateway

    @property
    def measures(self) -> dict[str, str]:
        """Where each component shows its measures, by its name."""
        found = self.settings.metrics
        return {
            name.removesuffix("_port"): f"http://127.0.0.1:{getattr(found, name)}"
            for name in _MEASURES
        }

    async def let_a_guest_in(self, number: int) -> None:
        """Have a phone of the town hall's network walk through the portal's pages."""
        address = self.gateway.configuration.address
        doorway = Doorway(address, self.gateway.web_port)
        async with Phone(phone_address(address, number), doorway) as phone:
            journey = await phone.go_online()
        assert journey.online, journey.sights[-1]

    async def fetch(self, query: str) -> list[Any]:
        """Return rows, as the database's owner reads them."""
        connection = await asyncpg.connect(self.owner_url)
        try:
            return [tuple(row) for row in await connection.fetch(query)]
        finally:
            await connection.close()


@asynccontextmanager
async def running_base(folder: Path, owner_url: str, keyring: Keyring) -> AsyncIterator[WholeBase]:
    """Run it all until the context ends, from when every component answers."""
    address, portal_port, login_port = gateway_address(), free_port(), free_port()
    uamserver = f"http://127.0.0.1:{portal_port}/gateway/coovachilli"
    plan = SitePlan(SITE, "coovachilli", f"{address}:{login_port}", uamserver, address)
    await lay(owner_url, keyring, [plan])
    async with AsyncExitStack() as stack:
        radio = Heard(AccessPoint("borne-snmp"), gateway_address(), 0, _COMMUNITY)
        around = Surroundings(SystemClock(), lambda: True, lambda: 3)
        (port,) = await stack.enter_async_context(listening([radio], around))
        await _furnish(owner_url, keyring, radio.address, port)
        provider = await stack.enter_async_context(sms_provider())
        settings = _settings(folder, portal_port, provider.settings("ovhcloud"))
        clock = SystemClock()
        for component, run in (
            (Component.PORTAL, run_portal),
            (Component.SUPERVISION, run_supervision),
            (Component.RETENTION, run_retention),
            (Component.DESK, run_desk),
        ):
            task = asyncio.create_task(run(_of(settings, owner_url, component), keyring, clock))
            stack.push_async_callback(_end, task)
        server = Server(_of(settings, owner_url, Component.RADIUS), keyring, clock)
        await stack.enter_async_context(server.running())
        gateway = await stack.enter_async_context(_gateway(plan, server))
        base = WholeBase(settings, owner_url, server, gateway)
        await _until_up(base)
        yield base


def _of(settings: Settings, owner_url: str, component: Component) -> Settings:
    url = component_url(owner_url, component, None)
    return settings.model_copy(update={"database": DatabaseSettings(url=url)})


def _settings(folder: Path, portal_port: int, sms: dict[str, Any]) -> Settings:
    return Settings(
        demo=True,
        state_folder=folder,
        portal=PortalSettings(
            host="127.0.0.1", port=portal_port, public_url=f"http://127.0.0.1:{portal_port}"
        ),
        radius=RadiusSettings(
            host="127.0.0.1",
            authentication_port=free_port(),
            accounting_port=free_port(),
            reject_delay_seconds=0.0,
            spool=SpoolSettings(enabled=True),
            radsec=Papers.make(folder).settings(),
        ),
        supervision=SupervisionSettings(
            interval_seconds=2.0,
            log_in_every_minutes=0.1,
            probe_network=IPv4Network(f"{gateway_address().rpartition('.')[0]}.64/28"),
        ),
        retention=RetentionSettings(
            interval_seconds=2.0, intake=IntakeSettings(host="127.0.0.1", syslog_udp_port=0)
        ),
        desk=DeskSettings(port=free_port()),
        metrics=MetricsSettings(**{name: free_port() for name in _MEASURES}),
        mail=MailSettings(server="127.0.0.1", security="none", sender="wifi@meuse.example"),
        sms=SmsSettings.model_validate(sms),
    )


async def _furnish(owner_url: str, keyring: Keyring, address: str, port: int) -> None:
    access = SnmpEntry(version=SnmpVersion.V2C, port=port, community=_COMMUNITY)
    sealed = keyring.seal(access.model_dump_json())
    connection = await asyncpg.connect(owner_url)
    try:
        await connection.execute(_ACCESS_POINT, uuid4())
        await connection.execute(_ASKED_BY_SNMP, uuid4(), IPv4Address(address), sealed)
        for statement in (_OFFERS, _TOLERANT):
            await connection.execute(statement)
    finally:
        await connection.close()


def _gateway(plan: SitePlan, radius: Server) -> SimulatedGateway:
    ports = radius.port(ACCESS), radius.port(ACCOUNTING)
    assert plan.nas_address
    return SimulatedGateway(
        GatewayConfiguration(
            nasid=plan.code,
            address=plan.nas_address,
            portal=plan.portal_base,
            portal_secret=PORTAL_SECRET,
            radius=RadiusServer(SHARED_SECRET, "127.0.0.1", *ports),
            web_port=0,
            login_port=int(plan.login_address.rpartition(":")[2]),
            coaport=free_port(),
            stop_seconds=1.0,
        )
    )


async def _until_up(base: WholeBase) -> None:
    async with asyncio.timeout(UP_SECONDS), aiohttp.ClientSession() as http:
        for url in base.measures.values():
            while not await _is_up(http, url):  # noqa: ASYNC110 - it is asked over the network
                await asyncio.sleep(0.1)


async def _is_up(http: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with http.get(f"{url}/healthz") as answer:
            return answer.status in {200, 503}  # 503: pings are not allowed everywhere
    except aiohttp.ClientConnectionError:
        return False


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
