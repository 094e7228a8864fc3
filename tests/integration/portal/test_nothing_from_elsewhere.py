"""Every guest page in every state: nothing of another's, no cookie, no word inline by itself."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from portal.app import HERE
from portal.guest.parts import Portal
from portal.identification.methods import METHODS
from tests.conftest import FixedClock
from tests.integration.portal.conftest import Answer, Guest, Radius, Seed
from tests.integration.portal.states import states

LOADS = {"src", "srcset", "data", "poster", "background", "manifest"}
"""Attributes that have a browser fetch something by itself; `href` does on `link` only."""
OWN = re.compile(r"(data:[^\"]*|/[^/\"][^\"]*|#[\w-]*|\?[^\"]*)?")


class Looker(HTMLParser):
    """Collects what a page would fetch, and what stands inline."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.inline: list[str] = []
        self.nonces: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one element."""
        given = dict(attrs)
        self.fetched += [value or "" for name, value in attrs if name in LOADS]
        if tag == "link":
            self.fetched.append(given.get("href") or "")
        self.inline += [name for name in given if name == "style" or name.startswith("on")]
        if tag in {"style", "script"}:
            self.nonces.append(given.get("nonce"))
        if tag in {"iframe", "object", "embed", "base"}:
            self.inline.append(tag)


def hold(name: str, page: Answer) -> None:
    """Hold one page to the rules."""
    assert "Set-Cookie" not in page.headers, name
    policy = page.headers["Content-Security-Policy"]
    for word in ("unsafe-inline", "unsafe-eval", "'strict-dynamic'", " *", "https://"):
        assert word not in re.sub(r"form-action [^;]*", "", policy), (name, policy)
    assert "default-src 'none'" in policy, name
    looker = Looker()
    looker.feed(page.text)
    elsewhere = [url for url in looker.fetched if not OWN.fullmatch(url)]
    assert elsewhere == [], name
    assert looker.inline == [], name
    nonce = re.findall(r"'nonce-([^']+)'", policy)
    assert all(given in nonce for given in looker.nonces), name
    assert not re.search(r"@import|url\((?!#|data:)", page.text), name


async def test_every_page_in_every_state(
    guest: Guest, radius: Radius, clock: FixedClock, portal: Portal, seed: Seed
) -> None:
    """Those that a visit leads through, and each way of identifying oneself with its form."""
    await radius.owner.execute(
        "UPDATE territory.site SET methods = $2 WHERE id = $1", seed.town_hall, [*METHODS]
    )
    await portal.directory.refresh()
    pages = await states(guest, radius, clock)
    fresh = pages["first page"].partition("?")[2]
    online = pages["your data"].rpartition("=")[2]
    more = [f"/identification?{fresh}", *(f"/identification/{m}?{fresh}" for m in METHODS)]
    for name, target in (*pages.items(), *zip(more, more, strict=True), ("home", "/")):
        page = await guest.get(target)
        assert page.status < 500, name
        if page.headers.get("Content-Type", "").startswith("text/html"):
            hold(name, page)
    for form in ({}, {"confirmed": "yes"}):
        hold("erasure", await guest.post("/mes-donnees/effacement", visit=online, **form))


@pytest.mark.parametrize("template", sorted((HERE / "templates").glob("*.html")), ids=str)
def test_no_template_styles_or_scripts_inline(template: Path) -> None:
    """Also of pages that are hard to come by: no style, no handler, no block without a nonce."""
    text = template.read_text(encoding="utf-8")
    assert not re.search(r"<[a-z][^>]*\s(style|on[a-z]+)=", text)
    blocks = re.findall(r"<(?:style|script)\b[^>]*>", text)
    assert all('nonce="{{ nonce }}"' in block for block in blocks)
