"""MikroTik and Cambium, from captured to online and out again, with the real base.

Portal and RADIUS run as processes; a simulated phone sits behind a simulated gateway of each
brand. MikroTik's has the page that our bundle renders for it. What the gateways know comes from
documents (`simulation/brands`).
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import asyncpg
import pytest
from playwright.async_api import expect

from deploy.packages.bundle import render
from deploy.packages.catalogue import offer_named
from simulation.certificate import self_signed
from simulation.configuration import GatewayConfiguration, RadiusServer
from simulation.gateway import SimulatedGateway
from simulation.phone import Doorway, Phone, Sight
from simulation.site import phone_address
from territory.clock import SystemClock
from territory.database.commands import Outcome, Request, Target, ask_disconnect, await_result
from territory.database.components import Component
from territory.vocabulary import Brand, Link
from tests.servers.addresses import gateway_address
from tests.servers.browser import go, phone_window, press
from tests.servers.event_log import EventLog
from tests.servers.socle import Base, components, write_key
from tests.servers.territory import SHARED_SECRET, SitePlan, lay
from tests.unit.deploy.packages.sheets import BASE, CHILLI, SITE

pytestmark = pytest.mark.slow

WEB = "http://a-site.test/"
PORTS = {"mikrotik": 8090, "cambium": 8880}
AGAIN = "Appuyez de nouveau sur le bouton"


@dataclass(frozen=True, slots=True)
class Town:
    """The base of a town, and its sites' gateways."""

    base: Base
    addresses: dict[str, str]
    sites: dict[str, UUID]

    def options(self, brand: str) -> GatewayConfiguration:
        """Return what a site's gateway is told."""
        portal = f"{self.base.portal_url}/gateway/{brand}"
        return GatewayConfiguration(
            nasid=brand,
            address=self.addresses[brand],
            portal=portal,
            portal_secret="",
            radius=RadiusServer(SHARED_SECRET, self.base.host),
            login_port=PORTS[brand],
            web_port=0,
            tick_seconds=0.2,
            stop_seconds=2.0,
            brand=brand,
            pages={"login.html": login_page(portal)} if brand == "mikrotik" else {},
        )


def login_page(portal: str) -> str:
    """Return the page that our bundle puts on a router."""
    router = replace(
        CHILLI, code="mikrotik", brand=Brand.MIKROTIK, portal=urlsplit(portal), portal_secret=""
    )
    site = replace(SITE, link=Link.PRIVATE_NETWORK, gateways=(router,))
    files = render(offer_named("town-hall"), site, router, BASE)
    return next(file.content for file in files if file.path.name == "login.html")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, module_database_url: str) -> Iterator[Town]:
    """Portal and RADIUS as processes, and a site for each brand."""
    folder = tmp_path_factory.mktemp("town")
    addresses = {brand: gateway_address() for brand in PORTS}
    base = Base(folder, module_database_url, addresses["mikrotik"].rsplit(".", 1)[0] + ".2")
    plans = [
        SitePlan(
            brand,
            brand,
            f"{address}:{PORTS[brand]}",
            f"{base.portal_url}/gateway/{brand}",
            address,
            attribute_sets=("standard", "wispr", brand),
        )
        for brand, address in addresses.items()
    ]
    sites = asyncio.run(lay(module_database_url, write_key(folder), plans))
    with components(base, Component.RADIUS, Component.PORTAL):
        yield Town(base, addresses, sites)


_PHONES = itertools.count()


@dataclass(frozen=True, slots=True)
class Place:
    """A site with its gateway running, and a guest's phone behind it."""

    town: Town
    gateway: SimulatedGateway
    events: EventLog
    phone: Phone

    @property
    def is_online(self) -> bool:
        """Whether the gateway lets the phone through."""
        return self.gateway.phones[self.phone.source].online is not None

    async def row(self, table: str, columns: str) -> Any:
        """Return this site's last row of a table."""
        query = f"SELECT {columns} FROM {table} t WHERE t.site_id = $1 ORDER BY ctid DESC LIMIT 1"
        connection = await asyncpg.connect(self.town.base.owner_url)
        try:
            return await connection.fetchrow(
                query, self.town.sites[self.gateway.configuration.brand]
            )
        finally:
            await connection.close()


