"""A real portal on loopback with a real database: two gateways of a small territory, and a guest.

`portal` serves; `Guest` asks like a log-in window does, without cookies and without following
redirects, and with the gateway's own way of writing an address.
"""

import hashlib
import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import asyncpg
import pytest
from yarl import URL

from portal.app import create_app
from portal.directory import Directory
from portal.guest.parts import Keys, Portal
from portal.identification.terms import load_terms
from territory.clock import Clock
from territory.database.components import Component
from territory.database.connect import open_pool
from territory.keyring import Keyring
from territory.web.server import start_site

SECRET = "uamsecret-of-the-town-hall"
FASKEY = "faskey-of-the-library"
CHALLENGE = "2dc11413c9df8af115508a9627c13b98"
PHONE = "8A-56-7E-F9-10-E4"
PUBLIC_URL = "https://wifi.meuse.example"
BASE = f"{PUBLIC_URL}/gateway/coovachilli"


@dataclass
class Seed:
    """What was written, by name."""

    organisation: UUID = field(default_factory=uuid4)
    plan: UUID = field(default_factory=uuid4)
    town_hall: UUID = field(default_factory=uuid4)
    library: UUID = field(default_factory=uuid4)
    chilli: UUID = field(default_factory=uuid4)
    opennds: UUID = field(default_factory=uuid4)
    nas: UUID = field(default_factory=uuid4)
    network: UUID = field(default_factory=uuid4)


async def plant(owner_url: str, keyring: Keyring, session_octets: int | None = None) -> Seed:
    """Write a small territory as its owner."""
    seed = Seed()
    connection = await asyncpg.connect(owner_url)
    rows: list[tuple[str, list[Any]]] = [
        (
            "INSERT INTO territory.organisation (id, code, name, kind, siren, contact_email)"
            " VALUES ($1, 'commercy', 'Ville de Commercy', 'commune', '215501222',"
            " 'wifi@commercy.example')",
            [seed.organisation],
        ),
        (
            "INSERT INTO territory.organisation (id, code, name, kind, siren, contact_email)"
            " VALUES ($1, 'meuse', 'Département de la Meuse', 'departement', '225500016',"
            " 'numerique@meuse.example')",
            [uuid4()],
        ),
        (
            "INSERT INTO territory.plan (id, code, name, session_seconds, idle_seconds,"
            " interim_seconds, session_octets, mac_authentication)"
            " VALUES ($1, 'standard', 'Standard', 14400, 900, 300, $2, false)",
            [seed.plan, session_octets],
        ),
    ]
    site = (
        "INSERT INTO territory.site (id, code, organisation_id, name, insee, postal_address,"
        " place_type, link, plan_id, listed, welcome)"
        " VALUES ($1, $2, $3, $4, '55122', $5, $6, 'private_network', $7, true, $8)"
    )
    rows += [
        (
            site,
            [
                seed.town_hall,
                "mairie-commercy",
                seed.organisation,
                "Mairie de Commercy",
                "Place Charles-de-Gaulle, 55200 Commercy",
                "mairie",
                seed.plan,
                "Bienvenue ! Le marché a lieu ici chaque lundi matin.",
            ],
        ),
        (
            site,
            [
                seed.library,
                "bibliotheque-commercy",
                seed.organisation,
                "Bibliothèque Jean-Victor-Poncelet",
                "2 rue du Château, 55200 Commercy",
                "bibliotheque",
                seed.plan,
                None,
            ],
        ),
        (
            "INSERT INTO territory.network (id, site_id, ssid, kind)"
            " VALUES ($1, $2, 'WiFi-Meuse', 'public')",
            [seed.network, seed.town_hall],
        ),
        (
            "INSERT INTO territory.gateway (id, site_id, code, brand, login_address, portal_base,"
            " portal_secret_sealed) VALUES ($1, $2, 'gw-mairie', 'coovachilli', '10.1.0.1:3990',"
            " NULL, $3)",
            [seed.chilli, seed.town_hall, keyring.seal(SECRET)],
        ),
        (
            "INSERT INTO territory.gateway (id, site_id, code, brand, login_address, portal_base,"
            " portal_secret_sealed) VALUES ($1, $2, 'gw-bibliotheque', 'opennds',"
            " '192.168.8.1:2050', NULL, $3)",
            [seed.opennds, seed.library, keyring.seal(FASKEY)],
        ),
        (
            "INSERT INTO territory.nas (id, site_id, gateway_id, code, source_address, identifier,"
            " shared_secret_sealed, require_message_authenticator, limit_proxy_state, coa_port,"
            " attribute_sets) VALUES ($1, $2, $3, 'nas-mairie', '10.9.0.2', 'lab-chilli', $4,"
            " 'always', true, 3799, '{standard}')",
            [seed.nas, seed.town_hall, seed.chilli, keyring.seal("testing123")],
        ),
    ]
    for statement, arguments in rows:
        await connection.execute(statement, *arguments)
    await connection.close()
    return seed


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str
    octets_on_the_wire: int

    @property
    def location(self) -> str:
        """Where a redirect leads, character for character."""
        return self.headers["Location"]

    @property
    def visit(self) -> str:
        """The signed visit in the page's form."""
        found = re.search(r'name="visit" value="([^"]+)"', self.text)
        assert found, self.text
        return found[1]

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.text)


