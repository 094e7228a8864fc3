"""A small territory to put into a database, and a browser to walk the console with."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv4Address
from typing import Any
from uuid import UUID, uuid4

import aiohttp
from aiohttp import web
from playwright.async_api import Browser as Chromium
from playwright.async_api import Page
from sqlalchemy import Table, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.console.app import Console
from territory.access.operators import (
    COMMAND_LINE,
    NewOperator,
    Operator,
    add_operator,
    set_password,
)
from territory.access.passwords import Cost, Passwords
from territory.access.roles import Role
from territory.database import tables
from tests.servers.browser import go

PASSWORD = "Correct-Cheval-47-Agrafe"
CHEAP = Cost(passes=1, memory_kib=8, lanes=1)


@dataclass
class Territory:
    """What the fixture put into the database, by code."""

    organisations: dict[str, UUID] = field(default_factory=dict)
    sites: dict[str, UUID] = field(default_factory=dict)
    nas: dict[str, UUID] = field(default_factory=dict)
    access_points: dict[str, UUID] = field(default_factory=dict)
    operators: dict[str, Operator] = field(default_factory=dict)
    incidents: dict[str, UUID] = field(default_factory=dict)


async def add_row(db: AsyncConnection, table: Table, **values: Any) -> UUID:
    """Insert one row with an id of its own."""
    identifier = uuid4()
    await db.execute(insert(table).values(id=identifier, **values))
    return identifier


SITES = (
    ("mairie-commercy", "Mairie de Commercy", "55122", "commercy"),
    ("mediatheque-commercy", "Médiathèque de Commercy", "55122", "commercy"),
    ("salle-saint-mihiel", "Salle des fêtes de Saint-Mihiel", "55463", "saint-mihiel"),
    ("bibliobus", "Bibliobus de la Meuse", None, "meuse"),
)
BODIES = (
    ("commercy", "Commune de Commercy", "commune", "215501229"),
    ("saint-mihiel", "Commune de Saint-Mihiel", "commune", "215504637"),
    ("meuse", "Département de la Meuse", "departement", "225500016"),
)


async def add_territory(db: AsyncConnection) -> Territory:
    """Four sites of three organisations, each with a gateway, a NAS and two access points."""
    made = Territory()
    plan = await add_row(
        db,
        tables.plan,
        code="decouverte",
        name="Découverte 4 h",
        session_seconds=14_400,
        idle_seconds=1800,
        interim_seconds=300,
        mac_authentication=True,
    )
    for code, name, kind, siren in BODIES:
        email = f"numerique@{code}.example"
        made.organisations[code] = await add_row(
            db,
            tables.organisation,
            code=code,
            name=name,
            kind=kind,
            siren=siren,
            contact_email=email,
        )
    for number, (code, name, insee, body) in enumerate(SITES, start=1):
        made.sites[code] = await add_row(
            db,
            tables.site,
            code=code,
            name=name,
            organisation_id=made.organisations[body],
            insee=insee,
            postal_address="1 place de la République" if insee else None,
            place_type="mairie",
            link="tunnel",
            plan_id=plan,
            listed=True,
        )
        await _add_equipment(db, made, code, number)
    return made


async def _add_equipment(db: AsyncConnection, made: Territory, code: str, number: int) -> None:
    site = made.sites[code]
    await add_row(db, tables.network, site_id=site, ssid="Wi-Fi public Meuse", kind="public")
    gateway = await add_row(
        db,
        tables.gateway,
        site_id=site,
        code=f"{code}-gw",
        brand="coovachilli",
        login_address="10.1.0.1:3990",
        model="GL-MT3000",
    )
    made.nas[code] = await add_row(
        db,
        tables.nas,
        site_id=site,
        gateway_id=gateway,
        code=f"{code}-nas",
        source_address=IPv4Address(f"10.99.0.{number}"),
        identifier=f"chilli-{number}",
        shared_secret_sealed=b"sealed",
        require_message_authenticator="always" if number != 2 else "when-present",
        limit_proxy_state=True,
        coa_port=3799,
        attribute_sets=["standard"],
    )
    for place in ("accueil", "étage"):
        made.access_points[f"{code}/{place}"] = await add_row(
            db,
            tables.access_point,
            site_id=site,
            code=f"{code}-{place}",
            name=f"Borne {place}",
            model="EAP245",
            management_address=IPv4Address(f"10.{number}.0.{2 if place == 'accueil' else 3}"),
        )


PEOPLE = (
    ("admin@meuse.example", "Agnès Marchal", Role.ADMINISTRATOR, None),
    ("technique@meuse.example", "Karim Benali", Role.TECHNICIAN, None),
    ("agent@commercy.example", "Lucie Petit", Role.AGENT, "commercy"),
    ("mediation@meuse.example", "Paul Henry", Role.MEDIATOR, None),
    ("garde@meuse.example", "Inès Robert", Role.CUSTODIAN, None),
    ("dpo@meuse.example", "Denis Klein", Role.DPO, None),
)


async def add_people(
    db: AsyncConnection, made: Territory, passwords: Passwords, now: datetime
) -> None:
    """One operator of each role, all with the same password."""
    encoded = await passwords.hash(PASSWORD)
    for login, name, role, body in PEOPLE:
        new = NewOperator(login, name, role, made.organisations[body] if body else None)
        added = await add_operator(db, new, COMMAND_LINE, now)
        assert added is not None
        await set_password(db, added, encoded, COMMAND_LINE, now)
        made.operators[role.value] = added


async def add_state(db: AsyncConnection, made: Territory, now: datetime) -> None:
    """A day as technicians know it: one radio down, one hall down, a NAS that does not sign."""
    down = {"mediatheque-commercy/étage", "salle-saint-mihiel/accueil", "salle-saint-mihiel/étage"}
    for code, identifier in made.access_points.items():
        is_down = code in down
        await db.execute(
            insert(tables.equipment_state).values(
                kind="access_point",
                equipment_id=identifier,
                state="down" if is_down else "up",
                reason="ne répond plus au ping" if is_down else "répond au ping",
                since=now - timedelta(hours=3 if is_down else 190),
                checked_at=now - timedelta(seconds=40),
                round_trip_seconds=None if is_down else 0.0123,
            )
        )
    for number, (code, identifier) in enumerate(made.nas.items()):
        if code == "bibliobus":
            continue
        await db.execute(
            insert(tables.nas_seen).values(
                nas_id=identifier,
                last_access_at=now - timedelta(minutes=4 * number + 2),
                last_accounting_at=now - timedelta(minutes=number + 1),
                unsigned_packets=1312 if code == "mediatheque-commercy" else 0,
                accepts=18_400 - 4000 * number,
                rejects=31 * number,
            )
        )
        await db.execute(
            insert(tables.equipment_state).values(
                kind="nas",
                equipment_id=identifier,
                state="up",
                reason="a parlé il y a peu",
                since=now - timedelta(days=9),
                checked_at=now - timedelta(seconds=40),
            )
        )
    for address, reason, packets in (
        ("198.51.100.23", "unknown-nas", 412),
        ("10.99.0.3", "message-authenticator", 7),
    ):
        await db.execute(
            insert(tables.discard).values(
                day=now.date(),
                source_address=address,
                reason=reason,
                packets=packets,
                first_at=now - timedelta(hours=2),
                last_at=now - timedelta(minutes=3),
            )
        )
    await add_row(
        db,
        tables.set_aside,
        received_at=now - timedelta(minutes=50),
        nas_id=made.nas["salle-saint-mihiel"],
        reason="text",
        packet=b"\x04",
    )
    for number in range(37):
        await _add_session(db, made, number, now)
    await _add_incidents(db, made, now)


async def _add_incidents(db: AsyncConnection, made: Territory, now: datetime) -> None:
    """A site down, of which two were told; the archive was late; a service takes no message."""
    code = "salle-saint-mihiel"
    down = "Salle des fêtes de Saint-Mihiel : le Wi-Fi ne répond plus"
    kept: dict[str, Any] = {"labels": {}, "site_id": None, "over_at": None, "state": "open"}
    rows: dict[str, dict[str, Any]] = {
        "site": {
            "alert": "SiteDown",
            "summary": down,
            "labels": {"site": code},
            "site_id": made.sites[code],
        },
        "archive": {
            "alert": "ArchiveLate",
            "summary": "L’archive a 5 jours de retard",
            "state": "over",
            "over_at": now - timedelta(minutes=30),
        },
        "pending": {"alert": "PortalSlow", "summary": "Les pages sont lentes", "state": "pending"},
    }
    for name, row in rows.items():
        made.incidents[name] = await add_row(
            db,
            tables.incident,
            **kept
            | row
            | {
                "severity": "critical",
                "words": (
                    "salle-saint-mihiel-nas : Ne répond plus. Cause probable : coupure de courant."
                    "\nÀ essayer d’abord : appeler le lieu, le boîtier est-il allumé ?"
                ),
                "began_at": now - timedelta(hours=1),
                "changed_at": now - timedelta(minutes=30),
                "opened_at": now - timedelta(minutes=58),
                "returns": 0,
            },
        )
    message = await add_row(
        db,
        tables.alert_message,
        recipient="astreinte",
        urgency="critical",
        subject=f"{down}, depuis 14 h 00",
        body="Ne répond plus.",
        link="https://wifi.meuse.example/console/incidents",
        made_at=now - timedelta(hours=1),
        next_try_at=now,
        tries=3,
        failure="no connection to the service: ClientConnectorError",
    )
    for recipient in ("anne", "astreinte"):
        await db.execute(
            insert(tables.incident_telling).values(
                incident_id=made.incidents["site"],
                recipient=recipient,
                what="broken",
                turn=0,
                message_id=message,
            )
        )


async def _add_session(db: AsyncConnection, made: Territory, number: int, now: datetime) -> None:
    code = SITES[(0, 0, 1, 0)[number % 4]][0]
    await db.execute(
        insert(tables.session).values(
            session_key=uuid4(),
            nas_id=made.nas[code],
            site_id=made.sites[code],
            nas_handle="chilli",
            acct_session_id=f"{number:08x}",
            started_at=now - timedelta(minutes=number),
            last_seen_at=now,
            session_seconds=60 * number,
            upload_octets=0,
            download_octets=0,
        )
    )


@dataclass
class Site:
    """The console on a port, and what a test needs to walk it."""

    base: str
    """``http://127.0.0.1:port``."""
    app: web.Application
    """The console itself."""
    console: Console

    def at(self, path: str) -> str:
        """The address of a console's page."""
        return f"{self.base}/console{path}"


