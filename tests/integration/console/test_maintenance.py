"""Announcing work on the console's page, refusing what is absurd, ending it early."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Browser as Chromium
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from portal.console.maintenance import EVERYWHERE, NO_SITE, NOT_A_TIME
from territory.access.roles import Role
from territory.database.tables import audit_entry, maintenance, operator
from territory.web.french import PARIS
from tests.conftest import FixedClock
from tests.integration.console.ground import (
    Browser,
    LinkFor,
    SignedIn,
    Site,
    Territory,
    operator_window,
)
from tests.servers.accessibility import look
from tests.servers.browser import go

WHERE = "/maintenance"


def local(instant: datetime) -> str:
    """An instant as a browser's datetime field sends it."""
    return instant.astimezone(PARIS).strftime("%Y-%m-%dT%H:%M")


def form(now: datetime, **other: str) -> dict[str, str]:
    """Two hours at the town hall, from now on."""
    return {
        "lieu": "mairie-commercy",
        "debut": "",
        "fin": local(now + timedelta(hours=2)),
        "motif": "nouvelle box",
    } | other


async def windows(owner: AsyncEngine) -> list[Any]:
    """What is announced, whoever may see it."""
    async with owner.connect() as db:
        return list((await db.execute(select(maintenance))).all())


@pytest.fixture
async def technician(signed_in: SignedIn) -> Browser:
    """A technician's browser."""
    return await signed_in(Role.TECHNICIAN)


async def test_a_technician_announces_work_and_ends_it(
    technician: Browser, owner: AsyncEngine, made: Territory, clock: FixedClock
) -> None:
    """From now to the given hour of France's clock, in their name; both are audit lines."""
    answer = await technician.post(WHERE, form(clock.now()))
    assert answer.status == 303
    (window,) = await windows(owner)
    assert window.site_id == made.sites["mairie-commercy"]
    ends_at = clock.now() + timedelta(hours=2)
    assert (window.begins_at, window.why) == (clock.now(), "nouvelle box")
    assert window.ends_at == ends_at.replace(second=0, microsecond=0)
    assert window.asked_by == made.operators["technician"].login
    _, page = await technician.get(WHERE)
    assert "Mairie de Commercy" in page
    assert "en cours" in page
    assert (await technician.post(f"{WHERE}/{window.id}/fin", {}, form_at=WHERE)).status == 303
    (ended,) = await windows(owner)
    assert ended.ends_at == clock.now()
    again = await technician.post(f"{WHERE}/{window.id}/fin", {}, form_at=WHERE)
    assert again.status == 404
    async with owner.connect() as db:
        lines = select(audit_entry.c.action, audit_entry.c.subject).order_by(audit_entry.c.number)
        told = [tuple(row) for row in await db.execute(lines) if "maintenance" in row.action]
    assert told == [
        ("maintenance.announced", "mairie-commercy"),
        ("maintenance.ended", str(window.id)),
    ]


async def test_what_is_absurd_is_refused_in_words(
    technician: Browser, owner: AsyncEngine, clock: FixedClock
) -> None:
    """Nothing is written, all faults are said, and what was typed stays in the form."""
    now = clock.now()
    cases = (
        (form(now, lieu="ailleurs"), NO_SITE),
        (form(now, fin="demain"), NOT_A_TIME.replace("'", "&#39;")),
        (form(now, fin="9999-12-31T23:59"), "Au plus 31 jours"),
        (form(now, debut=local(now - timedelta(hours=3))), "Le début est passé"),
        (form(now, fin=local(now - timedelta(hours=1))), "La fin est déjà passée."),
        (form(now, motif=" "), "Dites en quelques mots"),
    )
    for fields, words in cases:
        answer = await technician.post(WHERE, fields)
        page = await answer.text()
        assert (answer.status, words in page) == (422, True), words
    assert await windows(owner) == []


async def test_an_organisations_operator_announces_for_its_own_sites_alone(
    technician: Browser, owner: AsyncEngine, made: Territory, clock: FixedClock
) -> None:
    """Neither everywhere nor elsewhere, and what others announced they cannot end."""
    everywhere = form(clock.now(), lieu=EVERYWHERE)
    assert (await technician.post(WHERE, everywhere)).status == 303
    (window,) = await windows(owner)
    assert window.site_id is None
    mine = operator.c.id == made.operators["technician"].id
    async with owner.begin() as db:
        own = {"organisation_id": made.organisations["commercy"]}
        await db.execute(operator.update().where(mine).values(own))
    for fields in (everywhere, form(clock.now(), lieu="bibliobus")):
        assert (await technician.post(WHERE, fields)).status == 422
    ended = await technician.post(f"{WHERE}/{window.id}/fin", {}, form_at=WHERE)
    assert ended.status == 404
    _, page = await technician.get(WHERE)
    assert "Tout le territoire" in page
    assert "bibliobus" not in page


@pytest.mark.browser
async def test_the_page_in_a_browser(
    chromium: Chromium, site: Site, technician: Browser, link_for: LinkFor, clock: FixedClock
) -> None:
    """With work that goes on and work to come, at a phone's and at a desk's width."""
    later = clock.now() + timedelta(days=2)
    await technician.post(WHERE, form(clock.now()))
    to_come = {"lieu": EVERYWHERE, "debut": local(later), "fin": local(later + timedelta(hours=4))}
    await technician.post(WHERE, form(later, motif="travaux électriques", **to_come))
    page = await operator_window(chromium, site, await link_for(Role.TECHNICIAN))
    await go(page, site.at(f"{WHERE}?lieu=mairie-commercy"))
    assert await page.get_by_label("Lieu").input_value() == "mairie-commercy"
    await look(page, "maintenance")