@dataclass
class Guest:
    """A log-in window: no cookies, no script, redirects seen and not followed."""

    url: str
    session: aiohttp.ClientSession
    headers: dict[str, str] = field(default_factory=dict)

    async def get(self, target: str, **headers: str) -> Answer:
        """Ask for a target, its octets as given."""
        url = URL(f"{self.url}{target}", encoded=True)
        return await self._ask("GET", url, headers)

    async def post(self, target: str, **form: str) -> Answer:
        """Send a form."""
        return await self._ask("POST", URL(f"{self.url}{target}"), {}, form)

    async def _ask(
        self, method: str, url: URL, headers: dict[str, str], form: dict[str, str] | None = None
    ) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.request(
            method, url, headers={**self.headers, **sent}, data=form, allow_redirects=False
        ) as response:
            text = await response.text()
            size = int(response.headers.get("Content-Length", len(text)))
            return Answer(response.status, dict(response.headers), text, size)

    async def arrive(self, **changes: str | None) -> Answer:
        """Come as CoovaChilli sends a phone."""
        return await self.get(f"/gateway/coovachilli?{redirect(**changes)}")


def redirect(base: str = BASE, secret: str = SECRET, **changes: str | None) -> str:
    """Return a signed redirect's query, some parameters changed or left out."""
    parameters: dict[str, str | None] = {
        "res": "notyet",
        "uamip": "10.1.0.1",
        "uamport": "3990",
        "challenge": CHALLENGE,
        "called": "02-00-00-00-00-10",
        "mac": PHONE,
        "ip": "10.1.0.2",
        "nasid": "gw-mairie",
        "sessionid": "179529824400000001",
        "userurl": "http%3a%2f%2fexample.org%2f",
    }
    parameters |= changes
    query = "&".join(f"{name}={value}" for name, value in parameters.items() if value is not None)
    md = hashlib.md5(f"{base}?{query}{secret}".encode()).hexdigest().upper()
    return f"{query}&md={md}"


@pytest.fixture
async def seed(database_url: str, keyring: Keyring) -> Seed:
    """The territory's rows."""
    return await plant(database_url, keyring)


@pytest.fixture
async def portal(
    seed: Seed, role_url: Callable[[Component], str], keyring: Keyring, clock: Clock
) -> AsyncIterator[Portal]:
    """The portal's parts, with its own role."""
    pool = await open_pool(role_url(Component.PORTAL), Component.PORTAL)
    directory = Directory(pool, keyring, PUBLIC_URL)
    await directory.refresh()
    yield Portal(pool, directory, clock, Keys.of(keyring), load_terms(), PUBLIC_URL)
    await pool.close()


@pytest.fixture
async def guest(portal: Portal) -> AsyncIterator[Guest]:
    """A guest in front of the served portal."""
    runner = await start_site(create_app(portal, https_only=False), "127.0.0.1", 0)
    port = runner.addresses[0][1]
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield Guest(f"http://127.0.0.1:{port}", session, {"Accept-Language": "fr"})
    await runner.cleanup()


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """The owner's connection, to see what was written and to act as RADIUS."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()
