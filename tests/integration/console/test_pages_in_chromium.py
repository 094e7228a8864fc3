"""The console's pages in a real browser: no accessibility fault, nothing wider than a phone.

Pictures go to the folder named by SOCLE_PICTURES, for people to look at.
"""

from collections.abc import AsyncIterator
from functools import partial
from typing import Literal

import pytest
from playwright.async_api import Browser, ConsoleMessage, async_playwright

from territory.access.roles import Role
from tests.integration.console.ground import LinkFor, Site, Territory
from tests.servers.accessibility import WIDTHS, look
from tests.servers.browser import CHROMIUM, FLAGS

pytestmark = pytest.mark.browser

PAGES = {
    Role.ADMINISTRATOR: ("/", "/operateurs", "/operateurs/{dpo}", "/organismes", "/journal"),
    Role.TECHNICIAN: (
        "/",
        "/lieux",
        "/lieux/salle-saint-mihiel",
        "/equipements",
        "/liens",
        "/rien",
    ),
    Role.AGENT: ("/", "/lieux"),
    Role.MEDIATOR: ("/",),
    Role.CUSTODIAN: ("/", "/lieux", "/mot-de-passe"),
    Role.DPO: ("/",),
}


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """Debian's Chromium, without a window."""
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield opened
        await opened.close()


def hear(complaints: list[str], message: ConsoleMessage) -> None:
    """Keep what the browser complains about."""
    complaints.append(message.text)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("role", PAGES)
async def test_every_page_of_every_role(
    chromium: Browser,
    site: Site,
    made: Territory,
    link_for: LinkFor,
    role: Role,
    scheme: Literal["light", "dark"],
) -> None:
    """Each role comes in by a link's button and looks at each of its pages, by day and by night."""
    widths = WIDTHS if scheme == "light" else WIDTHS[-1:]  # the layout is the same by night
    context = await chromium.new_context(color_scheme=scheme, locale="fr-FR")
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", partial(hear, complaints))
    await page.goto(site.at(f"/lien/{await link_for(role)}"))
    if role is Role.DPO:
        await look(page, f"{scheme}-link", widths)
    await page.get_by_role("button", name="Ouvrir ma session").click()
    await page.wait_for_url("**/console/")
    for path in PAGES[role]:
        await page.goto(site.at(path.format(dpo=made.operators["dpo"].id)))
        name = path.strip("/{}").replace("/", "-").replace("{", "") or "home"
        await look(page, f"{scheme}-{role.value}-{name}", widths)
    assert [text for text in complaints if "404" not in text and "403" not in text] == []
    await context.close()


async def test_the_door_in_a_browser(chromium: Browser, site: Site) -> None:
    """Wrong password, right password, a link for a new operator, the way out."""
    context = await chromium.new_context(locale="fr-FR")
    page = await context.new_page()
    await page.goto(site.at("/operateurs"))
    await look(page, "sign-in")
    await page.get_by_label("Adresse électronique professionnelle").fill("admin@meuse.example")
    await page.get_by_label("Mot de passe").fill("faux")
    await page.get_by_role("button", name="Ouvrir la session").click()
    await look(page, "sign-in-refused")
    await page.get_by_label("Mot de passe").fill("Correct-Cheval-47-Agrafe")
    await page.get_by_role("button", name="Ouvrir la session").click()
    await page.wait_for_url("**/console/operateurs")
    await page.get_by_label("Adresse professionnelle").fill("nouvelle@meuse.example")
    await page.get_by_label("Nom affiché").fill("Nora Nouvelle")
    await page.get_by_role("button", name="Ajouter").click()
    await look(page, "operator-added")
    shown = await page.locator("code.share").inner_text()
    link = site.at("/lien/" + shown.rpartition("/")[2])
    await page.get_by_role("button", name="Fermer la session").click()
    await page.goto(link)
    await page.get_by_role("button", name="Ouvrir ma session").click()
    await look(page, "choose-password")
    await page.get_by_label("Nouveau mot de passe").fill("azerty")
    await page.get_by_label("Le même").fill("azerty")
    await page.get_by_role("button", name="Enregistrer").click()
    await look(page, "choose-password-refused")
    await page.goto(link)
    await look(page, "link-used")
    await context.close()
