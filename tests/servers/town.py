"""A base that runs inside the test, and two town halls with a gateway each, for a guest's browser.

Portal, RADIUS, a mail server, a provider's double for SMS and a real identity provider, all on one
stopped clock: a test may let a day pass. Both places offer what a test has them offer; their plans
differ in what a device finds that comes back.
"""

import re
from collections.abc import AsyncIterator, MutableMapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from ipaddress import ip_network
from uuid import UUID, uuid4

import asyncpg
from aiohttp import web
from sqlalchemy import insert

from portal.app import create_app
from portal.directory import Directory
from portal.guest.openid import RETURN_PATH
from portal.guest.parts import Keys, Portal
from portal.identification.terms import load_terms
from portal.messages.senders import Messages
from portal.openid.client import ProviderClient
from portal.tickets.office import Order, key_of, make_sheet
from radius.exchange import ACCESS, ACCOUNTING
from radius.server import Server
from simulation.configuration import GatewayConfiguration, Lease, RadiusServer
from simulation.gateway import SimulatedGateway
from simulation.radius_port import Patience
from simulation.sms_provider import Provider as SmsProvider
from simulation.sms_provider import sms_provider
from territory.database.components import Component
from territory.database.connect import component_url, open_engine, open_pool
from territory.database.tables import helper
from territory.keyring import Keyring
from territory.openid_providers import PROFILES, Provider
from territory.rules.ticket_codes import codes_of
from territory.rules.tickets import Terms
from territory.settings import Settings
from territory.settings.messages import MailSettings, SmsSettings
from tests.conftest import FixedClock
from tests.servers import openid_provider as openid
from tests.servers.addresses import free_port, gateway_address
from tests.servers.mail import Inbox, mail_server
from tests.servers.radius import running_radius
from tests.servers.territory import PORTAL_SECRET, SHARED_SECRET, SitePlan, lay

STAY, DAY = "sejour", "journee"
"""The place whose plan lets a device come back for three days without a page, and the one whose
plan asks again after four hours."""
PHONE = "127.0.0.1"
"""Where either gateway sees the browser."""
HOURS = 3600
_TOWN = (
    "UPDATE territory.organisation SET name = 'Ville de Bar-le-Duc',"
    " sponsors = '{@bar-le-duc.example}'",
    "UPDATE territory.site SET name = 'Mairie de Bar-le-Duc',"
    " welcome = 'Bienvenue ! Le marché a lieu ici chaque mardi matin.'",
    "UPDATE territory.plan SET session_octets = 2000000000",
)


@dataclass
class Town:
    """What a test acts on."""

    url: str
    portal: Portal
    clock: FixedClock
    keyring: Keyring
    owner_url: str
    sites: dict[str, UUID]
    gateways: dict[str, SimulatedGateway]
    leases: MutableMapping[str, Lease]
    """What the phone of the browser is on either network, by its source address."""
    inbox: Inbox
    provider: SmsProvider

    @property
    def hosts(self) -> str:
        """How a browser finds what it asks for at either place: `http://sejour.test/`."""
        return ",".join(
            f"MAP {place}.test {gateway.configuration.address}:{gateway.web_port}"
            for place, gateway in self.gateways.items()
        )

    async def offer(self, place: str, methods: Sequence[str]) -> None:
        """Have a place offer these ways in, the first one by its first page's button."""
        query = "UPDATE territory.site SET methods = $2 WHERE id = $1"
        await self.execute(query, self.sites[place], methods)
        await self.portal.directory.refresh()

    async def execute(self, query: str, *arguments: object) -> None:
        """Change something as the database's owner."""
        connection = await asyncpg.connect(self.owner_url)
        try:
            await connection.execute(query, *arguments)
        finally:
            await connection.close()

    async def ticket(self, place: str, hours: int) -> str:
        """Return the code of a ticket of so many hours for one device."""
        engine = open_engine(component_url(self.owner_url, Component.PORTAL, None))
        row = self.portal.directory.current
        found = next(one for one in row.places if one.id == self.sites[place])
        terms = Terms(
            organisation_id=await self._organisation(),
            site_id=found.id,
            plan_id=found.plan.id,
            devices=1,
            use_seconds=hours * HOURS,
            last_first_use=date(2100, 1, 1),
        )
        async with engine.begin() as db:
            order = Order(terms, 1, None)
            _, seed = await make_sheet(db, key_of(self.keyring), order, self.clock.now())
        await engine.dispose()
        return codes_of(seed, 1)[0]

    async def _organisation(self) -> UUID:
        connection = await asyncpg.connect(self.owner_url)
        try:
            found = await connection.fetchval("SELECT id FROM territory.organisation")
        finally:
            await connection.close()
        assert isinstance(found, UUID)
        return found

    def arrive(self, place: str, phone: Lease) -> None:
        """Have another phone come to a place, at an hour the identity provider agrees with."""
        self.clock.instant = datetime.now(UTC)
        self.leave(place)
        self.leases[PHONE] = phone

    def leave(self, place: str) -> None:
        """Have the phone leave a place's network."""
        self.gateways[place].leave(PHONE)

    def is_online(self, place: str) -> bool:
        """Whether the place's gateway lets the phone through."""
        phone = self.gateways[place].phones.get(PHONE)
        return phone is not None and phone.online is not None

    def link_in_letter(self) -> str:
        """Return the link in the last letter."""
        letter: str = self.inbox.letters[-1].get_content()
        return next(line for line in letter.splitlines() if line.startswith(self.url))


