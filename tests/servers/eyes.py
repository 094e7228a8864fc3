"""What a page looks like to axe, at 320 px and at night, without loading the page a second time.

axe is a script, and guests' windows run none. So what a window shows is copied into a second one
that keeps axe from page to page, which costs a tenth of a reload. A page that has been looked at is
not looked at again.

Pictures go to the folder named by SOCLE_PICTURES, for people to look at.
"""

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, Page

from tests.servers.accessibility import ASK_AXE, AXE, BY_TAG
from tests.servers.browser import NARROW, take_picture

BY_NIGHT = ("rule", ("color-contrast",))
"""What another colour, language or direction of the same page may change for axe."""
SIDEWAYS = "document.scrollingElement.scrollWidth - innerWidth"
SMALL = """() => [...document.querySelectorAll(".go, .lang a, .who a, footer a")].filter(
    node => node.getBoundingClientRect().height < 44
).map(node => "less than 44 px high: " + node.outerHTML.slice(0, 80))"""
"""What a thumb aims at; links inside a sentence are exempt (WCAG 2.2 SC 2.5.8)."""
ONE_OF_EACH = """() => [[".go:not(.second)", 1, "buttons"], ["svg.sun", 1, "pictograms"]].flatMap(
    ([what, most, name]) => document.querySelectorAll(what).length > most ? ["two " + name] : []
)"""
_OF_ONE_VISIT = re.compile(r'visit=[^"&]+|value="[^"]{40,}"|nonce="[^"]+"')
ITSELF = re.compile(r'<meta http-equiv="refresh"[^>]*>')
"""A page that goes on by itself would take its copy away."""
_PICTURED: tuple[tuple[int, Literal["light", "dark"]], ...] = (
    (320, "light"),
    (360, "dark"),
    (1280, "light"),
)


@dataclass
class Eyes:
    """A window that keeps axe, and what was found so far."""

    window: Page
    faults: list[str] = field(default_factory=list)
    """By page, what is wrong."""
    _seen: set[tuple[str, bool]] = field(default_factory=set)

    async def look(self, html: str, name: str, *, night: bool = False) -> None:
        """Look at a page; `night`: in the dark, and only at what that may change."""
        shape = _OF_ONE_VISIT.sub("", html), night
        if shape in self._seen:
            return
        self._seen.add(shape)
        await self.window.emulate_media(color_scheme="dark" if night else "light")
        await self.window.set_content(ITSELF.sub("", html))
        for question in (SMALL, ONE_OF_EACH):
            self._found(name, await self.window.evaluate(question))
        self._found(name, await self.window.evaluate(ASK_AXE, BY_NIGHT if night else BY_TAG))
        if sideways := max(0, await self.window.evaluate(SIDEWAYS)):
            self._found(name, [f"{sideways} px too wide"])
        await self._keep_pictures(name)

    def _found(self, name: str, faults: list[str]) -> None:
        self.faults += [f"{name}: {fault}" for fault in faults]

    async def _keep_pictures(self, name: str) -> None:
        folder = os.environ.get("SOCLE_PICTURES")
        if not folder:
            return
        for width, scheme in _PICTURED:
            await self.window.emulate_media(color_scheme=scheme)
            await self.window.set_viewport_size({**NARROW, "width": width})
            path = (
                Path(folder) / f"{name.replace(' ', '-')}-{width}{'-dark' * (scheme == 'dark')}.png"
            )
            await take_picture(self.window, path)
        await self.window.set_viewport_size(NARROW)


@asynccontextmanager
async def open_eyes(browser: Browser) -> AsyncIterator[Eyes]:
    """Give eyes."""
    context = await browser.new_context(viewport=NARROW)
    window = await context.new_page()
    await window.evaluate(AXE.read_text())
    try:
        yield Eyes(window)
    finally:
        await context.close()