async def come_in(page: Page, site: Site, token: str) -> None:
    """Sign in by a link, with its button."""
    await go(page, site.at(f"/lien/{token}"))
    await page.get_by_role("button", name="Ouvrir ma session").click()
    await page.wait_for_url("**/console/")


async def operator_window(chromium: Chromium, site: Site, token: str) -> Page:
    """Return a browser's window of somebody signed in by a link."""
    page = await chromium.new_page(locale="fr-FR", color_scheme="light")
    await come_in(page, site, token)
    return page


class Browser:
    """A browser as far as cookies, forms and redirects go."""

    def __init__(self, session: aiohttp.ClientSession, site: Site) -> None:
        self.session = session
        self._site = site

    async def get(self, path: str, **options: Any) -> tuple[int, str]:
        """Status and text of a page; redirects are not followed unless asked."""
        options.setdefault("allow_redirects", False)
        async with self.session.get(self._site.at(path), **options) as answer:
            return answer.status, await answer.text()

    async def status(self, method: str, path: str) -> int:
        """Status of an answer, whose end is not waited for: a stream has none."""
        where = self._site.at(path)
        async with self.session.request(method, where, allow_redirects=False) as answer:
            return answer.status

    async def fetch(self, path: str) -> tuple[Mapping[str, str], bytes]:
        """Headers and octets of what is no page."""
        async with self.session.get(self._site.at(path)) as answer:
            return answer.headers, await answer.read()

    async def post(
        self, path: str, fields: dict[str, str], **options: Any
    ) -> aiohttp.ClientResponse:
        """Post a form with the token of the page at ``path`` or ``form_at``."""
        _, text = await self.get(options.pop("form_at", path))
        token = re.search(r'name="csrf" value="([^"]+)"', text)
        data = {"csrf": token[1] if token else "", **fields}
        return await self.send(path, data, **options)

    async def send(
        self, path: str, fields: dict[str, str], **options: Any
    ) -> aiohttp.ClientResponse:
        """Post exactly these fields."""
        options.setdefault("allow_redirects", False)
        answer = await self.session.post(self._site.at(path), data=fields, **options)
        await answer.read()
        return answer

    async def sign_in(self, login: str, password: str = PASSWORD) -> aiohttp.ClientResponse:
        """Fill in the sign-in form."""
        return await self.post("/session", {"login": login, "password": password})


SignedIn = Callable[[Role], Awaitable[Browser]]


LinkFor = Callable[[Role], Awaitable[str]]
