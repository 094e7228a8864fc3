"""Way 1: a guest goes online, seen from the guest's own window.

The real portal and the real RADIUS server as processes on a real PostgreSQL; Chromium at a phone's
width, without JavaScript, behind a simulated CoovaChilli and behind Debian's openNDS.
"""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from playwright.async_api import Page, expect

from simulation.configuration import GatewayConfiguration, RadiusServer
from simulation.coovachilli import SimulatedGateway
from simulation.phone import Doorway, Phone
from simulation.radius_port import Patience
from simulation.site import phone_address
from territory.database.components import Component
from tests.servers import opennds as nds
from tests.servers.addresses import gateway_address
from tests.servers.browser import inside, phone_window
from tests.servers.event_log import EventLog
from tests.servers.socle import Base, components, write_key
from tests.servers.territory import PORTAL_SECRET, SHARED_SECRET, SitePlan, lay

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WEB = "http://a-site.test/"
OPEN_WEB = "Le Web est ouvert"
CONNECTED = re.compile("Vous êtes connecté")


@dataclass
class Town:
    """A town hall with its gateway, and the base behind it."""

    base: Base
    gateway: SimulatedGateway
    other_address: str
    """Of the village's gateway, which is known and not running."""
    events: EventLog
    window: Page

    async def browse(self) -> None:
        """Type the address of a site, as a guest does."""
        await self.window.goto(WEB)

    async def accept(self) -> None:
        """Press the first page's button."""
        await self.window.locator("form[method=post] button").first.click()

    async def rows(self, query: str) -> list[Any]:
        """Return what the database says."""
        connection = await asyncpg.connect(self.base.owner_url)
        try:
            return list(await connection.fetch(query))
        finally:
            await connection.close()


@pytest.fixture
async def town(tmp_path: Path, database_url: str) -> AsyncIterator[Town]:
    """Portal, RADIUS and a simulated gateway that knows them, with a window behind it."""
    address, other = gateway_address(), gateway_address()
    base = Base(tmp_path, database_url, address.rsplit(".", 1)[0] + ".2")
    uamserver = f"{base.portal_url}/gateway/coovachilli"
    sites = [
        SitePlan(code, "coovachilli", f"{where}:3990", uamserver, where)
        for code, where in (("mairie", address), ("village", other))
    ]
    await lay(database_url, write_key(tmp_path), sites)
    options = GatewayConfiguration(
        nasid="mairie",
        uamlisten=address,
        uamserver=uamserver,
        uamsecret=PORTAL_SECRET,
        web_port=0,
        tick_seconds=0.2,
        radius=RadiusServer(SHARED_SECRET, base.host),
    )
    events = EventLog()
    async with AsyncExitStack() as stack:
        stack.enter_context(components(base, Component.RADIUS, Component.PORTAL))
        gateway = SimulatedGateway(options, listener=events)
        await stack.enter_async_context(gateway)
        rules = f"MAP *.test {address}:{gateway.web_port}"
        window = await stack.enter_async_context(phone_window(hosts=rules, scripts=False))
        yield Town(base, gateway, other, events, window)


async def go_online(town: Town) -> None:
    """Browse, be captured, accept, be connected."""
    await town.browse()
    await expect(town.window).to_have_url(re.compile(re.escape(town.base.portal_url)))
    await town.accept()
    await expect(town.window.locator("h1")).to_have_text(CONNECTED)


async def test_a_guest_is_captured_accepts_and_is_online(town: Town) -> None:
    """Captured, redirected, admitted by RADIUS, told what is left, and released."""
    await go_online(town)
    await expect(town.window.locator("main")).to_contain_text(re.compile(r"3\s?h|4\s?h"))
    await town.browse()
    await expect(town.window).to_have_title(OPEN_WEB)
    assert [kind for kind in town.events.kinds() if kind.startswith("access")] == [
        "access-request",
        "access-accept",
    ]
    (phone,) = town.gateway.phones.values()
    assert phone.online is not None
    assert phone.online.rights.upload_bps == 2_000_000
    assert phone.online.rights.interim_seconds == 60
    assert 4 * 3600 - 60 <= (phone.online.rights.session_seconds or 0) <= 4 * 3600
    (admission,) = await town.rows("SELECT device::text, bound_at FROM live.admission")
    assert admission["device"].upper().replace(":", "-") == phone.mac
    assert admission["bound_at"] is not None


