"""Every guest page in a real Chromium, as the portal drew it: axe finds nothing, 320 px suffice,
text may be big, keys reach all.

The pages are drawn once, in each state (`states.py`), and laid before one browser: what is asked
here is of a page as it stands. Those that a guest walks through are in `test_ways_in_a_browser.py`.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from portal.app import HERE
from territory.keyring import Keyring
from tests.integration.portal.states import Drawing, draw
from tests.servers.browser import NARROW, chromium, window_of
from tests.servers.eyes import ITSELF, SIDEWAYS, open_eyes

pytestmark = pytest.mark.browser
ONE_LOOP = pytest.mark.asyncio(loop_scope="module")
"""That of the browser."""

LONG_WORDS = "de"
DRAWN = ("fr", "ar", LONG_WORDS)
"""Ours; one from the right; and the one that needs most room."""
WALKED = re.compile("prove_|openid_|sponsor_|own_devices")
"""Templates of pages that only a guest on their way sees."""
NO_PAGES = frozenset({"fields.html", "layout.html", "pictograms.html", "ways.html", "consent.html"})
"""Templates that are parts of pages."""


@pytest.fixture(scope="module")
def drawing(module_database_url: str, keyring: Keyring) -> Drawing:
    """Every page in each of its states."""
    return asyncio.run(draw(module_database_url, keyring, DRAWN))


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium, one for all tests."""
    async with chromium() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def window(browser: Browser) -> AsyncIterator[Page]:
    """A narrow log-in window without scripts."""
    async with window_of(browser, scripts=False, size=NARROW) as window:
        yield window


def page_named(drawing: Drawing, name: str) -> str:
    """Return a page in French."""
    return next(one.html for one in drawing.pages if (one.name, one.language) == (name, "fr"))


def test_no_page_is_forgotten(drawing: Drawing) -> None:
    """Each template of a page is drawn here, or walked through."""
    pages = {path.name for path in (HERE / "templates").glob("*.html")} - NO_PAGES
    assert {name for name in pages - drawing.templates if not WALKED.match(name)} == set()


@ONE_LOOP
@pytest.mark.slow
async def test_axe_finds_nothing_and_320_pixels_suffice(drawing: Drawing, browser: Browser) -> None:
    """Each page in each state: from the left, from the right by night, and in long words. None
    scrolls sideways (WCAG 1.4.10); every target of its own is 44 px high."""
    async with open_eyes(browser) as eyes:
        for page in drawing.pages:
            night = page.language != "fr"
            name = f"{page.name.strip('/').replace('/', '-')}-{page.language}"
            await eyes.look(page.html, name, night=night)
    assert eyes.faults == []


CUT = """() => [...document.querySelectorAll("main *, header a, footer a")].filter(
    node => getComputedStyle(node).overflowX == "hidden" && node.scrollWidth > node.clientWidth
).map(node => node.outerHTML.slice(0, 80))"""
MOVING = """() => [...document.querySelectorAll("*")].filter(node => {
    const style = getComputedStyle(node);
    return style.animationName != "none" || parseFloat(style.transitionDuration) > 0;
}).length"""
SPACED = """* {line-height: 1.5 !important; letter-spacing: .12em !important;
    word-spacing: .16em !important} p {margin-bottom: 2em !important}"""
"""WCAG 1.4.12."""
NOTHING = {"sideways": 0, "cut": [], "moving": 0}


async def measure(page: Page) -> dict[str, Any]:
    """Return what is wrong with a page as it stands: nothing, each at its zero."""
    return {
        "sideways": max(0, await page.evaluate(SIDEWAYS)),
        "cut": await page.evaluate(CUT),
        "moving": await page.evaluate(MOVING),
    }


@ONE_LOOP
async def test_big_and_spaced_text_fits(drawing: Drawing, browser: Browser) -> None:
    """Text twice as big in half the width, then spaced out: nothing is cut or goes sideways, and
    nothing moves."""
    context = await browser.new_context(viewport={"width": 640, "height": 512})
    page = await context.new_page()
    for one in (one for one in drawing.pages if one.language == LONG_WORDS):
        await page.set_content(ITSELF.sub("", one.html))
        await page.add_style_tag(content="html {font-size: 200%}")
        assert await measure(page) == NOTHING, (one.name, "200 %")
        await page.add_style_tag(content=f"html {{font-size: 100%}} {SPACED}")
        await page.set_viewport_size(NARROW)
        assert await measure(page) == NOTHING, (one.name, "spaced")
        await page.set_viewport_size({"width": 640, "height": 512})
    await context.close()


@ONE_LOOP
async def test_without_its_style_a_page_still_reads_in_order(
    drawing: Drawing, window: Page
) -> None:
    """Who, where, the button, then the notices: the order is the text's own."""
    first = page_named(drawing, "first page")
    await window.set_content(re.sub("<style.*?</style>", "", first, flags=re.DOTALL))
    text = await window.inner_text("body")
    words = ["Ville de Commercy", "Mairie de Commercy", "Se connecter", "Vos données, en bref"]
    assert sorted(words, key=text.index) == words
    assert await window.get_by_role("button", name="Se connecter").is_visible()


@ONE_LOOP
async def test_keys_reach_everything(drawing: Drawing, window: Page) -> None:
    """The first key shows the way to the content; then languages, then the button (RGAA 12.7)."""
    await window.set_content(page_named(drawing, "first page"))
    await window.keyboard.press("Tab")
    assert await window.locator(":focus").inner_text() == "Aller au contenu"
    box = await window.locator(":focus").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    await window.keyboard.press("Enter")
    await window.keyboard.press("Tab")
    assert await window.locator(":focus").inner_text() == "Se connecter"


LINES = """node => {
    const style = getComputedStyle(node);
    return [style.borderTopStyle, style.borderTopColor != style.backgroundColor];
}"""


@ONE_LOOP
async def test_forced_colours_and_more_contrast(drawing: Drawing, window: Page) -> None:
    """Where the system paints over our colours, a line still goes around the button (WCAG 1.4.11);
    where more contrast is asked for, grey text becomes black."""
    await window.set_content(page_named(drawing, "first page"))
    await window.emulate_media(forced_colors="active")
    assert await window.locator(".go").evaluate(LINES) == ["solid", True]
    assert not await window.locator(".scene").is_visible()
    await window.emulate_media(forced_colors="none", contrast="more", color_scheme="light")
    ink = await window.locator(".fine").first.evaluate("node => getComputedStyle(node).color")
    assert ink == "rgb(0, 0, 0)"
