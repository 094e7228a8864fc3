"""By an identity provider, an account and a person of the place, in Chromium as wide as a phone:
from the first page to the gateway without a script, and every page on the way as axe sees it."""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web
from playwright.async_api import Page, expect

from portal.app import create_app
from portal.guest.parts import Portal
from portal.messages import Messages
from portal.openid.client import ProviderClient
from territory.keyring import Keyring
from territory.messages.settings import MailSettings
from territory.openid_providers import PROFILES, Provider
from territory.settings import Settings
from territory.web.server import start_site
from tests.conftest import FixedClock
from tests.integration.portal.conftest import PHONE, Seed, redirect
from tests.integration.portal.test_codes_in_a_browser import ASK_AXE, AXE, RULES, last_code
from tests.servers.browser import phone_window, press
from tests.servers.mail import Inbox, mail_server
from tests.servers.openid_provider import SECRET, client, openid_provider

pytestmark = pytest.mark.browser

Look = Callable[[Page, str], Awaitable[None]]
"""What is done at each page, and the page's name."""
SENTENCE = "sept lapins roux dansent sous la lune"


@dataclass
class Place:
    """A served portal, its letters, and its gateway."""

    url: str
    gateway_port: int
    inbox: Inbox

    def arrival(self, phone: str = PHONE) -> str:
        """Return the address that the gateway sends a phone to."""
        return f"{self.url}/gateway/coovachilli?{redirect(mac=phone)}"


@pytest.fixture
def clock() -> FixedClock:
    """The provider's own clock, stopped."""
    return FixedClock(datetime.now(UTC))


@pytest.fixture
async def place(portal: Portal, keyring: Keyring, owner: Any, seed: Seed) -> AsyncIterator[Place]:
    """A town hall that offers the three, with a real provider and a real mail server."""
    query = "UPDATE territory.site SET methods = '{openid_connect,account,sponsor}' WHERE id = $1"
    await owner.execute(query, seed.town_hall)
    query = "UPDATE territory.organisation SET sponsors = '{@commercy.example}' WHERE id = $1"
    await owner.execute(query, seed.organisation)
    await portal.directory.refresh()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    back = f"{url}/identification/openid_connect/retour"
    with openid_provider([client("ours", redirect_uris=[back])]) as issuer:
        async with AsyncExitStack() as stack:
            inbox = await stack.enter_async_context(mail_server())
            mail = {"server": "127.0.0.1", "port": inbox.port, "security": "none"}
            mail |= {"sender": "wifi@meuse.example", "provisional_minutes": 0}
            settings = Settings(mail=MailSettings.model_validate(mail))
            provider = Provider("essai", "Essai", issuer, "ours", SECRET, PROFILES["plain"])
            ours = replace(
                portal,
                public_url=url,
                messages=Messages.of(settings, keyring),
                providers={"essai": ProviderClient(provider, back)},
            )
            served = await start_site(create_app(ours, https_only=False), "127.0.0.1", port)
            stack.push_async_callback(served.cleanup)
            gateway = web.Application()
            gateway.router.add_get("/logon", _let_in)
            box = await start_site(gateway, "127.0.0.1", 0)
            stack.push_async_callback(box.cleanup)
            yield Place(url, box.addresses[0][1], inbox)


async def _let_in(_request: web.Request) -> web.Response:
    text = "<!doctype html><html lang='fr'><title>borne</title><main><h1>En ligne</h1></main>"
    return web.Response(text=text, content_type="text/html")


async def online(window: Page) -> None:
    """Wait for the gateway's own page."""
    await expect(window.get_by_role("heading", name="En ligne")).to_be_visible()


async def by_provider(window: Page, place: Place, look: Look) -> None:
    """Choose a provider, guess a code, sign in there, press the one button."""
    await window.goto(place.arrival())
    await press(window, "a[href^='/identification/openid_connect']")
    await look(window, "providers")
    await press(window)
    await look(window, "provider")
    await window.locator("#code").fill("000000")
    await press(window)
    await expect(window.locator("#code-erreur")).to_be_visible()
    await look(window, "provider-slip")
    await press(window, "a.go")
    await expect(window.get_by_role("heading", name="Fournisseur d'essai")).to_be_visible()
    await window.locator("[name=name]").fill("angela")
    await press(window, "button[value=yes]")
    await window.wait_for_url("**/suite?state=*")
    await look(window, "provider-ready")
    await press(window)
    await online(window)


