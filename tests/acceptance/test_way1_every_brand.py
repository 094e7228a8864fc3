"""Way 1 behind every box that is simulated: captured, admitted, online, cut by a technician.

The territory is described as the demonstration describes its street, one site a dialect; portal and
RADIUS run as processes; each gateway is the simulated one of its brand, at an address of its own.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import asyncpg
import pytest

from deploy.packages.catalogue import package_codes
from simulation.certificate import ServerCertificate, self_signed
from simulation.configuration import GatewayConfiguration
from simulation.configured import load_sites
from simulation.gateway import SimulatedGateway
from simulation.makes import BRANDS
from simulation.phone import Doorway, Phone
from socle.demo.street import Sign, site_text
from territory.application.agreement import Known
from territory.application.applying import Wish, make
from territory.application.description import read_description
from territory.application.writing import Authority
from territory.clock import SystemClock
from territory.communes.national_list import national_list
from territory.database.commands import Outcome, Request, Target, ask_disconnect, await_result
from territory.database.components import Component
from territory.database.connect import open_engine
from territory.gateway_dialects import DIALECTS, Dialect
from territory.identifiers import MacAddress
from territory.link_matrix import Works, row
from territory.settings import PortalSettings, RadiusSettings, Settings
from territory.vocabulary import Brand, Link
from tests.servers.addresses import gateway_address
from tests.servers.event_log import EventLog
from tests.servers.socle import Base, components, write_key

WEB = "http://a-site.test/"
PHONE_WAITS = 0.5
"""Seconds between two looks of a browser that waits; the page's own would be three."""
HEAD = """\
territory: {departement: "55"}
organisations:
  - {code: meuse, name: Département de la Meuse, kind: departement, contact: a@meuse.example}
plans:
  - {code: quatre-heures, name: Quatre heures, session: 4h, upload: 5 Mbit/s, download: 20 Mbit/s}
sites:
"""
SPOKEN = [
    dialect
    for own in DIALECTS.values()
    for dialect in own.values()
    if (dialect.brand.value, dialect.variant) in BRANDS
    and dialect.brand is not Brand.COOVACHILLI
    and Link.PRIVATE_NETWORK in dialect.links
]


def name_of(dialect: Dialect) -> str:
    """Return a dialect's name among the tests."""
    return "-".join(filter(None, (dialect.brand, dialect.variant)))


@dataclass(frozen=True, slots=True)
class Street:
    """A base and the boxes of its sites, none of them running."""

    base: Base
    boxes: dict[str, GatewayConfiguration]
    """By the name of the dialect."""

    @asynccontextmanager
    async def running(self, dialect: Dialect) -> AsyncIterator[tuple[SimulatedGateway, EventLog]]:
        """Let one box run."""
        events = EventLog()
        box = replace(self.boxes[name_of(dialect)], web_port=0, tick_seconds=0.2, stop_seconds=2.0)
        async with SimulatedGateway(box, listener=events) as gateway:
            yield gateway, events

    @asynccontextmanager
    async def phone(self, gateway: SimulatedGateway) -> AsyncIterator[Phone]:
        """Have a phone on a box's network."""
        address = gateway.configuration.address
        source = f"{address.rsplit('.', 1)[0]}.11"
        doorway = Doorway(address, gateway.web_port)
        certificate = gateway.configuration.certificate
        trusts = certificate.trusting_context() if certificate else None
        async with Phone(source, doorway, trusts=trusts, patience_seconds=PHONE_WAITS) as phone:
            yield phone


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory, module_database_url: str) -> Iterator[Street]:
    """Portal and RADIUS as processes, and a site of each dialect."""
    folder = tmp_path_factory.mktemp("street")
    addresses = {name_of(dialect): gateway_address() for dialect in SPOKEN}
    host = next(iter(addresses.values())).rsplit(".", 1)[0] + ".2"
    base = Base(folder, module_database_url, host)
    boxes = asyncio.run(describe(base, addresses))
    with components(base, Component.RADIUS, Component.PORTAL):
        yield Street(base, boxes)


