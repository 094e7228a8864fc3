"""What text messages cost: rows that the portal counts, read by whoever may, and as gauges."""

import asyncio
from datetime import datetime

import pytest
from playwright.async_api import Browser as Chromium
from prometheus_client import generate_latest
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncEngine

from portal.identification.budget import Scope, Span, begins_on
from portal.identification.challenge import digest
from portal.messages import spending as sms_spending
from portal.messages.spending import show_spending
from portal.metrics import Metrics
from territory.access.roles import Role
from territory.database import tables
from tests.integration.console.ground import LinkFor, SignedIn, Site, Territory, operator_window
from tests.servers.accessibility import look
from tests.servers.browser import go
from tests.servers.words import words_on

COUNTED = (
    (Scope.SITE, "mairie-commercy", 190, 900),
    (Scope.SITE, "salle-saint-mihiel", 12, 40),
    (Scope.ORGANISATION, "215501229", 190, 900),
    (Scope.ORGANISATION, "215504637", 12, 40),
)
"""Whose, today's parts and the month's."""


@pytest.fixture
async def spent(site: Site, made: Territory, owner: AsyncEngine) -> None:
    """A town hall near its day's end, a hall that offers codes, a bus that spent nothing."""
    purse, now = site.console.purse, site.console.clock.now()
    assert purse is not None
    async with owner.begin() as db:
        for scope, who, *parts in COUNTED:
            whose = str(made.sites[who]) if scope is Scope.SITE else who
            for span, count in zip(Span, parts, strict=True):
                await db.execute(
                    insert(tables.message_budget).values(
                        scope=scope,
                        who=digest(purse.key, scope, whose),
                        span=span,
                        began_on=begins_on(span, now),
                        parts=count,
                    )
                )
        await db.execute(
            update(tables.site)
            .where(tables.site.c.code == "salle-saint-mihiel")
            .values(methods=["sms_code"], sms_a_day=2000)
        )
        await db.execute(insert(tables.sms_failure).values(**failure(made, now)))


def failure(made: Territory, now: datetime) -> dict[str, object]:
    """An account without credit, at the hall."""
    return {
        "site_id": made.sites["salle-saint-mihiel"],
        "day": begins_on(Span.DAY, now),
        "reason": "sms.provider: there is no credit left (402)",
        "messages": 3,
        "last_at": now,
    }


@pytest.mark.usefixtures("spent")
async def test_each_sees_what_their_own_places_cost(signed_in: SignedIn) -> None:
    """The technician all, the agent one organisation; budgets stated are those shown."""
    _, all_of_it = await (await signed_in(Role.TECHNICIAN)).get("/sms")
    for words in ("Mairie de Commercy", "Salle des fêtes", "sur 2\u202f000", "proche de la fin"):
        assert words in all_of_it
    assert "Plus de crédit chez le fournisseur (402)" in all_of_it
    assert "Bibliobus" not in all_of_it
    _, own = await (await signed_in(Role.AGENT)).get("/sms")
    assert "Mairie de Commercy" in own
    assert "Salle des fêtes" not in own
    assert "402" not in words_on(own)


@pytest.mark.usefixtures("spent")
async def test_the_same_as_gauges(
    site: Site, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the codes of organisation and site, which are as many as there are."""
    metrics, shown = Metrics(), asyncio.Event()
    tell = sms_spending.show

    def then(*told: object) -> None:
        tell(*told)  # type: ignore[arg-type]
        shown.set()

    monkeypatch.setattr(sms_spending, "show", then)
    purse = site.console.purse
    assert purse is not None
    task = asyncio.create_task(show_spending(engine, purse, metrics, site.console.clock))
    async with asyncio.timeout(60):
        await shown.wait()
    task.cancel()
    told = generate_latest(metrics.registry).decode()
    assert 'ratio{organisation="commercy",site="mairie-commercy",span="day"} 0.95' in told
    assert 'ratio{organisation="saint-mihiel",site="salle-saint-mihiel",span="day"} 0.006' in told
    assert 'month_forecast_ratio{organisation="commercy",site=""}' in told


@pytest.mark.browser
@pytest.mark.usefixtures("spent")
async def test_the_page_in_a_browser(chromium: Chromium, site: Site, link_for: LinkFor) -> None:
    """No accessibility fault, nothing wider than a phone."""
    page = await operator_window(chromium, site, await link_for(Role.ADMINISTRATOR))
    await go(page, site.at("/sms"))
    await look(page, "text-messages")
