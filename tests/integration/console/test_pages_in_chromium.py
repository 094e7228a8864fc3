"""The console's pages in a real browser: no accessibility fault, nothing wider than a phone.

Pictures go to the folder named by SOCLE_PICTURES, for people to look at.
"""

from functools import partial

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page

from territory.access.roles import Role
from tests.integration.console.ground import LinkFor, Site, Territory
from tests.servers.accessibility import WIDTHS, at_night, look
from tests.servers.browser import go, press

pytestmark = pytest.mark.browser

PAGES = {
    Role.ADMINISTRATOR: ("/", "/operateurs", "/operateurs/{dpo}", "/organismes", "/journal"),
    Role.TECHNICIAN: (
        "/",
        "/lieux",
        "/lieux/salle-saint-mihiel",
        "/equipements",
        "/liens",
        "/en-direct/ecrans",
        "/incidents",
        "/rien",
    ),
    Role.AGENT: ("/", "/lieux", "/comptes", "/lettres", "/requisition-recue"),
    Role.MEDIATOR: ("/",),
    Role.CUSTODIAN: ("/", "/lieux", "/mot-de-passe"),
    Role.DPO: ("/", "/documents"),
}


def hear(complaints: list[str], message: ConsoleMessage) -> None:
    """Keep what the browser complains about."""
    complaints.append(message.text)


async def look_by_day_and_night(page: Page, name: str) -> None:
    """Look at a page at both widths, and at its other colours: the layout is the same by night."""
    await look(page, f"light-{name}")
    await at_night(page)
    await look(page, f"dark-{name}", WIDTHS[-1:])
    await page.emulate_media(color_scheme="light")


@pytest.mark.parametrize("role", PAGES)
async def test_every_page_of_every_role(
    chromium: Browser, site: Site, made: Territory, link_for: LinkFor, role: Role
) -> None:
    """Each role comes in by a link's button and looks at each of its pages, by day and by night."""
    context = await chromium.new_context(color_scheme="light", locale="fr-FR")
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", partial(hear, complaints))
    await go(page, site.at(f"/lien/{await link_for(role)}"))
    if role is Role.DPO:
        await look_by_day_and_night(page, "link")
    await page.get_by_role("button", name="Ouvrir ma session").click()
    await page.wait_for_url("**/console/")
    for path in PAGES[role]:
        await go(page, site.at(path.format(dpo=made.operators["dpo"].id)))
        name = path.strip("/{}").replace("/", "-").replace("{", "") or "home"
        await look_by_day_and_night(page, f"{role.value}-{name}")
    assert [text for text in complaints if "404" not in text and "403" not in text] == []
    await context.close()


async def test_the_door_in_a_browser(chromium: Browser, site: Site) -> None:
    """Wrong password, right password, a link for a new operator, the way out."""
    context = await chromium.new_context(locale="fr-FR")
    page = await context.new_page()
    await go(page, site.at("/operateurs"))
    await look(page, "sign-in")
    await page.get_by_label("Adresse électronique professionnelle").fill("admin@meuse.example")
    await page.get_by_label("Mot de passe").fill("faux")
    await press(page, "button:has-text('Ouvrir la session')")
    await look(page, "sign-in-refused")
    await page.get_by_label("Mot de passe").fill("Correct-Cheval-47-Agrafe")
    await page.get_by_role("button", name="Ouvrir la session").click()
    await page.wait_for_url("**/console/operateurs")
    await page.get_by_label("Adresse professionnelle").fill("nouvelle@meuse.example")
    await page.get_by_label("Nom affiché").fill("Nora Nouvelle")
    await press(page, "button:has-text('Ajouter')")
    await look(page, "operator-added")
    shown = await page.locator("code.share").inner_text()
    link = site.at("/lien/" + shown.rpartition("/")[2])
    await press(page, "button:has-text('Fermer la session')")
    await go(page, link)
    await page.get_by_role("button", name="Ouvrir ma session").click()
    await look(page, "choose-password")
    await page.get_by_label("Nouveau mot de passe").fill("azerty")
    await page.get_by_label("Le même").fill("azerty")
    await press(page, "button:has-text('Enregistrer')")
    await look(page, "choose-password-refused")
    await go(page, link)
    await look(page, "link-used")
    await context.close()
