"""What a month came to, as the console shows it and as it is taken away: to each their own."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Browser as Chromium
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from territory.access.roles import Role
from territory.database import tables
from territory.indicators.month import Month
from tests.integration.console.ground import LinkFor, SignedIn, Site, Territory, operator_window
from tests.servers.accessibility import look
from tests.servers.browser import go

STEPS = ("arrived", "begun", "identified", "admitted", "online")
COUNTS = (
    ("mairie-commercy", "fr", "click_through", (320, 300, 290, 288, 260)),
    ("mairie-commercy", "ar", "ticket", (30, 29, 28, 28, 25)),
    ("mediatheque-commercy", "fr", "click_through", (9, 9, 9, 8, 8)),
    ("salle-saint-mihiel", "fr", "email_code", (120, 90, 61, 60, 55)),
)


@pytest.fixture
async def month(site: Site, made: Territory, owner: AsyncEngine) -> Month:
    """The month before this: visits, sessions that left and one that goes on, a night's outage."""
    month = Month.of(site.console.clock.now()).previous
    day = month.first_day + timedelta(days=9)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    async with owner.begin() as db:
        for code, language, method, came in COUNTS:
            for step, visits in zip(STEPS, came, strict=True):
                await db.execute(
                    insert(tables.daily_count).values(
                        day=day,
                        site_id=made.sites[code],
                        step=step,
                        method="" if step == "arrived" else method,
                        language=language,
                        reason="",
                        visits=visits,
                    )
                )
        await db.execute(
            insert(tables.site_day).values(
                day=day, site_id=made.sites["mairie-commercy"], sessions=280, seconds=900_000
            )
        )
        for previous, state, hours in ((None, "up", -300), ("up", "down", 0), ("down", "up", 12)):
            await db.execute(
                insert(tables.state_change).values(
                    id=uuid4(),
                    kind="nas",
                    equipment_id=await _nas(db, made.sites["mairie-commercy"]),
                    site_id=made.sites["mairie-commercy"],
                    previous=previous,
                    state=state,
                    reason="answers",
                    consequence=False,
                    planned=False,
                    at=noon + timedelta(hours=hours),
                    evidence={},
                )
            )
        await db.execute(
            insert(tables.state_change).values(
                id=uuid4(),
                kind="nas",
                equipment_id=await _nas(db, made.sites["mediatheque-commercy"]),
                site_id=made.sites["mediatheque-commercy"],
                previous="up",
                state="down",
                reason="silent",
                consequence=False,
                planned=False,
                at=month.end + timedelta(days=1),
                evidence={},
            )
        )
    return month


async def _nas(db: Any, site_id: Any) -> Any:
    return (
        await db.execute(select(tables.nas.c.id).where(tables.nas.c.site_id == site_id))
    ).scalar()


async def test_each_sees_what_their_own_places_came_to(signed_in: SignedIn, month: Month) -> None:
    """The DPO the territory, the agent their organisation; small counts nowhere."""
    status, all_of_it = await (await signed_in(Role.DPO)).get("/indicateurs")
    assert status == 200
    assert month.french in all_of_it
    for words in ("479", "Commune de Saint-Mihiel", "Tout le territoire", "Méthode", "&lt; 11"):
        assert words in all_of_it, words
    agent = await signed_in(Role.AGENT)
    _, own = await agent.get("/indicateurs")
    assert "Commune de Commercy" in own
    assert "Saint-Mihiel" not in own
    assert "359" in own
    status, _ = await agent.get("/indicateurs?organisme=saint-mihiel")
    assert status == 404


async def test_it_is_taken_away(signed_in: SignedIn, month: Month) -> None:
    """A tagged PDF, and a spreadsheet of the same figures, named by month and organisation."""
    administrator = await signed_in(Role.ADMINISTRATOR)
    asked = f"mois={month}&organisme=commercy"
    headers, pdf = await administrator.fetch(f"/indicateurs/rapport.pdf?{asked}")
    assert f"wifi-commercy-{month}.pdf" in headers["Content-Disposition"]
    assert b"pdfuaid:part" in pdf
    headers, octets = await administrator.fetch(f"/indicateurs/rapport.csv?{asked}")
    assert f"wifi-commercy-{month}.csv" in headers["Content-Disposition"]
    rows = {row[0]: row[1:] for row in csv.reader(io.StringIO(octets.decode("utf-8-sig"))) if row}
    assert rows["Arrivées"][0] == "359"
    assert rows["En ligne"][0] == "293"
    assert rows["Connexions accompagnées"][0] == "25"
    assert rows["Sessions"][0] == "280"
    assert rows["Temps en ligne"][0] == "250\N{NO-BREAK SPACE}h"
    hours = month.end - month.begin
    up = (hours - timedelta(hours=12)) / hours
    # nothing changed there in the month: it stood as its next change found it
    assert rows["Médiathèque de Commercy"][-1] == "100,0\N{NO-BREAK SPACE}%"
    assert rows["Mairie de Commercy"][-1].replace(",", ".").startswith(str(int(up * 1000) / 10))


@pytest.mark.parametrize("asked", ["2999-01", "2026-11", "2026-13", "octobre"])
async def test_a_month_that_is_none_is_not_found(signed_in: SignedIn, asked: str) -> None:
    """Nor is one that is not over: two looks at it would tell small counts."""
    for path in ("/indicateurs", "/indicateurs/rapport.pdf"):
        status, _ = await (await signed_in(Role.DPO)).get(f"{path}?mois={asked}")
        assert status == 404


@pytest.mark.browser
@pytest.mark.usefixtures("month")
async def test_the_page_in_a_browser(chromium: Chromium, site: Site, link_for: LinkFor) -> None:
    """No accessibility fault, nothing wider than a phone, every method within reach."""
    page = await operator_window(chromium, site, await link_for(Role.ADMINISTRATOR))
    await go(page, site.at("/indicateurs"))
    await page.get_by_text("Méthode : Arrivées").click()
    await page.get_by_text("Une personne qui revient compte chaque fois").wait_for()
    await look(page, "indicators")
