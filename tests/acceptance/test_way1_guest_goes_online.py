"""Way 1: a guest goes online, seen from the guest's own window.

The real portal and the real RADIUS server as processes on a real PostgreSQL; Chromium at a phone's
width, without JavaScript, behind a simulated CoovaChilli and behind Debian's openNDS.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from playwright.async_api import Page, expect

from simulation.configuration import GatewayConfiguration, Lease, RadiusServer
from simulation.gateway import SimulatedGateway
from simulation.phone import Doorway, Phone
from simulation.radius_port import Patience
from simulation.site import phone_address
from territory.database.components import Component
from tests.servers import opennds as nds
from tests.servers.addresses import gateway_address
from tests.servers.browser import go, inside, phone_window, press
from tests.servers.event_log import EventLog
from tests.servers.socle import Base, components, write_key
from tests.servers.territory import PORTAL_SECRET, SHARED_SECRET, SitePlan, lay

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WEB = "http://a-site.test/"
OPEN_WEB = "Le Web est ouvert"
SITES = ("mairie", "bibliotheque", "salle-des-fetes", "musee", "maison-de-sante", "village", "gite")
RETURNING = "gite"
"""The site whose plan lets a returning device in by its MAC address."""
CONNECTED = re.compile("Vous êtes connecté")


@dataclass(frozen=True, slots=True)
class Town:
    """The base of a town, and its sites' gateways, each used by one test."""

    base: Base
    addresses: dict[str, str]
    """Each gateway's address by its site's code."""

    def options(self, code: str) -> GatewayConfiguration:
        """Return the options of a site's gateway."""
        return GatewayConfiguration(
            nasid=code,
            address=self.addresses[code],
            portal=f"{self.base.portal_url}/gateway/coovachilli",
            portal_secret=PORTAL_SECRET,
            radius=RadiusServer(SHARED_SECRET, self.base.host),
            web_port=0,
            tick_seconds=0.2,
            stop_seconds=2.0,
        )


@dataclass(frozen=True, slots=True)
class Place:
    """A site with its gateway running, and a guest's window behind it."""

    town: Town
    code: str
    gateway: SimulatedGateway
    events: EventLog
    window: Page

    @property
    def portal(self) -> re.Pattern[str]:
        """What the addresses of the portal's pages look like."""
        return re.compile(re.escape(self.town.base.portal_url))

    async def browse(self) -> None:
        """Type the address of a site, as a guest does."""
        await go(self.window, WEB)

    async def accept(self) -> None:
        """Press the first page's button."""
        await press(self.window)

    async def row(self, table: str, columns: str) -> Any:
        """Return the one row of this site in a table."""
        query = f"SELECT {columns} FROM {table} t JOIN territory.site s ON s.id = t.site_id"
        connection = await asyncpg.connect(self.town.base.owner_url)
        try:
            (row,) = await connection.fetch(f"{query} WHERE s.code = $1", self.code)
            return row
        finally:
            await connection.close()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, module_database_url: str) -> Iterator[Town]:
    """Portal and RADIUS as processes, and as many configured sites as there are tests."""
    folder = tmp_path_factory.mktemp("town")
    addresses = {code: gateway_address() for code in SITES}
    host = next(iter(addresses.values())).rsplit(".", 1)[0] + ".2"
    base = Base(folder, module_database_url, host)
    uamserver = f"{base.portal_url}/gateway/coovachilli"
    sites = [
        SitePlan(
            code,
            "coovachilli",
            f"{address}:3990",
            uamserver,
            address,
            mac_authentication=code == RETURNING,
        )
        for code, address in addresses.items()
    ]
    asyncio.run(lay(module_database_url, write_key(folder), sites))
    with components(base, Component.RADIUS, Component.PORTAL):
        yield Town(base, addresses)


@pytest.fixture(scope="module")
def unused_sites() -> Iterator[str]:
    """The sites that no test has used yet."""
    return iter(SITES)