@asynccontextmanager
async def place_of(town: Town, brand: str, **changes: Any) -> AsyncIterator[Place]:
    """Run a brand's gateway with a phone behind it, its Accounting-On confirmed."""
    options, events = replace(town.options(brand), **changes), EventLog()
    async with AsyncExitStack() as stack:
        gateway = SimulatedGateway(options, listener=events)
        await stack.enter_async_context(gateway)
        await events.until("accounting-response")
        trusts = options.certificate.trusting_context() if options.certificate else None
        door = Doorway(options.address, gateway.web_port)
        # Another phone each time: the same one's next session within a second has the same name.
        source = phone_address(options.address, next(_PHONES))
        phone = Phone(source, door, trusts=trusts)
        yield Place(town, gateway, events, await stack.enter_async_context(phone))


async def see_session(place: Place) -> None:
    """Wait until the base holds an open session at the site."""
    connection = await asyncpg.connect(place.town.base.owner_url)
    site = place.town.sites[place.gateway.configuration.brand]
    query = "SELECT count(*) FROM live.session WHERE site_id = $1 AND ended_at IS NULL"
    try:
        async with asyncio.timeout(60):
            while not await connection.fetchval(query, site):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)
    finally:
        await connection.close()


async def disconnect(place: Place) -> tuple[Outcome, int]:
    """Have a technician end what is open at the site."""
    connection = await asyncpg.connect(place.town.base.owner_url)
    try:
        target = Target(site_id=place.town.sites[place.gateway.configuration.brand])
        asked = Request("technician", SystemClock().now(), 60.0)
        number = await ask_disconnect(connection, target, asked)
        result = await await_result(connection, number, 60.0)
    finally:
        await connection.close()
    assert result is not None
    return result.outcome, result.sessions


def own_page(sights: tuple[Sight, ...]) -> Sight:
    """Return "connected", which a gateway led to."""
    return next(s for s in sights if urlsplit(s.address).path == "/ma-connexion")


@pytest.mark.parametrize("tls", [False, True], ids=["http-chap", "https"])
async def test_a_guest_behind_a_mikrotik(town: Town, tls: bool) -> None:
    """Captured by the router's own page, one button, HTTP-CHAP (in clear inside TLS), the Web;
    "connected" ends it at the router and in the base."""
    certificate = self_signed(town.addresses["mikrotik"]) if tls else None
    async with place_of(town, "mikrotik", certificate=certificate) as place:
        journey = await place.phone.go_online(WEB)
        assert journey.online, [sight.page.text for sight in journey.sights]
        hops = [hop for sight in journey.sights for hop in sight.hops]
        followed = urlsplit(next(hop for hop in hops if "username=" in hop))
        assert followed.scheme == ("https" if tls else "http")
        password = parse_qs(followed.query)["password"][0]
        assert (len(password) == 32) is not tls
        online = place.gateway.phones[place.phone.source].online
        assert online is not None
        assert (online.rights.upload_bps, online.rights.download_bps) == (2_000_000, 8_000_000)
        await place.events.until("accounting-response", 2)
        session = await place.row("live.session", "t.device::text, t.admission_id, t.ended_at")
        mac = place.gateway.phones[place.phone.source].mac
        assert session["device"] == mac.replace("-", ":").lower()
        assert session["admission_id"] is not None

        connected = own_page(journey.sights)
        out = next(form for form in connected.page.forms if "deconnexion" in form.action)
        gone = await place.phone.press(out, connected)
        assert gone.page.title == "Logged out"
        assert not place.is_online
        assert (await place.row("live.admission", "t.revoked_reason"))["revoked_reason"] == "guest"

        again = own_page((await place.phone.go_online(WEB)).sights)
        assert "Vous êtes connecté" in again.page.text  # though the base knows an ended session


@pytest.mark.browser
@pytest.mark.parametrize(
    ("brand", "buttons", "end"),
    [("mikrotik", 1, "**/ma-connexion?*"), ("cambium", 2, f"{WEB}**")],
)
async def test_in_chromium(town: Town, brand: str, buttons: int, end: str) -> None:
    """A MikroTik's page leads on by itself, its octal escapes in the address and all, to
    "connected"; a Cambium gets its query back as it wrote it, and lets the guest's wish through."""
    async with place_of(town, brand) as place:
        rules = f"MAP *.test {town.addresses[brand]}:{place.gateway.web_port}"
        async with phone_window(hosts=rules, scripts=False) as window:
            await go(window, WEB)
            for _ in range(buttons):
                await press(window)
            await place.events.until("released")
            await window.wait_for_url(end)
            await go(window, WEB)
            await expect(window).to_have_title("Le Web est ouvert")