async def test_the_session_is_recorded_with_its_device(town: Town) -> None:
    """The gateway's Start is confirmed once durable: the session can become evidence."""
    await go_online(town)
    (phone,) = town.gateway.phones.values()
    await town.events.until("accounting-response", 2)  # Accounting-On, then Start
    (session,) = await town.rows(
        "SELECT acct_session_id, device::text, host(address) AS address, ended_at,"
        " admission_id IS NOT NULL AS admitted FROM live.session"
    )
    assert session["acct_session_id"] == phone.session_id
    assert session["address"] == phone.address
    assert session["device"].upper().replace(":", "-") == phone.mac
    assert session["admitted"]
    assert session["ended_at"] is None


async def test_logging_out_captures_the_guest_again(town: Town) -> None:
    """The button of "connected" ends the session at the gateway and the right in the base."""
    await go_online(town)
    await town.window.locator("form[action*=deconnexion] button").click()
    await expect(town.window.locator("main")).to_contain_text("Vous êtes déconnecté")
    (phone,) = town.gateway.phones.values()
    assert phone.online is None
    (admission,) = await town.rows("SELECT revoked_at FROM live.admission")
    assert admission["revoked_at"] is not None
    await town.browse()
    await expect(town.window).to_have_url(re.compile(re.escape(town.base.portal_url)))
    await town.accept()
    await expect(town.window.locator("h1")).to_have_text(CONNECTED)


async def test_a_refused_guest_reads_what_to_do_next(town: Town) -> None:
    """A wrong credential is refused by RADIUS; the page says to press again, and that works."""
    await town.browse()
    wrong = f"username={'a' * 26}&response={'0' * 32}"
    await town.window.goto(f"{town.gateway.uam_address}/logon?{wrong}")
    await expect(town.window).to_have_url(re.compile("res=failed&reason=reject"))
    await expect(town.window.locator("main")).to_contain_text("Appuyez de nouveau sur le bouton")
    await town.accept()
    await expect(town.window.locator("h1")).to_have_text(CONNECTED)


async def test_a_credential_is_worth_nothing_to_another_device(town: Town) -> None:
    """Whoever read the hand-back over the air cannot go online with it."""
    async with _phone(town.gateway, 0) as first, _phone(town.gateway, 1) as second:
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
    deaf = replace(
        town.gateway.configuration,
        nasid="village",
        uamlisten=town.other_address,
        radius=RadiusServer(SHARED_SECRET, town.base.host, 9, patience=Patience(0.1, 2)),
        stop_seconds=0.1,
    )
    async with SimulatedGateway(deaf) as gateway, _phone(gateway, 0) as phone:
        journey = await phone.go_online(WEB)
    assert not journey.online
    assert any("n'a pas répondu à temps" in sight.page.text for sight in journey.sights)


@pytest.mark.namespace
async def test_a_guest_behind_a_real_opennds_goes_online(tmp_path: Path, database_url: str) -> None:
    """DHCP lease, captured by openNDS, terms accepted, handed back by the browser, released."""
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
        device = await connection.fetchval("SELECT device::text FROM live.admission")
        await connection.close()
        assert device == real.phone_mac()


async def _through_opennds(window: Page, base: Base) -> None:
    await window.goto(WEB)
    await expect(window).to_have_url(re.compile(re.escape(base.portal_url)))
    await window.locator("form[method=post] button").first.click()
    await expect(window.locator("h1")).to_have_text(CONNECTED)
    await window.goto(WEB)
    await expect(window).to_have_title(nds.WEB_TITLE)


def _phone(gateway: SimulatedGateway, number: int) -> Phone:
    host = gateway.configuration.uamlisten
    return Phone(phone_address(host, number), Doorway(host, gateway.web_port))