@pytest.fixture
async def place(town: Town, unused_sites: Iterator[str]) -> AsyncIterator[Place]:
    """A site of this test's own."""
    code, events = next(unused_sites), EventLog()
    gateway = SimulatedGateway(town.options(code), listener=events)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(gateway)
        rules = f"MAP *.test {town.addresses[code]}:{gateway.web_port}"
        window = await stack.enter_async_context(phone_window(hosts=rules, scripts=False))
        yield Place(town, code, gateway, events, window)


async def go_online(place: Place) -> None:
    """Browse, be captured, accept, be connected."""
    await place.browse()
    await expect(place.window).to_have_url(place.portal)
    await place.accept()
    await expect(place.window.locator("h1")).to_have_text(CONNECTED)


async def test_a_guest_is_captured_accepts_and_is_online(place: Place) -> None:
    """Captured, redirected, admitted by RADIUS, told what is left, and released."""
    await go_online(place)
    await expect(place.window.locator("main")).to_contain_text(re.compile(r"3\s?h|4\s?h"))
    await place.browse()
    await expect(place.window).to_have_title(OPEN_WEB)
    assert [kind for kind in place.events.kinds() if kind.startswith("access")] == [
        "access-request",
        "access-accept",
    ]
    (phone,) = place.gateway.phones.values()
    assert phone.online is not None
    assert phone.online.rights.upload_bps == 2_000_000
    assert phone.online.rights.interim_seconds == 60
    assert 4 * 3600 - 60 <= (phone.online.rights.session_seconds or 0) <= 4 * 3600
    admission = await place.row("live.binding", "t.device::text, t.bound_at")
    assert admission["device"].upper().replace(":", "-") == phone.mac
    assert admission["bound_at"] is not None


async def test_the_session_is_recorded_with_its_device(place: Place) -> None:
    """The gateway's Start is confirmed once durable: the session can become evidence."""
    await go_online(place)
    (phone,) = place.gateway.phones.values()
    await place.events.until("accounting-response", 2)  # Accounting-On, then Start
    columns = "t.acct_session_id, t.device::text, host(t.address) AS address, t.ended_at"
    session = await place.row("live.session", f"{columns}, t.admission_id")
    assert session["acct_session_id"] == phone.session_id
    assert session["address"] == phone.address
    assert session["device"].upper().replace(":", "-") == phone.mac
    assert session["admission_id"] is not None
    assert session["ended_at"] is None


async def test_logging_out_captures_the_guest_again(place: Place) -> None:
    """The button of "connected" ends the session at the gateway and the right in the base."""
    await go_online(place)
    await place.window.locator("form[action*=deconnexion] button").click()
    await expect(place.window.locator("main")).to_contain_text("Vous êtes déconnecté")
    (phone,) = place.gateway.phones.values()
    assert phone.online is None
    admission = await place.row("live.admission", "t.revoked_at")
    assert admission["revoked_at"] is not None
    await place.browse()
    await expect(place.window).to_have_url(place.portal)
    await place.accept()
    await expect(place.window.locator("h1")).to_have_text(CONNECTED)


async def test_a_refused_guest_reads_what_to_do_next(place: Place) -> None:
    """A wrong credential is refused by RADIUS; the page says to press again, and that works."""
    await place.browse()
    wrong = f"username={'a' * 26}&response={'0' * 32}"
    await go(place.window, f"{place.gateway.login_address}/logon?{wrong}")
    await expect(place.window).to_have_url(re.compile("res=failed&reason=reject"))
    await expect(place.window.locator("main")).to_contain_text("Appuyez de nouveau sur le bouton")
    await place.accept()
    await expect(place.window.locator("h1")).to_have_text(CONNECTED)


