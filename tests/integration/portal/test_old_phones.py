"""The guests' pages on an old phone.

The floor is Android 6, whose window is at least Chrome 44 (what phones left the factory with in
autumn 2015, before any update), and iOS 10. Styles are held to it by doiuse, which reads caniuse's
tables; what may be beyond it only adorns, and is listed with its reason.
"""

import asyncio
import json
import re
from pathlib import Path

from tests.integration.portal.conftest import Guest

DOIUSE = Path(__file__).parents[3] / "node_modules" / ".bin" / "doiuse"
FLOOR = "Chrome 44, ios_saf 10.0-10.2"
ADORNMENTS = {
    "text-size-adjust": "keeps a turned phone's text as it is",
    "text-decoration": "a thicker line under the finger",
    "mdn-text-decoration-shorthand": "its old values are written, which every browser knows",
    "css-hyphens": "long words break at syllables; else they wrap",
    "css-appearance": "a button without the system's gloss",
    "prefers-color-scheme": "else the light page",
    "css-text-wrap-balance": "else a heading's lines break where they are full",
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
