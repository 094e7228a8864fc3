"""Aruba, Ruckus and FortiGate, from captured to online and back out again, with the real base.

Portal and RADIUS run as processes; a simulated phone sits behind a simulated gateway of each
dialect, and presses what a guest would. What the gateways know comes from documents and from
exchanges that others recorded (`simulation/brands`).
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import pytest

from simulation.certificate import ServerCertificate, self_signed
from simulation.configuration import GatewayConfiguration, RadiusServer
from simulation.gateway import SimulatedGateway
from simulation.mini_browser import Form
from simulation.phone import Doorway, Journey, Phone, Sight
from simulation.site import phone_address
from territory.clock import SystemClock
from territory.database.commands import (
    Outcome,
    Request,
    Target,
    ask_disconnect,
    await_result,
)
from territory.database.components import Component
from tests.servers.addresses import gateway_address
from tests.servers.event_log import EventLog
from tests.servers.socle import Base, components, write_key
from tests.servers.territory import SHARED_SECRET, SitePlan, lay

pytestmark = pytest.mark.slow

WEB = "http://a-site.test/"


@dataclass(frozen=True, slots=True)
class Make:
    """One dialect, and how its gateway is set up here."""

    code: str
    brand: str
    variant: str
    login_port: int
    tls: bool
    leads_back: bool
    """Whether the gateway leads a guest who is let in to our own page."""
    nasmac: str = "B4-79-C8-3C-4B-20"


MAKES = (
    Make("mairie", "aruba", "instant", 4343, tls=True, leads_back=True),
    Make("mediatheque", "aruba", "controller", 4343, tls=True, leads_back=True),
    Make("office-tourisme", "aruba", "instant-on", 4343, tls=True, leads_back=True),
    Make("salle-des-fetes", "ruckus", "", 9997, tls=False, leads_back=False),
    Make("musee", "fortinet", "", 10443, tls=True, leads_back=False),
)


@dataclass(frozen=True, slots=True)
class Town:
    """The base of a town, and its sites' gateways."""

    base: Base
    addresses: dict[str, str]
    sites: dict[str, UUID]
    certificates: dict[str, ServerCertificate]

    def options(self, make: Make) -> GatewayConfiguration:
        """Return what a site's gateway is told."""
        return GatewayConfiguration(
            nasid=make.code,
            address=self.addresses[make.code],
            portal=f"{self.base.portal_url}/gateway/{make.brand}/{make.code}",
            portal_secret="",
            radius=RadiusServer(SHARED_SECRET, self.base.host),
            nasmac=make.nasmac,
            login_port=make.login_port,
            web_port=0,
            tick_seconds=0.2,
            stop_seconds=2.0,
            brand=make.brand,
            variant=make.variant,
            certificate=self.certificates[make.code] if make.tls else None,
        )


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, module_database_url: str) -> Iterator[Town]:
    """Portal and RADIUS as processes, and a site for each dialect."""
    folder = tmp_path_factory.mktemp("town")
    addresses = {make.code: gateway_address() for make in MAKES}
    host = addresses["mairie"].rsplit(".", 1)[0] + ".2"
    base = Base(folder, module_database_url, host)
    plans = [
        SitePlan(
            make.code,
            make.brand,
            f"{addresses[make.code]}:{make.login_port}",
            f"{base.portal_url}/gateway/{make.brand}/{make.code}",
            addresses[make.code],
            variant=make.variant,
        )
        for make in MAKES
    ]
    sites = asyncio.run(lay(module_database_url, write_key(folder), plans))
    certificates = {code: self_signed(address) for code, address in addresses.items()}
    with components(base, Component.RADIUS, Component.PORTAL):
        yield Town(base, addresses, sites, certificates)


_PHONES = itertools.count()


@dataclass(frozen=True, slots=True)
class Place:
    """A site with its gateway running, and a guest's phone behind it."""

    town: Town
    make: Make
    gateway: SimulatedGateway
    events: EventLog
    phone: Phone

    async def row(self, table: str, columns: str) -> Any:
        """Return this site's last row of a table."""
        query = f"SELECT {columns} FROM {table} t WHERE t.site_id = $1 ORDER BY ctid DESC LIMIT 1"
        connection = await asyncpg.connect(self.town.base.owner_url)
        try:
            return await connection.fetchrow(query, self.town.sites[self.make.code])
        finally:
            await connection.close()

    async def go_online(self) -> Journey:
        """Go through the portal's pages; the session is in the base when this returns."""
        reported = self.events.kinds().count("accounting-response")
        journey = await self.phone.go_online(WEB)
        assert journey.online, [sight.page.text for sight in journey.sights]
        await self.events.until("accounting-response", reported + 1)
        return journey

    @property
    def is_online(self) -> bool:
        """Whether the gateway lets the phone through."""
        return self.gateway.phones[self.phone.source].online is not None


