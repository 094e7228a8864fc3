"""A guest's whole way where a controller lets in: redirect, button, "connected", and when it fails.

The portal is the real one, the controller a simulated one over TLS; the guest's browser is sent by
that gateway's own redirect.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import insert

from portal.controllers.makes import CONTROLLERS
from portal.guest.parts import Portal
from simulation.brands.controlled import Mood
from simulation.configuration import RadiusServer
from simulation.radius_port import Patience
from territory.database import tables
from territory.database.connect import open_engine
from territory.keyring import Keyring
from territory.vocabulary import Brand
from tests.conftest import FixedClock
from tests.integration.portal.conftest import PUBLIC_URL, Answer, Guest, Seed
from tests.servers.controlled import RADIO, Lab, open_lab
from tests.servers.plain_radius import PlainRadius

USERS = {"legacy": "socle", "controller": "socle", "ruckus-one": "api"}
EQUIPMENT = "La borne Wi-Fi du lieu ne répond pas."


@dataclass
class CredulousRadius(PlainRadius):
    """A RADIUS server that believes whatever password it is shown."""

    def _proven(self, request: object) -> bool:
        return True


@dataclass
class Place:
    """A library whose gateway has a controller, and its guest."""

    lab: Lab
    guest: Guest
    owner: "asyncpg.Connection[asyncpg.Record]"

    async def arrive(self) -> Answer:
        """Come as the gateway sends a phone."""
        parts = urlsplit(self.lab.redirect())
        return await self.guest.get(f"{parts.path}?{parts.query}")


@pytest.fixture(params=list(CONTROLLERS), ids="-".join)
async def place(
    request: pytest.FixtureRequest,
    clock: FixedClock,
    keyring: Keyring,
    database_url: str,
    seed: Seed,
    portal: Portal,
    guest: Guest,
    owner: "asyncpg.Connection[asyncpg.Record]",
) -> AsyncIterator[Place]:
    """The gateway is known by its access point, as an administrator would describe it."""
    brand, variant = request.param
    base = PUBLIC_URL if brand == "unifi" else f"{PUBLIC_URL}/gateway/{brand}"
    async with CredulousRadius() as server:
        radius = RadiusServer("testing123", "127.0.0.1", server.port, server.port, Patience(0.1, 2))
        options = {"user": USERS.get(variant, ""), "portal": base}
        if brand == "smartzone":
            options["radius"] = radius  # type: ignore[assignment]
        async with open_lab(clock, brand, variant, **options) as lab:
            await describe(database_url, keyring, seed, lab)
            await portal.directory.refresh()
            yield Place(lab, guest, owner)


async def describe(owner_url: str, keyring: Keyring, seed: Seed, lab: Lab) -> None:
    """Write the gateway, its controller and its access point."""
    options, record = lab.gateway.configuration, lab.record()
    gateway = {
        "id": uuid4(),
        "site_id": seed.library,
        "code": options.nasid,
        "brand": options.brand,
        "variant": options.variant,
        "login_address": "10.60.0.1",
        "controller_url": record.url,
        "controller_site": record.site,
        "controller_user": record.user,
        "controller_password_sealed": keyring.seal(record.password),
        "controller_certificate": record.certificate,
    }
    radio = {"id": uuid4(), "site_id": seed.library, "code": "ap", "name": "Salle", "mac": RADIO}
    engine = open_engine(owner_url)
    async with engine.begin() as db:
        await db.execute(insert(tables.gateway).values(**gateway))
        await db.execute(insert(tables.access_point).values(**radio))
    await engine.dispose()


async def test_from_captured_to_connected(place: Place) -> None:
    """No second button and no foreign address: the portal asks, the browser stays with us."""
    page = await place.arrive()
    assert "Bibliothèque Jean-Victor-Poncelet" in page.text
    assert f"form-action 'self' {PUBLIC_URL};" in page.headers["Content-Security-Policy"]
    leaving = await place.guest.post("/visite", visit=page.visit)
    assert leaving.status == 303
    assert leaving.location.startswith(f"{PUBLIC_URL}/ma-connexion?visit=")
    connected = await place.guest.get(leaving.location.removeprefix(PUBLIC_URL))
    assert "Vous êtes connecté" in connected.text
    online = place.lab.online
    asks_radius = place.lab.gateway.configuration.brand == Brand.SMARTZONE
    assert (online.rights.session_seconds == 14_400) is not asks_radius
    bound = await place.owner.fetchval(
        "SELECT count(*) FROM live.admission LEFT JOIN live.binding ON admission_id = id"
        " WHERE user_name = $1 OR device = $2::text::macaddr",
        online.user_name,
        place.lab.phone.mac,
    )
    assert bound == 1


async def test_a_controller_that_fails(place: Place) -> None:
    """The page says that the place's equipment does not answer; the same button works later."""
    page = await place.arrive()
    place.lab.brand.mood = Mood.NOT_JSON
    failed = await place.guest.post("/visite", visit=page.visit)
    assert (failed.status, EQUIPMENT in failed.text) == (502, True)
    assert place.lab.phone.online is None
    place.lab.brand.mood = Mood.WELL
    again = await place.guest.post("/visite", visit=failed.visit)
    assert again.status == 303
    assert place.lab.online.seconds(place.lab.table.clock.now()) == 0
    assert await place.owner.fetchval("SELECT count(*) FROM live.admission") == 1


async def test_what_is_refused_at_the_door(place: Place, clock: FixedClock) -> None:
    """A redirect must come from an access point of the site, name a device in clear or one that
    the controller opens, and be fresh where it says when it was made."""
    parts = urlsplit(place.lab.redirect())
    is_sealed = place.lab.gateway.configuration.brand == Brand.SMARTZONE
    foreign = parts.query
    for text in (RADIO, RADIO.replace("-", ":").lower(), RADIO.replace("-", "").lower()):
        foreign = foreign.replace(text, text[:-2] + "77")
    assert (await place.guest.get(f"{parts.path}?{foreign}")).status == 400
    place.lab.brand.mood = Mood.NOT_JSON
    told = await place.guest.get(f"{parts.path}?{parts.query}")
    assert told.status == (400 if is_sealed else 200)
    assert not re.search("ENC[0-9a-fA-F]{8}", told.text), (
        "what nobody could open is shown to nobody"
    )
    place.lab.brand.mood = Mood.WELL
    if parts.path == "/guest/s/default/":
        for path in ("/guest/s/default", "/gateway/unifi/gw-controlled/guest/s/default/"):
            assert (await place.guest.get(f"{path}?{parts.query}")).status == 200
    clock.advance(minutes=30)
    late = await place.guest.get(f"{parts.path}?{parts.query}")
    assert late.status == (200 if is_sealed else 400)
