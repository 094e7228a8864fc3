"""The live page in a real browser: what changes shows without a reload, on a phone and on a wall.

Pictures go to the folder named by SOCLE_PICTURES, for people to look at.
"""

import re
from functools import partial
from typing import Any

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from portal.console import live_feed
from portal.console.assets import ASSETS
from territory.access.roles import Role
from territory.access.walls import LIVES, make_wall
from territory.database import tables
from tests.integration.console.ground import LinkFor, Site, Territory, come_in
from tests.integration.console.streams import add_samples, judge
from tests.servers.accessibility import look, violations
from tests.servers.browser import PHONE, go, window_of

pytestmark = pytest.mark.browser

WALL = ViewportSize(width=1920, height=1080)
POSITIONS = {
    "mairie-commercy": (48.7612, 5.5911),
    "mediatheque-commercy": (48.7801, 5.6402),
    "salle-saint-mihiel": (48.8893, 5.5431),
}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two readings may follow each other at once."""
    monkeypatch.setattr(live_feed, "BETWEEN_SECONDS", 0.01)
    monkeypatch.setattr(live_feed, "REST", 0)


@pytest.fixture
async def placed(owner: AsyncEngine, made: Territory, clock: Any) -> None:
    """Where three of the sites stand, and a day of samples."""
    async with owner.begin() as db:
        for code, (latitude, longitude) in POSITIONS.items():
            here = update(tables.site).where(tables.site.c.code == code)
            await db.execute(here.values(latitude=latitude, longitude=longitude))
        await add_samples(db, made, clock.now())


def hear(complaints: list[str], said: Any) -> None:
    """Keep what the browser complains about: a policy broken, a script that fails."""
    complaints.append(str(getattr(said, "text", said)))


async def open_live(page: Page, site: Site, token: str) -> list[str]:
    """Sign in and open the page; return what the browser will complain about."""
    complaints: list[str] = []
    page.on("console", partial(hear, complaints))
    page.on("pageerror", partial(hear, complaints))
    await come_in(page, site, token)
    await go(page, site.at("/en-direct"))
    return complaints


async def test_a_change_shows_without_a_reload(
    chromium: Browser,
    site: Site,
    placed: None,
    owner: AsyncEngine,
    link_for: LinkFor,
    clock: Any,
) -> None:
    """List, counts, map, the day's changes and the quiet sentence for who cannot see; by the
    keyboard, from the map to the site; axe finds nothing at a phone's and at a desk's width."""
    async with window_of(chromium, scripts=True) as page:
        complaints = await open_live(page, site, await link_for(Role.TECHNICIAN))
        await expect(page.locator(".leaflet-marker-icon")).to_have_count(2)
        await expect(page.locator("[data-curves] canvas")).to_have_count(2)
        await page.locator("[data-code=salle-saint-mihiel]").scroll_into_view_if_needed()
        await expect(page.locator("[data-code=salle-saint-mihiel] canvas")).to_have_count(1)
        await expect(page.locator("[data-count=down] b")).to_have_text("1")
        await page.evaluate("document.body.dataset.stays = 'yes'")
        await judge(owner, "mairie-commercy-accueil", "down", clock.now())
        row = page.locator("#degraded [data-code=mairie-commercy]")
        await expect(row).to_contain_text("Borne accueil\u00a0: ne répond plus au ping.")
        await expect(page.locator("[data-count=degraded] b")).to_have_text("2")
        await expect(page.locator("[data-lines] li").first).to_contain_text("Mairie de Commercy")
        await expect(page.get_by_role("status")).to_have_text("Mairie de Commercy : dégradé.")
        assert await page.evaluate("document.body.dataset.stays") == "yes"
        await look(page, "live-technician")
        await page.set_viewport_size(PHONE)
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        await page.get_by_role("button", name="Suspendre").click()
        await judge(owner, "mairie-commercy-étage", "down", clock.now())
        await page.get_by_role("button", name="Reprendre").click()
        await expect(page.locator("#down [data-code=mairie-commercy]")).to_be_visible()
        await page.get_by_role("link", name="Mairie de Commercy : en panne").focus()
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/lieux/mairie-commercy")
    assert complaints == []


async def test_without_a_script_or_without_libraries_the_list_is_whole(
    chromium: Browser,
    site: Site,
    link_for: LinkFor,
    owner: AsyncEngine,
    clock: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No script: everything in words, a reload each minute that can be stopped. No map installed:
    the page says so, and the list still changes by itself."""
    async with window_of(chromium, scripts=False) as page:
        complaints = await open_live(page, site, await link_for(Role.AGENT))
        await expect(page.locator("#degraded")).to_contain_text("Médiathèque de Commercy")
        await expect(page.locator("meta[http-equiv=refresh]")).to_have_count(1)
        await page.get_by_role("link", name="Ne plus recharger").click()
        await expect(page.locator("meta[http-equiv=refresh]")).to_have_count(0)
        await expect(page.locator("#up")).to_contain_text("Mairie de Commercy")
    assets = site.app[ASSETS]
    own = {name: assets[name] for name in ("live.js", "live_map.js", "live_curves.js")}
    monkeypatch.setattr(assets, "_by_name", own)
    async with window_of(chromium, scripts=True) as page:
        complaints += await open_live(page, site, await link_for(Role.TECHNICIAN))
        await expect(page.get_by_text("La carte n'est pas installée")).to_be_visible()
        await judge(owner, "bibliobus-accueil", "down", clock.now())
        await expect(page.locator("#degraded [data-code=bibliobus]")).to_be_visible()
    assert complaints == []


