"""One device's story on the console's page, from a real database."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from playwright.async_api import Browser as Chromium
from sqlalchemy import insert, select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from portal.console.device import NOT_AN_ADDRESS
from territory.access.operators import COMMAND_LINE
from territory.access.roles import Role
from territory.database import tables
from territory.database.components import Component
from territory.database.connect import open_engine
from territory.device_story.reading import Question, load_history
from territory.identifiers import MacAddress
from tests.integration.console.ground import (
    LinkFor,
    SignedIn,
    Site,
    Territory,
    add_row,
    operator_window,
)
from tests.servers.accessibility import look
from tests.servers.browser import go, press

PHONE = "8a:56:7e:f9:10:e4"
ANSWERS = ((200, "reject", "unknown_device"), (179, "accept", "first_use"))


@pytest.fixture
async def afternoon(owner: AsyncEngine, made: Territory, clock: Any) -> None:
    """A phone at a town hall: let in, refused once, online, asked to disconnect; blocked since."""
    now: datetime = clock.now()
    site, nas = made.sites["mairie-commercy"], made.nas["mairie-commercy"]
    async with owner.begin() as db:
        await db.execute(
            text("SELECT live.ensure_days(CAST(:day AS date), 1)"), {"day": now.date()}
        )
        plan = (await db.execute(select(tables.plan.c.id))).scalar_one()
        admission = await add_row(
            db,
            tables.admission,
            user_name="opaque",
            site_id=site,
            plan_id=plan,
            method="click_through",
            language="fr",
            terms_version="1",
            created_at=now - timedelta(hours=3),
            credential_expires_at=now - timedelta(hours=2),
            ends_at=now + timedelta(hours=1),
        )
        await bind(db, admission, site, now - timedelta(minutes=179))
        for minutes, outcome, reason in ANSWERS:
            await db.execute(
                insert(tables.authentication).values(
                    received_at=now - timedelta(minutes=minutes),
                    nas_id=nas,
                    site_id=site,
                    device=PHONE,
                    outcome=outcome,
                    reason=reason,
                )
            )
        session = uuid4()
        await db.execute(
            insert(tables.session).values(
                session_key=session,
                nas_id=nas,
                site_id=site,
                nas_handle="chilli",
                acct_session_id="00000001",
                admission_id=admission,
                device=PHONE,
                started_at=now - timedelta(minutes=178),
                last_seen_at=now - timedelta(minutes=3),
                session_seconds=175 * 60,
                upload_octets=1_500_000,
                download_octets=2_500_000_000,
            )
        )
        await add_row(
            db,
            tables.command,
            kind="disconnect",
            payload={"session_key": str(session)},
            requested_by="technicien@meuse.example",
            requested_at=now - timedelta(minutes=2),
            deadline=now,
            result={"outcome": "refused", "words": "session inconnue de la passerelle"},
            finished_at=now,
        )


async def bind(db: Any, admission: UUID, site: UUID, when: datetime) -> None:
    """Bind a right to the phone, as the first use of its credential does."""
    await db.execute(
        insert(tables.binding).values(
            admission_id=admission, device=PHONE, site_id=site, bound_at=when
        )
    )


async def log(owner: AsyncEngine) -> list[tuple[str, str, str]]:
    """Return the searches in the audit log: who, on what, with what details."""
    entry = tables.audit_entry.c
    query = select(entry.actor, entry.subject, entry.detail).where(
        entry.action == "device.explained"
    )
    async with owner.connect() as db:
        return [(row[0], row[1], json.dumps(row[2])) for row in await db.execute(query)]


@pytest.mark.usefixtures("afternoon")
async def test_a_technician_reads_a_device_s_story(signed_in: SignedIn, owner: AsyncEngine) -> None:
    """In order, in French, in any form of the address; the log says who searched, not for what."""
    technician = await signed_in(Role.TECHNICIAN)
    answer = await technician.post("/appareil", {"device": "8A567E-F910E4", "at": ""})
    page = await answer.text()
    assert answer.status == 200
    told = (
        "Refusé à Mairie de Commercy",
        "Autorisé à aller en ligne",
        "Première utilisation",
        "Session commencée",
        "dernier relevé",
        "session inconnue de la passerelle",
    )
    assert [page.index(words) for words in told] == sorted(page.index(words) for words in told)
    assert "adresse aléatoire" in page
    assert await log(owner) == [("technique@meuse.example", "", "{}")]


async def test_what_cannot_be_an_address_is_said_and_not_searched(
    signed_in: SignedIn, owner: AsyncEngine, made: Territory
) -> None:
    """All faults at once; nothing is read, so nothing is logged."""
    technician = await signed_in(Role.TECHNICIAN)
    for address in ("8A-56", "ff:ff:ff:ff:ff:ff", "<script>", "x" * 4000):
        answer = await technician.post("/appareil", {"device": address, "at": "hier"})
        page = await answer.text()
        assert answer.status == 422
        assert NOT_AN_ADDRESS[:40].replace("'", "&#39;") in page
        assert "Le moment" in page
        assert "<script>alert" not in page
    assert await log(owner) == []


@pytest.mark.usefixtures("afternoon")
async def test_at_an_earlier_moment_it_is_as_it_was(signed_in: SignedIn) -> None:
    """The time is the territory's: 12 h 00 in Paris, before the phone came back."""
    technician = await signed_in(Role.TECHNICIAN)
    answer = await technician.post("/appareil", {"device": PHONE, "at": "2026-11-20T11:45"})
    page = await answer.text()
    assert "hors ligne" in page
    assert "Session commencée" not in page