async def by_account(window: Page, place: Place, look: Look) -> None:
    """A wrong password, a code, a weak password, a good one; then back with it."""
    await window.goto(place.arrival("8A-56-7E-F9-10-E5"))
    await press(window, "a[href^='/identification?']")
    await press(window, "a[href^='/identification/account']")
    await look(window, "account")
    await window.locator("#email").fill("anne@commercy.example")
    await window.locator("#password").fill("mot de passe")
    await press(window)
    await expect(window.locator("#password-erreur")).to_be_visible()
    await expect(window.locator("#email")).to_have_value("anne@commercy.example")
    await look(window, "account-slip")
    await press(window, "button[name=create]")
    await look(window, "account-code")
    await window.locator("#code").fill(last_code(place.inbox.letters[-1].get_content()))
    await window.locator("#password").fill("soleil")
    await press(window)
    await expect(window.locator("#password-erreur")).to_be_visible()
    await look(window, "account-weak")
    await window.locator("#password").fill(SENTENCE)
    await press(window)
    await online(window)


async def by_sponsor(window: Page, place: Place, look: Look) -> None:
    """Ask, wait in vain, have the person answer in the same browser, go on."""
    await window.goto(place.arrival("8A-56-7E-F9-10-E6"))
    await press(window, "a[href^='/identification?']")
    await press(window, "a[href^='/identification/sponsor']")
    await look(window, "sponsor")
    await window.locator("#host").fill("julie@commercy.example")
    await window.locator("#words").fill("Ali, du club d'échecs")
    await press(window)
    await window.wait_for_url("**/preuve/sponsor?visit=*")
    waiting = window.url
    await press(window)
    await expect(window.locator("[role=alert]")).to_be_visible()
    await look(window, "sponsor-wait")
    letter = place.inbox.letters[-1].get_content()
    await window.goto(next(line for line in letter.splitlines() if line.startswith(place.url)))
    await look(window, "sponsor-question")
    await press(window)
    await expect(window.get_by_role("heading", name="C'est fait, merci")).to_be_visible()
    await look(window, "sponsor-answered")
    await window.goto(waiting)
    await press(window)
    await online(window)


WAYS = (by_provider, by_account, by_sponsor)


def hosts(place: Place) -> str:
    """Return how the browser finds the gateway."""
    return f"MAP 10.1.0.1:3990 127.0.0.1:{place.gateway_port}"


async def test_three_ways_without_a_script(place: Place, owner: Any) -> None:
    """Each page fits the phone's width; three people are online, each by what they proved."""

    async def fits(window: Page, name: str) -> None:
        box = await window.locator("main").bounding_box()
        assert box is not None, name
        assert box["width"] <= 360, name

    async with phone_window(hosts=hosts(place), scripts=False) as window:
        for way in WAYS:
            await way(window, place, fits)
    rights = await owner.fetch("SELECT method, guest_id FROM live.admission ORDER BY created_at")
    assert {row["method"] for row in rights} == {"openid_connect", "account", "sponsor"}
    assert {row["guest_id"] for row in rights} == {
        row["id"] for row in await owner.fetch("SELECT id FROM account.account")
    }


async def test_axe_finds_nothing_on_the_way(place: Place) -> None:
    """Names, roles, errors that are told, contrast: on every page, slips included."""
    found: list[str] = []

    async def ask(window: Page, name: str) -> None:
        await window.evaluate(AXE.read_text())
        said = await window.evaluate(ASK_AXE, RULES)
        found.extend(f"{name}: {text}" for text in said)

    async with phone_window(hosts=hosts(place)) as window:
        for way in WAYS:
            await way(window, place, ask)
    assert found == []