async def test_a_wall_says_what_is_broken_without_scrolling(
    chromium: Browser, site: Site, made: Territory, placed: None, owner: AsyncEngine, clock: Any
) -> None:
    """Number, places, worst first, as they change; letters tall enough from four metres; no
    scrolling, nothing to press; that supervision stands still, and the end of the link, are said;
    axe finds nothing."""
    async with site.console.engine.begin() as db:
        technician = made.operators[Role.TECHNICIAN.value]
        token = await make_wall(db, technician, "Salle technique", LIVES[7], clock.now())
    complaints: list[str] = []
    async with window_of(chromium, scripts=True, size=WALL) as page:
        page.on("console", partial(hear, complaints))
        await go(page, site.at(f"/ecran/{token}"))
        headline = page.get_by_role("heading", level=1)
        await expect(headline).to_have_text(re.compile(r"1\s+lieu en panne"))
        await expect(page.locator(".leaflet-marker-icon")).to_have_count(2)
        for radio in ("mairie-commercy-accueil", "mairie-commercy-étage"):
            await judge(owner, radio, "down", clock.now())
        await expect(headline).to_have_text(re.compile(r"2\s+lieux en panne"))
        first = page.locator(".place").first
        await expect(first).to_contain_text("Mairie de Commercy")
        await look_at_wall(page)
        clock.advance(minutes=10)
        async with owner.begin() as db:
            await db.exec_driver_sql("NOTIFY territory")
        await expect(headline).to_have_text("Plus rien n'est surveillé")
        async with owner.begin() as db:
            await db.execute(update(tables.wall_link).values(revoked_at=clock.now()))
            await db.exec_driver_sql("NOTIFY territory")
        await expect(page.locator("[data-trouble]")).to_contain_text("a été retiré")
    assert complaints == []


async def look_at_wall(page: Page) -> None:
    """What is shown is whole on the screen, large, inert, and without fault."""
    assert await page.evaluate("document.documentElement.scrollHeight") <= WALL["height"]
    assert await page.evaluate("document.documentElement.scrollWidth") <= WALL["width"]
    sizes = "[...document.querySelectorAll('.place strong, .since, .headline b')]"
    letters = f"{sizes}.map(each => parseFloat(getComputedStyle(each).fontSize))"
    assert min(await page.evaluate(letters)) >= 32
    assert await page.locator("a, button, input, select, [tabindex='0']").count() == 0
    assert await violations(page) == []
