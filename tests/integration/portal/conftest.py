"""A real portal on loopback with a real database: two gateways of a small territory, and a guest.

`portal` serves; `Guest` asks like a log-in window does, without cookies and without following
redirects, and with the gateway's own way of writing an address.
"""

import hashlib
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import aiohttp
import asyncpg
import pytest
from aiohttp import web
from sqlalchemy import Table, insert
from yarl import URL

from portal.app import create_app
from portal.directory import Directory
from portal.guest.parts import Keys, Portal
from portal.identification.terms import load_terms
from territory.clock import Clock
from territory.database import tables
from territory.database.components import Component
from territory.database.connect import open_engine, open_pool
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
    """Write a small territory as its owner: a town hall (CoovaChilli), a library (openNDS)."""
    seed = Seed()
    engine = open_engine(owner_url)
    async with engine.begin() as db:
        for table, row in _rows(seed, keyring, session_octets):
            await db.execute(insert(table).values(**row))
    await engine.dispose()
    return seed


def _rows(
    seed: Seed, keyring: Keyring, session_octets: int | None
) -> Iterator[tuple[Table, dict[str, Any]]]:
    yield (
        tables.organisation,
        {
            "id": seed.organisation,
            "code": "commercy",
            "name": "Ville de Commercy",
            "kind": "commune",
            "siren": "215501222",
            "contact_email": "wifi@commercy.example",
        },
    )
    yield (
        tables.organisation,
        {
            "id": uuid4(),
            "code": "meuse",
            "name": "Département de la Meuse",
            "kind": "departement",
            "siren": "225500016",
            "contact_email": "numerique@meuse.example",
        },
    )
    yield (
        tables.plan,
        {
            "id": seed.plan,
            "code": "standard",
            "name": "Standard",
            "session_seconds": 14_400,
            "idle_seconds": 900,
            "interim_seconds": 300,
            "session_octets": session_octets,
            "mac_authentication": False,
        },
    )
    site = {
        "organisation_id": seed.organisation,
        "insee": "55122",
        "link": "private_network",
        "plan_id": seed.plan,
        "listed": True,
    }
    yield (
        tables.site,
        {
            **site,
            "id": seed.town_hall,
            "code": "mairie-commercy",
            "name": "Mairie de Commercy",
            "postal_address": "Place Charles-de-Gaulle, 55200 Commercy",
            "place_type": "mairie",
            "welcome": "Bienvenue ! Le marché a lieu ici chaque lundi matin.",
        },
    )
    yield (
        tables.site,
        {
            **site,
            "id": seed.library,
            "code": "bibliotheque-commercy",
            "name": "Bibliothèque Jean-Victor-Poncelet",
            "postal_address": "2 rue du Château, 55200 Commercy",
            "place_type": "bibliotheque",
        },
    )
    network = {"id": seed.network, "site_id": seed.town_hall, "ssid": "WiFi-Meuse"}
    yield tables.network, {**network, "kind": "public"}
    yield (
        tables.gateway,
        {
            "id": seed.chilli,
            "site_id": seed.town_hall,
            "code": "gw-mairie",
            "brand": "coovachilli",
            "login_address": "10.1.0.1:3990",
            "portal_secret_sealed": keyring.seal(SECRET),
        },
    )
    yield (
        tables.gateway,
        {
            "id": seed.opennds,
            "site_id": seed.library,
            "code": "gw-bibliotheque",
            "brand": "opennds",
            "variant": "fas1",
            "login_address": "192.168.8.1:2050",
            "portal_secret_sealed": keyring.seal(FASKEY),
        },
    )
    yield (
        tables.nas,
        {
            "id": seed.nas,
            "site_id": seed.town_hall,
            "gateway_id": seed.chilli,
            "code": "nas-mairie",
            "source_address": "10.9.0.2",
            "identifier": "lab-chilli",
            "shared_secret_sealed": keyring.seal("testing123"),
            "require_message_authenticator": "always",
            "limit_proxy_state": True,
            "coa_port": 3799,
            "attribute_sets": ["standard"],
        },
    )


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
    def cookie(self) -> str:
        """What a browser that keeps cookies sends from then on."""
        return self.headers["Set-Cookie"].partition(";")[0]

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


