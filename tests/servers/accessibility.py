"""A page in a real browser, held to two rules: axe finds nothing, nothing is wider than a phone.

Pictures go to the folder named by SOCLE_PICTURES, for people to look at.
"""

import os
from pathlib import Path

from playwright.async_api import Page

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS = (360, 1280)


async def look(page: Page, name: str, widths: tuple[int, ...] = WIDTHS) -> None:
    """Fail on any accessibility fault, at a phone's and at a desk's width, and keep the picture."""
    for width in widths:
        await page.set_viewport_size({"width": width, "height": 800})
        folder = os.environ.get("SOCLE_PICTURES")
        if folder:
            await page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
        wide = await page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{name} is {wide} px wide at {width}"
        await page.evaluate(AXE.read_text())
        faults = await page.evaluate(
            "axe.run().then(r => r.violations.map("
            "v => v.id + ': ' + v.nodes.map(n => n.html).join(' | ')))"
        )
        assert faults == [], f"{name} at {width}: {faults}"
