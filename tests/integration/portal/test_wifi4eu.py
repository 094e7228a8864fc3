"""A site of WiFi4EU: its identity and one click, and a snippet that can neither delay nor break."""

import re

import pytest
from playwright.async_api import Browser, Page, Route

from portal.guest.parts import Portal
from territory.rules.wifi4eu import COLLECTION
from tests.integration.portal.conftest import Guest, Radius, Seed, redirect
from tests.servers.browser import PHONE, go

SNIPPET = "0b8f3d52-6c1e-4f7a-9a43-2f5d1c7e9b60"
BANNER = f"{COLLECTION}/media/banner/Wifi4EU-FR.svg"
COUNTER = f"document.getElementById('wifi4eubanner').src = '{BANNER}'"
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20"/>'


async def join(radius: Radius, seed: Seed, portal: Portal, snippet: str | None) -> None:
    """Have the town hall be of WiFi4EU."""
    await radius.owner.execute(
        "UPDATE territory.site SET wifi4eu = true, wifi4eu_snippet = $2,"
        " methods = '{ticket,click_through}' WHERE id = $1",
        *(seed.town_hall, snippet),
    )
    await portal.directory.refresh()


async def test_one_click_and_its_identity_without_anything_from_elsewhere(
    guest: Guest, radius: Radius, seed: Seed, portal: Portal
) -> None:
    """No account whatever the site's row says; without a snippet, no script and nobody else."""
    await join(radius, seed, portal, None)
    page = await guest.arrive()
    assert "une initiative de l'Union européenne" in page.text
    assert "/identification/ticket" not in page.text
    assert "<script" not in page.text
    assert COLLECTION not in page.text + page.headers["Content-Security-Policy"]


async def test_the_snippet_is_of_the_first_page_alone(
    guest: Guest, radius: Radius, seed: Seed, portal: Portal
) -> None:
    """Its three words before its script, with this network's UUID; other pages stay closed. That
    page's address names the device: no browser tells it to the snippet's server, not even one that
    knows only the first words there were for that."""
    await join(radius, seed, portal, SNIPPET)
    page = await guest.arrive(lang="de")
    words = ["wifi4euTimerStart", f"wifi4euNetworkIdentifier = '{SNIPPET}'"]
    words += ["wifi4euLanguage = 'de'", "/wifi4eu.min.js"]
    assert sorted(words, key=page.text.index) == words
    assert "selftest" not in page.text
    policy = page.headers["Content-Security-Policy"]
    nonce = re.findall(r'<script nonce="([^"]+)"', page.text)[0]
    assert f"script-src 'nonce-{nonce}' {COLLECTION}" in policy
    assert "unsafe" not in policy
    assert page.headers["Referrer-Policy"] == "no-referrer, same-origin"
    words = re.findall(r'<meta name="referrer" content="([^"]+)">', page.text)
    assert words == ["never", "same-origin"]
    assert page.text.index('content="never"') < page.text.index("<script")
    for path in ("/mes-donnees", "/mentions-legales", "/aide", "/conditions"):
        other = await guest.get(f"{path}?visit={page.visit}")
        assert COLLECTION not in other.headers["Content-Security-Policy"]
        assert other.headers["Referrer-Policy"] == "same-origin"
        assert "<script" not in other.text
    for path in ("/mes-donnees", "/mentions-legales"):
        told = await guest.get(f"{path}?visit={page.visit}&lang=fr")
        assert "un compteur de la Commission européenne" in told.text


@pytest.fixture
async def window(chromium: Browser) -> Page:
    """A phone's window that runs scripts."""
    return await chromium.new_page(viewport=PHONE, locale="fr-FR")


@pytest.mark.browser
async def test_a_collection_that_never_answers_delays_nothing(
    window: Page, guest: Guest, radius: Radius, seed: Seed, portal: Portal
) -> None:
    """The page has loaded and its button works while the snippet still waits."""
    await join(radius, seed, portal, SNIPPET)
    asked: list[Route] = []

    def keep(route: Route) -> None:
        asked.append(route)

    await window.route(f"{COLLECTION}/**", keep)
    await go(window, f"{guest.url}/gateway/coovachilli?{redirect()}", wait_until="load")
    await window.get_by_role("button", name="Se connecter").wait_for()
    async with window.expect_request("**/logon*", timeout=60_000):
        await window.get_by_role("button", name="Se connecter").click(no_wait_after=True)
    assert len(asked) == 1


@pytest.mark.browser
async def test_the_snippet_may_show_its_banner_and_nothing_breaks(
    window: Page, guest: Guest, radius: Radius, seed: Seed, portal: Portal
) -> None:
    """What it loads is let through by that page's policy; no violation is reported."""
    await join(radius, seed, portal, SNIPPET)
    said: list[str] = []
    led_by: list[str | None] = []
    window.on("console", lambda message: said.append(message.text))

    async def answer(route: Route) -> None:
        is_picture = route.request.url == BANNER
        led_by.append(await route.request.header_value("referer"))
        kind = "image/svg+xml" if is_picture else "text/javascript"
        await route.fulfill(content_type=kind, body=PICTURE if is_picture else COUNTER)

    await window.route(f"{COLLECTION}/**", answer)
    async with window.expect_response(BANNER):
        await go(window, f"{guest.url}/gateway/coovachilli?{redirect()}")
    assert (said, led_by) == ([], [None, None])