async def describe(base: Base, addresses: dict[str, str]) -> dict[str, GatewayConfiguration]:
    """Apply a description with a site of each dialect; return its boxes."""
    certificates: dict[str, ServerCertificate] = {}
    text = HEAD
    for dialect in SPOKEN:
        address = addresses[name_of(dialect)]
        sign = Sign(dialect.brand, dialect.name, "Spincourt", "55500", variant=dialect.variant)
        certificate = self_signed(address) if sign.shows_certificate else None
        if certificate:
            certificates[sign.code] = certificate
        text += site_text(sign, address, certificate)
    keyring, engine = write_key(base.folder), open_engine(base.owner_url)
    known = Known(national_list(), package_codes())
    wish = Wish(read_description(text.encode(), known))
    try:
        await make(engine, wish, keyring, Authority("test", "street", SystemClock().now()))
        sites = await load_sites(engine, keyring, settings_of(base))
    finally:
        await engine.dispose()
    found = {site.gateway.nasid: site.gateway for site in sites}
    return {
        name_of(dialect): replace(
            found[f"rue-{name_of(dialect)}"],
            certificate=certificates.get(f"rue-{name_of(dialect)}"),
        )
        for dialect in SPOKEN
    }


def settings_of(base: Base) -> Settings:
    """Return the settings as far as boxes must know them."""
    return Settings(
        demo=True,
        portal=PortalSettings(public_url=base.portal_url, host=base.host),
        radius=RadiusSettings(host=base.host),
    )


@pytest.mark.parametrize("dialect", SPOKEN, ids=name_of)
async def test_online_and_cut(street: Street, dialect: Dialect) -> None:
    """The phone goes online by its box's own way; the base knows the session, and ends it where the
    matrix of dialects and links says so."""
    async with street.running(dialect) as (gateway, events), street.phone(gateway) as phone:
        if dialect.asks_radius:
            await events.until("accounting-response")  # a late Accounting-On would end the session
        journey = await phone.go_online(WEB)
        assert journey.online, [sight.address for sight in journey.sights]
        (guest,) = gateway.phones.values()
        assert guest.online is not None
        if dialect.asks_radius:
            await events.until("accounting-response", 2)
        await see_session(street.base, guest.mac)
        result = await disconnect(street.base, guest.mac)
        assert result is not None
        outcome, words = result
        can = row(dialect, Link.PRIVATE_NETWORK).log_out.works is not Works.NO
        assert (outcome is Outcome.CLOSED) == can, words
        (guest,) = gateway.phones.values()
        # Central web authentication presents the device at once again, whose right still lives.
        assert dialect.is_central or (guest.online is None) == can


async def see_session(base: Base, mac: str) -> None:
    """Wait until the base holds an open session of a device, bound to its admission."""
    connection = await asyncpg.connect(base.owner_url)
    query = """SELECT count(*) FROM live.session WHERE device = $1::text::macaddr
        AND ended_at IS NULL AND admission_id IS NOT NULL"""
    try:
        async with asyncio.timeout(15):
            while not await connection.fetchval(query, mac):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)
    finally:
        await connection.close()


async def disconnect(base: Base, mac: str) -> tuple[Outcome, str] | None:
    """Have a technician end a device's sessions; return what came of it, in words."""
    connection = await asyncpg.connect(base.owner_url)
    try:
        request = Request("technician", SystemClock().now())
        target = Target(device=MacAddress.parse(mac))
        result = await await_result(
            connection, await ask_disconnect(connection, target, request), 20
        )
    finally:
        await connection.close()
    return (result.outcome, result.words) if result else None


def test_every_dialect_is_simulated() -> None:
    """A dialect without a simulated gateway, or a real one in the tests, would be a claim."""
    spoken = {(d.brand.value, d.variant) for own in DIALECTS.values() for d in own.values()}
    alike = {("generic", v) for v in ("grandstream", "dlink", "alcatel-stellar", "huawei")}
    assert spoken - set(BRANDS) - alike == set()
