"""Way 1 behind every box that is simulated: captured, admitted, online, cut by a technician.

The territory is described as the demonstration describes its street, one site a dialect; portal and
RADIUS run as processes, the portal in https with its page in clear; each gateway is the simulated
one of its brand, at an address of its own. A simulated phone walks the whole way, and Chromium as
far as its own rules matter: where forms may lead, and what it warns of.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import asyncpg
import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page, Response, expect

from deploy.packages.catalogue import package_codes
from simulation.certificate import ServerCertificate, self_signed, trusting
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
from territory.gateway_dialects import DIALECTS, Dialect, Return
from territory.identifiers import MacAddress
from territory.link_matrix import Works, row
from territory.settings import Settings
from territory.settings.portal import PortalSettings
from territory.settings.radius import RadiusSettings
from territory.vocabulary import Brand, Link
from tests.servers.addresses import gateway_address
from tests.servers.browser import WHOLE, chromium, go, press, window_of
from tests.servers.event_log import EventLog
from tests.servers.socle import PLAIN_NAME, PLAIN_PORT, PLAIN_URL, Base, components, write_key

WEB = "http://a-site.test/"
WEB_PORT = 8088
"""Where each box catches browsing, at its own address."""
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
    certificate: ServerCertificate
    """What the portal shows."""
    boxes: dict[str, GatewayConfiguration]
    """By the name of the dialect."""

    @asynccontextmanager
    async def running(self, dialect: Dialect) -> AsyncIterator[tuple[SimulatedGateway, EventLog]]:
        """Let one box run."""
        events = EventLog()
        box = replace(self.boxes[name_of(dialect)], tick_seconds=0.2, stop_seconds=2.0)
        async with SimulatedGateway(box, listener=events) as gateway:
            yield gateway, events

    @asynccontextmanager
    async def phone(self, gateway: SimulatedGateway) -> AsyncIterator[Phone]:
        """Have a phone on a box's network."""
        address = gateway.configuration.address
        source = f"{address.rsplit('.', 1)[0]}.11"
        doorway = Doorway(address, gateway.web_port)
        portal = {PLAIN_NAME: Doorway(self.base.host, PLAIN_PORT)}
        trusts = trusting(*filter(None, (self.certificate, gateway.configuration.certificate)))
        async with Phone(
            source, doorway, portal, trusts=trusts, patience_seconds=PHONE_WAITS
        ) as phone:
            yield phone


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory, module_database_url: str) -> Iterator[Street]:
    """Portal and RADIUS as processes, and a site of each dialect."""
    folder = tmp_path_factory.mktemp("street")
    addresses = {name_of(dialect): gateway_address() for dialect in SPOKEN}
    host = next(iter(addresses.values())).rsplit(".", 1)[0] + ".2"
    certificate = self_signed(host)
    base = Base(folder, module_database_url, host, certificate=certificate)
    boxes = asyncio.run(describe(base, addresses))
    with components(base, Component.RADIUS, Component.PORTAL):
        yield Street(base, certificate, boxes)


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
            portal_certificate=base.certificate,
            web_port=WEB_PORT,
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