@pytest.mark.usefixtures("afternoon")
async def test_an_organisation_s_technician_sees_its_own_sites_only(
    engine: AsyncEngine, made: Territory, clock: Any
) -> None:
    """What the device did elsewhere is as if it had not been."""
    asked = Question(MacAddress.parse(PHONE), COMMAND_LINE, made.organisations["saint-mihiel"])
    async with engine.begin() as db:
        elsewhere = await load_history(db, asked, clock.now())
    assert elsewhere.is_empty
    assert {found.nas for found in elsewhere.discards} <= {"salle-saint-mihiel-nas"}


async def test_the_portal_cannot_browse_what_devices_did(engine: AsyncEngine) -> None:
    """The function is the only way: neither the security log nor a session's device is its own."""
    for query in (
        "SELECT * FROM security.authentication",
        "SELECT device FROM live.session",
        "SELECT device FROM live.open_session",
    ):
        async with engine.connect() as db:
            with pytest.raises(ProgrammingError, match="permission denied"):
                await db.execute(text(query))


async def test_no_other_component_may_ask(role_url: Callable[[Component], str]) -> None:
    """Only pages and commands, which say who asks."""
    ask = "SELECT live.device_history('2026-11-20', NULL, 'x', '02:00:00:00:00:01', NULL)"
    for component in set(Component) - {Component.PORTAL}:
        opened = open_engine(role_url(component))
        async with opened.connect() as db:
            with pytest.raises(ProgrammingError, match="permission denied"):
                await db.execute(text(ask))
        await opened.dispose()


@pytest.mark.browser
@pytest.mark.usefixtures("afternoon")
async def test_the_page_in_a_browser(
    chromium: Chromium, site: Site, owner: AsyncEngine, link_for: LinkFor, clock: Any
) -> None:
    """Form, story and fault, at a phone's and at a desk's width."""
    async with owner.begin() as db:
        await add_row(
            db,
            tables.block,
            kind="device",
            device=PHONE,
            reason="téléchargements massifs",
            author="technicien@meuse.example",
            created_at=clock.now() - timedelta(minutes=1),
        )
    page = await operator_window(chromium, site, await link_for(Role.TECHNICIAN))
    await go(page, site.at("/appareil"))
    await page.get_by_label("Adresse MAC").fill("8A-56-7E-F9-10-E4")
    await page.get_by_role("button", name="Expliquer").click()
    await page.get_by_text("bien qu'il soit bloqué").wait_for()
    await look(page, "device-story")
    await page.get_by_label("Adresse MAC").fill("8A-56")
    await press(page, "button:has-text('Expliquer')")
    await look(page, "device-fault")
