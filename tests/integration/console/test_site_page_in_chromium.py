"""A site's pages in a real browser, by day and by night: no accessibility fault, nothing too wide.

Pictures go to the folder named by SOCLE_PICTURES, for people to look at.
"""

from typing import Any

import pytest
from playwright.async_api import Browser
from sqlalchemy.ext.asyncio import AsyncEngine

from territory.access.roles import Role
from tests.integration.console.ground import LinkFor, Site, Territory, come_in
from tests.integration.console.site_days import TROUBLED, add_days
from tests.servers.accessibility import WIDTHS, at_night, look
from tests.servers.browser import go

pytestmark = pytest.mark.browser

SECRET = f"/equipements/{TROUBLED}-nas/secret"


@pytest.fixture(autouse=True)
async def troubled(owner: AsyncEngine, made: Territory, clock: Any) -> None:
    """There was a troubled day."""
    async with owner.begin() as db:
        await add_days(db, made, clock.now())


async def test_a_site_s_pages(chromium: Browser, site: Site, link_for: LinkFor) -> None:
    """The technician's with its evidence open, by day and by night, the list, a secret renewed
    halfway; the agent's.
    """
    context = await chromium.new_context(color_scheme="light", locale="fr-FR")
    page = await context.new_page()
    await come_in(page, site, await link_for(Role.TECHNICIAN))
    await go(page, site.at(f"/lieux/{TROUBLED}"))
    await page.get_by_text("Ce qui a été constaté").first.click()
    await look(page, "light-site")
    await at_night(page)
    await look(page, "dark-site", WIDTHS[-1:])
    await go(page, site.at("/lieux"))
    await look(page, "dark-sites", WIDTHS[:1])
    await page.emulate_media(color_scheme="light")
    await go(page, site.at(SECRET))
    await page.get_by_role("button", name="Commencer").click()
    await page.get_by_text("Les deux secrets sont acceptés").wait_for()
    await page.get_by_text("Le retirer sans attendre").click()
    await look(page, "light-secret", WIDTHS[:1])
    await context.clear_cookies()
    await come_in(page, site, await link_for(Role.AGENT))
    await go(page, site.at("/lieux/mediatheque-commercy"))
    await look(page, "light-site-brief", WIDTHS[:1])
    await context.close()