def last_code(text: str) -> str:
    """Return the six digits in a message."""
    found = re.search(r"\b\d{6}\b", text)
    assert found
    return found[0]


@asynccontextmanager
async def running_town(owner_url: str, keyring: Keyring) -> AsyncIterator[Town]:
    """Let it all run on a database that nobody else uses."""
    clock = FixedClock(datetime.now(UTC))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    plans = _plans(url)
    sites = await lay(owner_url, keyring, plans)
    await _furnish(owner_url, sites)
    async with AsyncExitStack() as stack:
        issuer = stack.enter_context(
            openid.openid_provider([openid.client("ours", redirect_uris=[url + RETURN_PATH])])
        )
        inbox = await stack.enter_async_context(mail_server())
        provider = await stack.enter_async_context(sms_provider())
        settings = _settings(inbox, provider)
        pool = await open_pool(component_url(owner_url, Component.PORTAL, None), Component.PORTAL)
        stack.push_async_callback(pool.close)
        directory = Directory(pool, keyring, url)
        await directory.refresh()
        vouching = Provider("essai", "Essai", issuer, "ours", openid.SECRET, PROFILES["plain"])
        portal = Portal(
            pool,
            directory,
            clock,
            Keys.of(keyring),
            load_terms(),
            url,
            messages=Messages.of(settings, keyring),
            providers={"essai": ProviderClient(vouching, url + RETURN_PATH)},
        )
        app = create_app(portal, trusted_proxies=(ip_network("127.0.0.0/8"),), https_only=False)
        runner = web.AppRunner(app)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", port).start()
        radius = await stack.enter_async_context(
            running_radius(component_url(owner_url, Component.RADIUS, None), keyring, clock)
        )
        await radius.directory.loaded.wait()
        leases: dict[str, Lease] = {}
        gateways = {
            plan.code: await stack.enter_async_context(_gateway(plan, radius, leases, clock))
            for plan in plans
        }
        yield Town(url, portal, clock, keyring, owner_url, sites, gateways, leases, inbox, provider)


def _plans(url: str) -> tuple[SitePlan, SitePlan]:
    stay, day = gateway_address(), gateway_address()
    base = f"{url}/gateway/coovachilli"
    return (
        SitePlan(
            STAY,
            "coovachilli",
            f"{stay}:3990",
            base,
            stay,
            session_seconds=72 * HOURS,
            mac_authentication=True,
        ),
        SitePlan(DAY, "coovachilli", f"{day}:3990", base, day),
    )


async def _furnish(owner_url: str, sites: dict[str, UUID]) -> None:
    """Give the town names, a welcome, volumes, somebody who helps, and who may let guests in."""
    helping = {"name": "France services", "hours": "Mo-Fr 09:00-17:00", "phone": "03 29 00 00 00"}
    connection = await asyncpg.connect(owner_url)
    for query in _TOWN:
        await connection.execute(query)
    await connection.close()
    engine = open_engine(owner_url)
    async with engine.begin() as db:
        for site in sites.values():
            await db.execute(insert(helper).values(id=uuid4(), site_id=site, **helping))
    await engine.dispose()


def _settings(inbox: Inbox, provider: SmsProvider) -> Settings:
    mail = {"server": "127.0.0.1", "port": inbox.port, "security": "none"}
    sms = {**provider.settings("twilio"), "number": "+33755000001"}
    return Settings(
        mail=MailSettings.model_validate({**mail, "sender": "wifi@meuse.example"}),
        sms=SmsSettings.model_validate(sms),
    )


def _gateway(
    plan: SitePlan, radius: Server, leases: MutableMapping[str, Lease], clock: FixedClock
) -> SimulatedGateway:
    ports = radius.port(ACCESS), radius.port(ACCOUNTING)
    assert plan.nas_address
    configuration = GatewayConfiguration(
        nasid=plan.code,
        address=plan.nas_address,
        portal=plan.portal_base,
        portal_secret=PORTAL_SECRET,
        radius=RadiusServer(SHARED_SECRET, "127.0.0.1", *ports, Patience(2.0, 15)),
        web_port=0,
        macauth=True,
        leases=leases,
        stop_seconds=1.0,
    )
    return SimulatedGateway(configuration, clock=clock)