@pytest.fixture(params=MAKES, ids=lambda make: f"{make.brand}-{make.variant}".rstrip("-"))
async def place(town: Town, request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    """Each dialect's site in turn, its Accounting-On confirmed."""
    make, events = request.param, EventLog()
    options = town.options(make)
    async with AsyncExitStack() as stack:
        gateway = SimulatedGateway(options, listener=events)
        await stack.enter_async_context(gateway)
        await events.until("accounting-response")
        trusts = options.certificate.trusting_context() if options.certificate else None
        door = Doorway(options.address, gateway.web_port)
        # Another phone each time: the same one's next session within a second has the same name.
        source = phone_address(options.address, next(_PHONES))
        phone = await stack.enter_async_context(Phone(source, door, trusts=trusts))
        yield Place(town, make, gateway, events, phone)


def form_to(sight: Sight, host: str) -> Form:
    """Return the form of a page that leads to a host."""
    return next(form for form in sight.page.forms if urlsplit(form.action).hostname == host)


async def test_a_guest_goes_online_and_logs_out(place: Place) -> None:
    """One page, one button to the gateway, an Access-Accept, the Web; the session is recorded,
    and the guest's own page ends it."""
    journey = await place.go_online()
    assert [kind for kind in place.events.kinds() if kind.startswith("access")] == [
        "access-request",
        "access-accept",
    ]
    online = place.gateway.phones[place.phone.source].online
    assert online is not None
    assert 4 * 3600 - 60 <= (online.rights.session_seconds or 0) <= 4 * 3600
    assert online.rights.upload_bps == 2_000_000
    session = await place.row("live.session", "t.device::text, t.admission_id, t.ended_at")
    known = place.gateway.phones[place.phone.source].mac
    assert session["device"] == known.replace("-", ":").lower()
    assert session["admission_id"] is not None
    assert session["ended_at"] is None

    connected = await _own_page(place, journey)
    assert "Vous êtes connecté" in connected.page.text
    out = next(form for form in connected.page.forms if "deconnexion" in form.action)
    gone = await place.phone.press(out, connected)
    assert urlsplit(gone.address).hostname == place.gateway.configuration.address
    assert not place.is_online
    admission = await place.row("live.admission", "t.revoked_reason")
    assert admission["revoked_reason"] == "guest"
    assert urlsplit((await place.phone.browse(WEB)).address).path.startswith("/gateway/")


async def _own_page(place: Place, journey: Journey) -> Sight:
    """Return "connected": where the gateway led, else what the last page before it linked to."""
    if place.make.leads_back:
        return next(s for s in journey.sights if urlsplit(s.address).path == "/ma-connexion")
    last = next(s for s in journey.sights if _leads_home(s))
    return await place.phone.browse(_leads_home(last))


def _leads_home(sight: Sight) -> str:
    return next((link for link in sight.page.links if "/ma-connexion?visit=" in link), "")


async def test_a_refused_guest_reads_what_to_do_next(place: Place) -> None:
    """A credential that RADIUS does not know: the gateway leads back, and pressing again works."""
    first = await place.phone.browse(WEB)
    last = await place.phone.press(first.page.forms[0], first)
    form = form_to(last, place.gateway.configuration.address)
    wrong = [
        replace(each, value="x" * 26) if each.name == "password" else each for each in form.fields
    ]
    refused = await place.phone.press(replace(form, fields=tuple(wrong)), last)
    assert "access-reject" in place.events.kinds()
    assert not place.is_online
    assert "Appuyez de nouveau sur le bouton" in refused.page.text
    again = await place.phone.press(refused.page.forms[0], refused)
    await place.phone.press(form_to(again, place.gateway.configuration.address), again)
    assert place.is_online


async def test_a_technician_ends_a_session(place: Place) -> None:
    """A Disconnect by what this brand knows a session by is obeyed, and the guest captured."""
    await place.go_online()
    connection = await asyncpg.connect(place.town.base.owner_url)
    try:
        target = Target(site_id=place.town.sites[place.make.code])
        request = Request("technician", SystemClock().now(), 20.0)
        number = await ask_disconnect(connection, target, request)
        result = await await_result(connection, number, 20.0)
    finally:
        await connection.close()
    assert result is not None
    assert (result.outcome, result.sessions) == (Outcome.CLOSED, 1), result.words
    assert not place.is_online
    assert "disconnect-ack" in place.events.kinds()
    assert urlsplit((await place.phone.browse(WEB)).address).path.startswith("/gateway/")