async def test_a_mikrotik_refuses(town: Town) -> None:
    """A wrong answer: the router shows its page, which leads to ours; pressing again works."""
    async with place_of(town, "mikrotik") as place:
        await place.phone.browse(WEB)
        wrong = f"{place.gateway.login_address}/login?username={'a' * 26}&password={'0' * 32}"
        refused = await place.phone.browse(wrong)
        assert "access-reject" in place.events.kinds()
        assert AGAIN in refused.page.text
        await place.phone.press(refused.page.forms[0], refused)
        assert place.is_online


async def test_a_guest_behind_a_cambium(town: Town) -> None:
    """One page, one button to the access point whose query it repeats, the Web; "connected"
    revokes the right, and the base ends the session by RADIUS."""
    async with place_of(town, "cambium") as place:
        journey = await place.phone.go_online(WEB)
        assert journey.online, [sight.page.text for sight in journey.sights]
        await place.events.until("accounting-response", 2)
        session = await place.row("live.session", "t.device::text, t.admission_id")
        mac = place.gateway.phones[place.phone.source].mac
        assert session["device"] == mac.replace("-", ":").lower()
        assert session["admission_id"] is not None
        leads = [link for sight in journey.sights for link in sight.page.links]
        home = next(link for link in leads if "/ma-connexion?visit=" in link)
        connected = await place.phone.browse(home)
        out = next(form for form in connected.page.forms if "deconnexion" in form.action)
        await place.phone.press(out, connected)
        assert (await place.row("live.admission", "t.revoked_reason"))["revoked_reason"] == "guest"
        await place.events.until("disconnect-ack")
        assert not place.is_online


async def test_a_cambium_refuses(town: Town) -> None:
    """A wrong credential, or a query that was escaped once more: neither lets in; pressing again
    does."""
    async with place_of(town, "cambium") as place:
        first = await place.phone.browse(WEB)
        last = await place.phone.press(first.page.forms[0], first)
        (form,) = (f for f in last.page.forms if "hotspot_login.cgi" in f.action)
        again = replace(form, action=form.action.replace("%2f", "%252f"))
        assert (await place.phone.press(again, last)).status == 400
        wrong = [replace(each, value="x" * 26) for each in form.fields]
        refused = await place.phone.press(replace(form, fields=tuple(wrong)), last)
        assert "access-reject" in place.events.kinds()
        assert not place.is_online
        back = await place.phone.press(refused.page.forms[0], refused)
        await place.phone.press(
            next(f for f in back.page.forms if "hotspot_login.cgi" in f.action), back
        )
        assert place.is_online


@pytest.mark.parametrize("brand", list(PORTS))
async def test_a_technician_ends_a_session(town: Town, brand: str) -> None:
    """A Disconnect by what this brand knows a session by is obeyed."""
    async with place_of(town, brand) as place:
        await place.events.until("accounting-response")  # a late Accounting-On would end it too
        assert (await place.phone.go_online(WEB)).online
        await see_session(place)
        assert await disconnect(place) == (Outcome.CLOSED, 1)
        assert not place.is_online


@pytest.mark.parametrize(
    ("brand", "query"),
    [
        (
            "mikrotik",
            "nasid=mikrotik&mac=8A%3A56%3A7E%3AF9%3A10%3AE4&link-login-only=http://e/login",
        ),
        ("mikrotik", "nasid=mikrotik&mac=nobody"),
        ("mikrotik", "nasid=elsewhere&mac=8A%3A56%3A7E%3AF9%3A10%3AE4"),
        ("cambium", "ga_nas_id=cambium&ga_srvr=e&ga_cmac=8A-56-7E-F9-10-E4&ga_Qv=x"),
        ("cambium", "ga_nas_id=cambium&ga_cmac=8A-56-7E-F9-10-E4&ga_Qv=x"),
    ],
)
async def test_a_bad_redirect_gets_a_page_without_a_form(
    town: Town, brand: str, query: str
) -> None:
    """The portal refuses it in words, and repeats nothing of it."""
    async with place_of(town, brand) as place:
        sight = await place.phone.browse(f"{town.base.portal_url}/gateway/{brand}?{query}")
    assert sight.status == 400
    assert sight.page.forms == ()
