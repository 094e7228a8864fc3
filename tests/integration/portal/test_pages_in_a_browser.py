"""Every guest page in a real Chromium: axe finds nothing, 320 px suffice, keys reach all.

axe needs a script, so its pages are opened with the content policy lifted; everything else runs as
a log-in window does, with scripts off.
"""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Browser, Page, async_playwright

from portal.guest.information import PAGES_OF_INFORMATION
from tests.conftest import FixedClock
from tests.integration.portal.conftest import Guest, Radius, redirect, user_name_in

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[3] / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
OWN_TARGETS = ".go, .lang a, .who a, footer a"
"""What a thumb aims at; links inside a sentence are exempt (WCAG 2.2 SC 2.5.8)."""


WIDEST = ("de", "ar")
"""The languages that need most room, one of them from the right."""


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def window(browser: Browser) -> AsyncIterator[Page]:
    """A narrow log-in window without scripts."""
    context = await browser.new_context(
        viewport={"width": 320, "height": 640}, java_script_enabled=False, locale="fr-FR"
    )
    yield await context.new_page()
    await context.close()


async def states(guest: Guest, radius: Radius, clock: FixedClock) -> dict[str, str]:
    """Return a target for each page in each of its states; `lang` can be appended."""
    old = (await guest.arrive()).visit
    clock.advance(minutes=11)
    fresh = (await guest.arrive()).visit
    name = user_name_in(await guest.post("/visite", visit=fresh))
    admission = await radius.bind(name)
    await radius.account(admission, 400_000_000)
    online = (await guest.arrive(res="success", uid=name)).visit
    other = await guest.arrive(mac="8A-56-7E-F9-10-E5")
    other_name = user_name_in(await guest.post("/visite", visit=other.visit))
    closed = await guest.arrive(res="success", uid=other_name, mac="8A-56-7E-F9-10-E5")
    await radius.account(await radius.bind(other_name, "8A-56-7E-F9-10-E5"), 1_000, is_open=False)
    third = await guest.arrive(mac="8A-56-7E-F9-10-E6")
    third_name = user_name_in(await guest.post("/visite", visit=third.visit))
    used_up = await guest.arrive(res="success", uid=third_name, mac="8A-56-7E-F9-10-E6")
    await radius.account(await radius.bind(third_name, "8A-56-7E-F9-10-E6"), 2 * 10**9)
    failed = (await guest.arrive(res="failed", reason="reject")).visit
    left = (await guest.arrive(res="logoff")).visit
    pages = {
        "first page": f"/visite?visit={fresh}",
        "refused": f"/visite?visit={failed}",
        "logged off": f"/visite?visit={left}",
        "expired": f"/visite?visit={old}",
        "connected": f"/ma-connexion?visit={online}",
        "closed": f"/ma-connexion?visit={closed.visit}",
        "used up": f"/ma-connexion?visit={used_up.visit}",
        "not ours": "/visite?visit=x",
        "unknown page": "/nulle-part?x=1",
        "my connection": "/ma-connexion?x=1",
        "home": "/?x=1",
        "your data": f"/mes-donnees?visit={online}",
    }
    return pages | {page.path: f"{page.path}?visit={fresh}" for page in PAGES_OF_INFORMATION}


ASK_AXE = """async rules => {
    const said = await axe.run(document, {
        runOnly: {type: "tag", values: rules}, resultTypes: ["violations"],
    });
    return said.violations.flatMap(
        rule => rule.nodes.map(node => rule.id + ": " + node.html.slice(0, 120))
    );
}"""


async def violations(page: Page) -> list[str]:
    """Return what axe has to say of a page."""
    await page.add_script_tag(path=AXE)
    said = await page.evaluate(ASK_AXE, RULES)
    assert isinstance(said, list)
    return said


@pytest.mark.slow
@pytest.mark.parametrize(("language", "scheme"), [("fr", "light"), ("ar", "light"), ("fr", "dark")])
async def test_axe_finds_nothing(
    browser: Browser,
    guest: Guest,
    radius: Radius,
    clock: FixedClock,
    language: str,
    scheme: Literal["light", "dark"],
) -> None:
    """Each page in each state: from the left, from the right, and in the dark."""
    context = await browser.new_context(
        viewport={"width": 360, "height": 740}, bypass_csp=True, color_scheme=scheme
    )
    page = await context.new_page()
    found: list[str] = []
    for name, target in (await states(guest, radius, clock)).items():
        await page.goto(f"{guest.url}{target}&lang={language}")
        found += [f"{name}: {text}" for text in await violations(page)]
    await context.close()
    assert found == []


async def test_320_pixels_suffice_and_thumbs_hit(
    browser: Browser, guest: Guest, radius: Radius, clock: FixedClock
) -> None:
    """No page scrolls sideways (WCAG 1.4.10); every target of its own is 44 px high."""
    context = await browser.new_context(viewport={"width": 320, "height": 640}, bypass_csp=True)
    page = await context.new_page()
    for name, target in (await states(guest, radius, clock)).items():
        for language in WIDEST:
            await page.goto(f"{guest.url}{target}&lang={language}")
            width = await page.evaluate("document.documentElement.scrollWidth")
            assert width <= 320, (name, language)
            heights = await page.eval_on_selector_all(
                OWN_TARGETS, "nodes => nodes.map(node => node.getBoundingClientRect().height)"
            )
            assert min(heights) >= 44, (name, language)
    await context.close()


async def test_without_its_style_a_page_still_reads_in_order(window: Page, guest: Guest) -> None:
    """Who, where, the button, then the notices: the order is the text's own."""
    plain = re.sub("<style.*?</style>", "", (await guest.arrive()).text, flags=re.DOTALL)
    await window.set_content(plain)
    text = await window.inner_text("body")
    words = ["Ville de Commercy", "Mairie de Commercy", "Se connecter", "Vos données, en bref"]
    assert sorted(words, key=text.index) == words
    assert await window.get_by_role("button", name="Se connecter").is_visible()


async def test_keys_reach_everything(window: Page, guest: Guest) -> None:
    """The first key shows the way to the content; then languages, then the button (RGAA 12.7)."""
    await window.goto(f"{guest.url}/gateway/coovachilli?{redirect()}")
    await window.keyboard.press("Tab")
    assert await window.locator(":focus").inner_text() == "Aller au contenu"
    box = await window.locator(":focus").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    await window.keyboard.press("Enter")
    await window.keyboard.press("Tab")
    assert await window.locator(":focus").inner_text() == "Se connecter"


async def test_one_tap_in_a_real_window(window: Page, guest: Guest) -> None:
    """Scripts off, cookies never set: German by one tap, and the visit goes on."""
    requested: list[str] = []
    window.on("request", lambda request: requested.append(request.url))
    await window.goto(f"{guest.url}/gateway/coovachilli?{redirect()}")
    await window.get_by_role("link", name="Deutsch").click()
    assert await window.get_by_role("button", name="Verbinden").is_visible()
    await window.get_by_role("link", name="Nutzungsbedingungen").first.click()
    await window.get_by_role("link", name="Zurück zu meiner Verbindung").click()
    assert await window.get_by_role("button", name="Verbinden").is_visible()
    assert await window.context.cookies() == []
    assert all(url.startswith((guest.url, "data:")) for url in requested)