def redirect(**changes: str | None) -> str:
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
    md = hashlib.md5(f"{BASE}?{query}{SECRET}".encode()).hexdigest().upper()
    return f"{query}&md={md}"


@pytest.fixture
async def seed(database_url: str, keyring: Keyring) -> Seed:
    """The territory's rows; its plan allows 4 hours and 2 GB."""
    return await plant(database_url, keyring, 2 * 10**9)


@asynccontextmanager
async def open_portal(url: str, keyring: Keyring, clock: Clock) -> AsyncIterator[Portal]:
    """Give the portal's parts, by its own role's address of a database."""
    pool = await open_pool(url, Component.PORTAL)
    directory = Directory(pool, keyring, PUBLIC_URL)
    await directory.refresh()
    yield Portal(pool, directory, clock, Keys.of(keyring), load_terms(), PUBLIC_URL)
    await pool.close()


@asynccontextmanager
async def serve(app: web.Application) -> AsyncIterator[Guest]:
    """Serve a portal's pages, and give a guest in front of them."""
    runner = await start_site(app, "127.0.0.1", 0)
    port = runner.addresses[0][1]
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield Guest(f"http://127.0.0.1:{port}", session, {"Accept-Language": "fr"})
    await runner.cleanup()


@pytest.fixture
async def portal(
    seed: Seed, role_url: Callable[[Component], str], keyring: Keyring, clock: Clock
) -> AsyncIterator[Portal]:
    """The portal's parts, with its own role."""
    async with open_portal(role_url(Component.PORTAL), keyring, clock) as portal:
        yield portal


@pytest.fixture
async def guest(portal: Portal) -> AsyncIterator[Guest]:
    """A guest in front of the served portal."""
    async with serve(create_app(portal, https_only=False)) as guest:
        yield guest


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """The owner's connection, to see what was written and to act as RADIUS."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@dataclass
class Radius:
    """The rows that RADIUS writes, for the portal to read."""

    owner: "asyncpg.Connection[asyncpg.Record]"
    seed: Seed

    async def bind(self, user_name: str, device: str = PHONE) -> UUID:
        """Bind a credential at its first use; return its admission."""
        found = await self.owner.fetchval(
            "INSERT INTO live.binding (admission_id, device, site_id, bound_at)"
            " SELECT id, $2::text::macaddr, site_id, created_at FROM live.admission"
            " WHERE user_name = $1 RETURNING admission_id",
            user_name,
            device,
        )
        assert isinstance(found, UUID)
        return found

    async def account(self, admission: UUID, octets: int, *, is_open: bool = True) -> None:
        """Record a session of an admission, replacing the one before."""
        await self.owner.execute("DELETE FROM live.session WHERE admission_id = $1", admission)
        await self.owner.execute(
            "INSERT INTO live.session (session_key, nas_id, site_id, nas_handle, acct_session_id,"
            " admission_id, started_at, last_seen_at, ended_at, session_seconds, upload_octets,"
            " download_octets) VALUES ($1, $2, $3, 'n', 's', $4, now(), now(), $5, 60, 0, $6)",
            uuid4(),
            self.seed.nas,
            self.seed.town_hall,
            admission,
            None if is_open else datetime.now(UTC),
            octets,
        )


@pytest.fixture
def radius(owner: "asyncpg.Connection[asyncpg.Record]", seed: Seed) -> Radius:
    """RADIUS, as the portal sees it."""
    return Radius(owner, seed)


def user_name_in(hand_back: Answer) -> str:
    """Return the credential's name in a hand-back to CoovaChilli."""
    return parse_qs(urlsplit(hand_back.location).query)["username"][0]