@dataclass
class Watch:
    """What Chromium did on its way that nobody sees on the page."""

    blocked: list[str] = field(default_factory=list)
    """What its console says of a content policy."""
    leads: dict[str, str] = field(default_factory=dict)
    """`form-action` of each page of ours, by its path."""

    def hear(self, message: ConsoleMessage) -> None:
        """Keep what is blocked."""
        if "Content Security Policy" in message.text:
            self.blocked.append(message.text)

    def see(self, response: Response) -> None:
        """Keep where a page's forms may lead."""
        policy = response.headers.get("content-security-policy", "")
        _, found, rest = policy.partition("form-action ")
        if found and response.status == 200:
            self.leads[urlsplit(response.url).path] = rest.partition(";")[0]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser(street: Street) -> AsyncIterator[Browser]:
    """Chromium, for which each box has a name under which it catches browsing."""
    names = [f"MAP {PLAIN_NAME} {street.base.host}:{PLAIN_PORT}"]
    names += [f"MAP {name}.test {box.address}:{WEB_PORT}" for name, box in street.boxes.items()]
    shown = [box.certificate for box in street.boxes.values() if box.certificate]
    trusted = [street.certificate, *shown]
    async with chromium(hosts=",".join(names), program=WHOLE, trusted=trusted) as running:
        yield running


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("dialect", SPOKEN, ids=name_of)
async def test_in_chromium(street: Street, browser: Browser, dialect: Dialect) -> None:
    """From https, scripts off: as many buttons as the dialect's way back has, then "connected" or
    the guest's wish; nothing is blocked, nothing is warned of, and no form may lead elsewhere.
    Who is led to "ma connexion" is there by their own visit, which no gateway was given."""
    watch, wish = Watch(), f"http://{name_of(dialect)}.test/"
    async with (
        street.running(dialect) as (gateway, events),
        window_of(browser, scripts=False) as window,
    ):
        window.on("console", watch.hear)
        window.on("response", watch.see)
        if dialect.asks_radius:
            await events.until("accounting-response")
        await go(window, wish)
        first = await press_the_one_button(window, dialect.name)
        last = ""
        if dialect.returns is Return.FORM:
            last = await press_the_one_button(window, "Encore un bouton")
        end = "Vous êtes connecté" if dialect.leads_to_us else "Le Web est ouvert"
        await expect(window.get_by_role("heading", level=1)).to_contain_text(end)
        (guest,) = gateway.phones.values()
        assert guest.online is not None
        login = gateway.login_address
        if "/ma-connexion?visit=" in window.url:
            await go(window, window.url.replace("/ma-connexion", "/mes-donnees"))
            await expect(window.get_by_role("button", name="Effacer mes données")).to_be_visible()
    assert watch.blocked == []
    assert watch.leads[first] == " ".join(first_page_leads(street.base, dialect, login))
    if last:
        own = (login, street.base.portal_url)
        assert watch.leads[last] == " ".join(own if dialect.leads_to_us else ("http:", "https:"))


async def press_the_one_button(window: Page, heading: str) -> str:
    """Press the button of the page with this heading, which has no other; return its path."""
    await expect(window.get_by_role("heading", level=1)).to_contain_text(heading)
    await expect(window.get_by_role("button")).to_have_count(1)
    path = urlsplit(window.url).path
    await press(window)
    return path


def first_page_leads(base: Base, dialect: Dialect, login: str) -> tuple[str, ...]:
    """Return where the first page's form may lead: us, and what a 303 takes it by."""
    match dialect.returns:
        case Return.GET if dialect.leads_to_us:
            return "'self'", login, base.portal_url
        case Return.FORM if login.startswith("http:"):
            return "'self'", PLAIN_URL
        case _:
            return "'self'", base.portal_url


async def see_session(base: Base, mac: str) -> None:
    """Wait until the base holds an open session of a device, bound to its admission."""
    connection = await asyncpg.connect(base.owner_url)
    query = """SELECT count(*) FROM live.session WHERE device = $1::text::macaddr
        AND ended_at IS NULL AND admission_id IS NOT NULL"""
    try:
        async with asyncio.timeout(60):
            while not await connection.fetchval(query, mac):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)
    finally:
        await connection.close()


async def disconnect(base: Base, mac: str) -> tuple[Outcome, str] | None:
    """Have a technician end a device's sessions; return what came of it, in words."""
    connection = await asyncpg.connect(base.owner_url)
    try:
        request = Request("technician", SystemClock().now(), 60)
        target = Target(device=MacAddress.parse(mac))
        result = await await_result(
            connection, await ask_disconnect(connection, target, request), 60
        )
    finally:
        await connection.close()
    return (result.outcome, result.words) if result else None


def test_every_dialect_is_simulated() -> None:
    """A dialect without a simulated gateway, or a real one in the tests, would be a claim."""
    spoken = {(d.brand.value, d.variant) for own in DIALECTS.values() for d in own.values()}
    alike = {("generic", v) for v in ("grandstream", "dlink", "alcatel-stellar", "huawei")}
    assert spoken - set(BRANDS) - alike == set()
