"""The guests' pages in the hands of everyone: an old phone, a big text, no style, no script.

The floor is Android 6, whose window is at least Chrome 44 (what phones left the factory with in
autumn 2015, before any update), and iOS 10. Styles are held to it by doiuse, which reads caniuse's
tables; what may be beyond it only adorns, and is listed with its reason.
"""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route

from portal.app import LANGUAGES
from tests.conftest import FixedClock
from tests.integration.portal.conftest import Guest, Radius, redirect
from tests.integration.portal.test_pages_in_a_browser import browser, states

__all__ = ["browser"]
pytestmark = pytest.mark.browser

DOIUSE = Path(__file__).parents[3] / "node_modules" / ".bin" / "doiuse"
FLOOR = "Chrome 44, ios_saf 10.0-10.2"
ADORNMENTS = {
    "text-size-adjust": "keeps a turned phone's text as it is",
    "text-decoration": "a thicker line under the finger",
    "mdn-text-decoration-shorthand": "its old values are written, which every browser knows",
    "css-hyphens": "long words break at syllables; else they wrap",
    "css-appearance": "a button without the system's gloss",
    "prefers-color-scheme": "else the light page",
}
"""What may be beyond the floor, and what is lost there."""


async def told_by_doiuse(css: str) -> set[str]:
    """Return the features of a style that the floor lacks."""
    process = await asyncio.create_subprocess_exec(
        *(str(DOIUSE), "--json", "--browsers", FLOOR),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        said, _ = await process.communicate(css.encode())
    found = [json.loads(line) for line in said.decode().splitlines() if line.strip()]
    return {one["feature"] for one in found}


async def test_styles_are_held_to_the_floor(guest: Guest) -> None:
    """As served; and the linter does see what is beyond."""
    page = (await guest.arrive()).text
    style = "".join(re.findall("<style[^>]*>(.*?)</style>", page, re.DOTALL))
    beyond = "main{display:grid;gap:1rem;margin-inline-start:1rem;color:var(--ink)}"
    used, seen = await asyncio.gather(told_by_doiuse(style), told_by_doiuse(beyond))
    assert used <= ADORNMENTS.keys()
    assert {"css-grid", "css-variables", "css-logical-props"} <= seen


SIDEWAYS = "document.documentElement.scrollWidth - innerWidth"
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


async def measure(page: Page) -> dict[str, Any]:
    """Return what is wrong with a page as it stands: nothing, each at its zero."""
    return {
        "sideways": max(0, await page.evaluate(SIDEWAYS)),
        "cut": await page.evaluate(CUT),
        "moving": await page.evaluate(MOVING),
        "buttons": max(0, await page.locator(".go:not(.second)").count() - 1),
        "pictograms": await page.locator("svg.sun").count() - 1,
    }


NOTHING: dict[str, Any] = {"sideways": 0, "cut": [], "moving": 0, "buttons": 0, "pictograms": 0}


async def test_big_and_spaced_text_fits(
    browser: Browser, guest: Guest, radius: Radius, clock: FixedClock
) -> None:
    """Text twice as big in half the width, then spaced out: nothing is cut or goes sideways.

    On each page there is one pictogram, at most one button that stands out, and nothing moves.
    """
    context = await browser.new_context(viewport={"width": 640, "height": 512}, bypass_csp=True)
    page = await context.new_page()
    for number, (name, target) in enumerate((await states(guest, radius, clock)).items()):
        language = LANGUAGES[number % len(LANGUAGES)]
        await page.goto(f"{guest.url}{target}&lang={language}")
        await page.add_style_tag(content="html {font-size: 200%}")
        assert await measure(page) == NOTHING, (name, language, "200 %")
        await page.add_style_tag(content=f"html {{font-size: 100%}} {SPACED}")
        await page.set_viewport_size({"width": 320, "height": 512})
        assert await measure(page) == NOTHING, (name, language, "spaced")
        await page.set_viewport_size({"width": 640, "height": 512})
    await context.close()


LINES = """node => {
    const style = getComputedStyle(node);
    return [style.borderTopStyle, style.borderTopColor != style.backgroundColor];
}"""


async def test_forced_colours_keep_the_button_a_button(browser: Browser, guest: Guest) -> None:
    """Where the system paints over our colours, a line still goes around it (WCAG 1.4.11)."""
    context = await browser.new_context(forced_colors="active", java_script_enabled=True)
    page = await context.new_page()
    await page.goto(f"{guest.url}/gateway/coovachilli?{redirect()}")
    assert await page.locator(".go").evaluate(LINES) == ["solid", True]
    assert not await page.locator(".scene").is_visible()
    await context.close()


async def test_more_contrast_where_it_is_asked_for(browser: Browser, guest: Guest) -> None:
    """Grey text becomes black."""
    context = await browser.new_context(contrast="more", color_scheme="light")
    page = await context.new_page()
    await page.goto(f"{guest.url}/gateway/coovachilli?{redirect()}")
    ink = await page.locator(".fine").first.evaluate("node => getComputedStyle(node).color")
    assert ink == "rgb(0, 0, 0)"
    await context.close()


async def test_online_without_style_script_or_cookie(browser: Browser, guest: Guest) -> None:
    """From the first page, in Arabic by one tap, to the gateway: by the text and its links."""
    context = await browser.new_context(java_script_enabled=False, locale="fr-FR")
    page = await context.new_page()

    async def without_style(route: Route) -> None:
        if route.request.method == "POST":
            return await route.continue_()
        answer = await route.fetch(max_redirects=0)
        plain = re.sub("<style.*?</style>", "", await answer.text(), flags=re.DOTALL)
        return await route.fulfill(response=answer, body=plain)

    await context.route(f"{guest.url}/**", without_style)
    await page.goto(f"{guest.url}/gateway/coovachilli?{redirect()}")
    assert await page.locator("style").count() == 0
    await page.get_by_role("link", name="العربية").click()
    await page.get_by_role("button", name="اتصال").wait_for()
    assert await page.locator("html").get_attribute("dir") == "rtl"
    async with page.expect_request(re.compile(r"http://10\.1\.0\.1:3990/logon")):
        await page.get_by_role("button", name="اتصال").click(no_wait_after=True)
    assert await context.cookies() == []
    await context.close()
