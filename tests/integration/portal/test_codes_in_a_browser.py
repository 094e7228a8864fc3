"""By e-mail and by SMS in Chromium, as wide as a phone: from the first page to the gateway without
a script, and every page on the way as axe sees it."""

import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from playwright.async_api import Page, expect

from portal.app import create_app
from portal.guest.parts import Portal
from portal.messages import Messages
from territory.keyring import Keyring
from territory.messages.settings import MailSettings, SmsSettings
from territory.settings import Settings
from territory.web.server import start_site
from tests.integration.portal.conftest import PHONE, Seed, redirect
from tests.servers.browser import phone_window, press
from tests.servers.mail import Inbox, mail_server
from tests.servers.sms import Provider, sms_provider

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[3] / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ASK_AXE = """async rules => {
    const said = await axe.run(document, {
        runOnly: {type: "tag", values: rules}, resultTypes: ["violations"],
    });
    return said.violations.flatMap(
        rule => rule.nodes.map(node => rule.id + ": " + node.html.slice(0, 120))
    );
}"""
Look = Callable[[Page, str], Awaitable[None]]
"""What is done at each page, and the page's name."""


@dataclass
class Place:
    """A served portal, what it writes with, and its gateway."""

    url: str
    gateway_port: int
    inbox: Inbox
    provider: Provider

    def arrival(self, phone: str = PHONE) -> str:
        """Return the address that the gateway sends a phone to."""
        return f"{self.url}/gateway/coovachilli?{redirect(mac=phone)}"


@pytest.fixture
async def place(portal: Portal, keyring: Keyring, owner: Any, seed: Seed) -> AsyncIterator[Place]:
    """A town hall that offers both, with a real mail server and a double of a provider."""
    query = "UPDATE territory.site SET methods = '{email_code,sms_code}' WHERE id = $1"
    await owner.execute(query, seed.town_hall)
    await portal.directory.refresh()
    async with AsyncExitStack() as stack:
        inbox = await stack.enter_async_context(mail_server())
        provider = await stack.enter_async_context(sms_provider())
        mail = {"server": "127.0.0.1", "port": inbox.port, "security": "none"}
        settings = Settings(
            mail=MailSettings.model_validate({**mail, "sender": "wifi@meuse.example"}),
            sms=SmsSettings.model_validate(
                {**provider.settings("twilio"), "number": "+33755000001"}
            ),
        )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        ours = replace(portal, public_url=url, messages=Messages.of(settings, keyring))
        served = await start_site(create_app(ours, https_only=False), "127.0.0.1", port)
        stack.push_async_callback(served.cleanup)
        gateway = web.Application()
        gateway.router.add_get("/logon", _let_in)
        box = await start_site(gateway, "127.0.0.1", 0)
        stack.push_async_callback(box.cleanup)
        yield Place(url, box.addresses[0][1], inbox, provider)


async def _let_in(_request: web.Request) -> web.Response:
    text = "<!doctype html><html lang='fr'><title>borne</title><main><h1>En ligne</h1></main>"
    return web.Response(text=text, content_type="text/html")


def last_code(text: str) -> str:
    """Return the code in a message."""
    found = re.search(r"\b\d{6}\b", text)
    assert found
    return found[0]


async def by_mail(window: Page, place: Place, look: Look) -> None:
    """Go in by mail: a slip, the address, an access lent, the link, its one button."""
    await window.goto(place.arrival())
    await look(window, "first")
    await press(window, "a[href^='/identification/email_code']")
    await look(window, "mail")
    await window.locator("#email").fill("anne@commercy")
    await press(window)
    await expect(window.locator("#email-erreur")).to_be_visible()
    await expect(window.locator("#email")).to_have_value("anne@commercy")
    await look(window, "mail-slip")
    await window.locator("#email").fill("anne@commercy.example")
    await press(window)
    await expect(window.get_by_role("heading", name="En ligne")).to_be_visible()
    letter = place.inbox.letters[-1].get_content()
    link = next(line for line in letter.splitlines() if line.startswith(place.url))
    await window.goto(link)
    await look(window, "mail-link")
    await press(window)
    await window.wait_for_url("**/ma-connexion?visit=*")
    await look(window, "mail-done")


async def by_text(window: Page, place: Place, look: Look) -> None:
    """Go in by SMS: another way chosen, a slip, the number, a wrong code, the right one."""
    await window.goto(place.arrival("8A-56-7E-F9-10-E5"))
    await press(window, "a[href^='/identification?']")
    await look(window, "choose")
    await press(window, "a[href^='/identification/sms_code']")
    await look(window, "sms")
    await press(window, "button[name=mot]")
    await expect(window.locator(".big")).to_be_visible()
    await look(window, "sms-word")
    await press(window, "a[href^='/identification/sms_code']")
    await window.locator("#number").fill("01 42 34 56 78")
    await press(window)
    await expect(window.locator("#number-erreur")).to_be_visible()
    await look(window, "sms-slip")
    await window.locator("#number").fill("06 12 34 56 78")
    await press(window)
    await window.locator("#code").fill("000")
    await press(window)
    await expect(window.locator("#code-erreur")).to_be_visible()
    await look(window, "sms-code-slip")
    await window.locator("#code").fill(last_code(place.provider.messages[-1][1]))
    await press(window)
    await expect(window.get_by_role("heading", name="En ligne")).to_be_visible()


def hosts(place: Place) -> str:
    """Return how the browser finds the gateway."""
    return f"MAP 10.1.0.1:3990 127.0.0.1:{place.gateway_port}"


async def test_both_ways_without_a_script(place: Place, owner: Any) -> None:
    """Each page fits the phone's width; two people are online, each by what they proved."""

    async def fits(window: Page, name: str) -> None:
        box = await window.locator("main").bounding_box()
        assert box is not None, name
        assert box["width"] <= 360, name

    async with phone_window(hosts=hosts(place), scripts=False) as window:
        await by_mail(window, place, fits)
        await by_text(window, place, fits)
    methods = await owner.fetch("SELECT method, guest_id FROM live.admission ORDER BY method")
    assert [row["method"] for row in methods] == ["email_code", "sms_code"]
    assert {row["guest_id"] for row in methods} == {
        row["id"] for row in await owner.fetch("SELECT id FROM account.contact")
    }


async def test_axe_finds_nothing_on_the_way(place: Place) -> None:
    """Names, roles, errors that are told, contrast: on every page, slips included."""
    found: list[str] = []

    async def ask(window: Page, name: str) -> None:
        await window.evaluate(AXE.read_text())
        said = await window.evaluate(ASK_AXE, RULES)
        found.extend(f"{name}: {text}" for text in said)

    async with phone_window(hosts=hosts(place)) as window:
        await by_mail(window, place, ask)
        await by_text(window, place, ask)
    assert found == []