async def test_a_credential_is_worth_nothing_to_another_device(place: Place) -> None:
    """Whoever read the hand-back over the air cannot go online with it."""
    async with _phone(place.gateway, 0) as first, _phone(place.gateway, 1) as second:
        journey = await first.go_online(WEB)
        assert journey.online
        stolen = next(h for sight in journey.sights for h in sight.hops if "/logon?" in h)
        await second.browse(WEB)
        refused = await second.browse(stolen)
        assert "res=failed" in refused.address
        assert "Appuyez de nouveau" in refused.page.text
        assert (await second.go_online(WEB)).online


async def test_a_silent_radius_is_told_in_words(town: Town) -> None:
    """reason=timeout: the guest reads to wait a minute, and not a gateway's error."""
    nobody = RadiusServer(SHARED_SECRET, town.base.host, 9, 9, Patience(0.1, 2))
    options = replace(town.options("village"), radius=nobody)
    async with SimulatedGateway(options) as gateway, _phone(gateway, 0) as phone:
        journey = await phone.go_online(WEB)
    assert not journey.online
    assert any("n'a pas répondu à temps" in sight.page.text for sight in journey.sights)


async def test_a_returning_device_is_let_in_without_a_page(town: Town) -> None:
    """With MAC authentication, who has a live admission is online from the first request on."""
    host = town.addresses[RETURNING]
    lease = Lease("8A-56-7E-F9-10-E4", "10.1.0.77")
    leases = {phone_address(host, 0): lease}
    options = replace(town.options(RETURNING), macauth=True, leases=leases)
    log = EventLog()
    async with SimulatedGateway(options, listener=log) as gateway, _phone(gateway, 0) as phone:
        journey = await phone.go_online(WEB)
        assert journey.online
        assert len(journey.sights) > 1
        gateway.leave(phone.source)
        await log.until("accounting-response", 3)  # Accounting-On, Start, Stop
        back = await phone.browse(WEB)
    assert back.page.title == OPEN_WEB
    answers = [kind for kind in log.kinds() if kind in ("access-accept", "access-reject")]
    assert answers == ["access-reject", "access-accept", "access-accept"]


@pytest.mark.namespace
async def test_a_guest_behind_a_real_opennds_goes_online(tmp_path: Path, database_url: str) -> None:
    """DHCP lease, captured by openNDS, handed back by the browser, released; then logged out."""
    name, faskey = "mairie-bar", "faskey-of-the-lab-0123456789"
    with nds.opennds(tmp_path, nds.Portal(name, faskey)) as real:
        world = real.namespaces.inside(nds.WORLD)
        base = Base(tmp_path, database_url, nds.WORLD_ADDRESS, tuple(world))
        site = SitePlan(
            name,
            "opennds",
            real.login_address,
            f"{base.portal_url}/gateway/opennds",
            portal_secret=faskey,
        )
        await lay(database_url, write_key(tmp_path), [site])
        program = inside(tmp_path, real.namespaces.full(nds.PHONE))
        with components(base, Component.PORTAL):
            async with phone_window(program=program, scripts=False) as window:
                await _through_opennds(window, base)
        connection = await asyncpg.connect(database_url)
        device = await connection.fetchval("SELECT device::text FROM live.binding")
        await connection.close()
        assert device == real.phone_mac()


async def _through_opennds(window: Page, base: Base) -> None:
    portal = re.compile(re.escape(base.portal_url))
    await go(window, WEB)
    await expect(window).to_have_url(portal)
    await press(window)
    await expect(window.locator("h1")).to_have_text(CONNECTED)
    connected = window.url
    await go(window, WEB)
    await expect(window).to_have_title(nds.WEB_TITLE)
    await go(window, connected)
    await window.locator("form[action*=deconnexion] button").click()
    await expect(window).to_have_url(f"http://{nds.ROUTER_ADDRESS}:2050/")  # its own page
    await go(window, f"{WEB}?again")
    await expect(window).to_have_url(portal)


def _phone(gateway: SimulatedGateway, number: int) -> Phone:
    host = gateway.configuration.address
    return Phone(phone_address(host, number), Doorway(host, gateway.web_port))
