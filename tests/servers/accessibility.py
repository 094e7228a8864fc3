"""A page in a real browser, held to two rules: axe finds nothing, nothing is wider than a phone.

Pictures go to the folder named by SOCLE_PICTURES, for people to look at.
"""

import os
from pathlib import Path

from playwright.async_api import Page

from tests.servers.browser import take_picture

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS = (360, 1280)
BY_TAG = ("tag", ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"))
ASK_AXE = """async ([kind, values]) => {
    const said = await axe.run(document, {
        runOnly: {type: kind, values}, resultTypes: ["violations"], preload: false,
    });
    return said.violations.flatMap(
        rule => rule.nodes.map(node => rule.id + ": " + node.html.slice(0, 120))
    );
}"""
"""Takes what axe's `runOnly` takes: kind and values."""


async def violations(page: Page) -> list[str]:
    """Return what axe has to say of a page, as it stands."""
    if not await page.evaluate("typeof axe === 'object'"):
        await page.evaluate(AXE.read_text())
    said = await page.evaluate(ASK_AXE, BY_TAG)
    assert isinstance(said, list)
    return said


async def at_night(page: Page) -> None:
    """Show a page in its dark colours, once they have come: they change by and by."""
    await page.emulate_media(color_scheme="dark")
    settled = "Promise.all(document.getAnimations().map(each => each.finished)).then(() => null)"
    await page.evaluate(settled)


async def look(page: Page, name: str, widths: tuple[int, ...] = WIDTHS) -> None:
    """Fail on any accessibility fault, at a phone's and at a desk's width, and keep the picture."""
    for width in widths:
        await page.set_viewport_size({"width": width, "height": 800})
        folder = os.environ.get("SOCLE_PICTURES")
        if folder:
            await take_picture(page, Path(folder) / f"{name}-{width}.png")
        wide = await page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{name} is {wide} px wide at {width}"
        faults = await violations(page)
        assert faults == [], f"{name} at {width}: {faults}"
