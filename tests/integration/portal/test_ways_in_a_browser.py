"""Every way of going online in Chromium, as a guest's log-in window is: 320 px, no script; in
French and from right to left; with the slips and refusals on the way; and the day after.

In French at a place whose plan lets a device come back without a page; in Arabic, by night, at one
whose plan asks again. What each page is like, `Eyes` says; whether somebody is online, the gateway.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, expect

from portal.identification.challenge import MOST_ANSWERS
from simulation.configuration import Lease
from territory.keyring import Keyring
from tests.servers.browser import NARROW, chromium, go, press, window_of
from tests.servers.eyes import SIDEWAYS, Eyes, open_eyes
from tests.servers.town import DAY, PHONE, STAY, Town, last_code, running_town

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

SENTENCE = "sept lapins roux dansent sous la lune"
OTHER: Final = "click_through"
"""The other way that each place offers."""
ELSEWHERE: Final = {"X-Forwarded-For": "198.35.26.96"}
"""What a front adds for a browser that is not on the Wi-Fi."""
LEAVE: Final = "form[action='/deconnexion']"
"""What only the page of who is connected has."""


@dataclass
class Walk:
    """A guest on their way, by one method."""

    town: Town
    place: str
    language: str
    window: Page
    eyes: Eyes
    method: str
    ticket: str = ""
    """The code of the ticket they were given, if any."""

    @property
    def mail(self) -> str:
        """The guest's own address."""
        return f"anne.{self.language}@bar-le-duc.example"

    async def browse(self) -> None:
        """Ask for any site, as who has just joined the Wi-Fi does."""
        await go(self.window, f"http://{self.place}.test/")

    async def look(self, name: str) -> None:
        """Hold the page to what each page is held to."""
        await self.window.wait_for_load_state()
        assert await self.window.evaluate(SIDEWAYS) <= 0, name
        assert await self.window.locator("html").get_attribute("lang") == self.language, name
        name = f"{self.method}-{name}-{self.language}"
        await self.eyes.look(await self.window.content(), name, night=self.language == "ar")

    async def press(self, button: str = "form[method=post] button") -> None:
        """Press, and wait for the next page."""
        await press(self.window, button)

    async def follow(self, path: str) -> None:
        """Press the link to a page of this path."""
        await self.press(f"a[href^='{path}']")

    async def fill(self, **fields: str) -> None:
        """Type into fields, by their names, and send the form."""
        for name, text in fields.items():
            await self.window.locator(f"#{name}").fill(text)
        await self.press()

    async def slip(self, name: str) -> None:
        """See what is wrong beside a field, told to whoever does not see it."""
        await expect(self.window.locator(f"#{name}-erreur[role=alert]")).to_be_visible()
        told = await self.window.locator(f"#{name}").get_attribute("aria-describedby")
        assert told
        assert f"{name}-erreur" in told.split()
        await self.look(f"{name}-slip")

    async def arrived(self, notice: str = "") -> None:
        """See the first page, with a notice or none."""
        await expect(self.window.locator("h1")).to_have_text("Mairie de Bar-le-Duc")
        await expect(self.window.locator(".note")).to_have_count(1 if notice else 0)
        await self.look(notice or "first")

    async def connected(self, name: str = "connected") -> None:
        """See that one is, and that the gateway says so too."""
        await expect(self.window.locator(LEAVE)).to_be_visible()
        assert self.town.is_online(self.place)
        await self.look(name)


async def by_click(walk: Walk) -> None:
    """Read the terms, wait too long, begin again, go online, leave, and go online again."""
    await walk.follow("/conditions")
    await walk.look("terms")
    await walk.press("a.second[href^='/visite']")
    walk.town.clock.advance(minutes=11)
    await walk.press()
    await walk.look("too-old")
    await walk.press("a.go")
    await walk.arrived()
    await walk.press()
    await walk.connected()
    await walk.press(f"{LEAVE} button")
    await walk.arrived("left")
    await click_again(walk)


async def click_again(walk: Walk) -> None:
    """One button."""
    await walk.press()
    await walk.connected()


async def by_mail(walk: Walk) -> None:
    """A slip, the address, an access lent, a wrong code, the link of the letter, its one button."""
    await walk.follow("/identification/email_code")
    await walk.look("form")
    await walk.fill(email="anne@commercy")
    await expect(walk.window.locator("#email")).to_have_value("anne@commercy")
    await walk.slip("email")
    await walk.fill(email=walk.mail)
    await walk.connected("lent")
    await walk.follow("/mon-code")
    await walk.look("code")
    await walk.fill(code="000")
    await walk.slip("code")
    await go(walk.window, walk.town.link_in_letter())
    await walk.look("link")
    await walk.press()
    await walk.window.wait_for_url("**/ma-connexion?visit=*")
    await walk.connected()


async def mail_again(walk: Walk) -> None:
    """The address anew, and online for the time it takes to read."""
    await walk.follow("/identification/email_code")
    await walk.fill(email=walk.mail)
    await walk.connected("lent")


async def by_text(walk: Walk) -> None:
    """A word to send instead, a slip, wrong codes until none counts, then the right one."""
    await walk.follow("/identification/sms_code")
    await walk.look("form")
    await walk.press("button[name=mot]")
    await expect(walk.window.locator(".big")).to_be_visible()
    await walk.look("word")
    await walk.press()
    await expect(walk.window.locator("[role=alert]")).to_be_visible()
    await walk.look("word-awaited")
    await walk.follow("/identification/sms_code")
    await walk.fill(number="01 42 34 56 78")
    await walk.slip("number")
    await walk.fill(number=mobile(walk))
    await walk.look("code")
    for _ in range(MOST_ANSWERS):
        await walk.fill(code="000000")
        await walk.slip("code")
    await walk.fill(code="000000")
    await walk.arrived("code-over")
    await text_again(walk)


async def text_again(walk: Walk) -> None:
    """The number, and the code of the message."""
    await walk.follow("/identification/sms_code")
    await walk.fill(number=mobile(walk))
    await walk.fill(code=last_code(walk.town.provider.messages[-1][1]))
    await walk.connected()


def mobile(walk: Walk) -> str:
    """Return the guest's own number."""
    return {"fr": "06 12 34 56 78", "ar": "07 56 78 12 34"}[walk.language]


async def by_ticket(walk: Walk) -> None:
    """A digit forgotten, then online; and on another phone, in the place of the first."""
    walk.ticket = await walk.town.ticket(walk.place, 72 if walk.place == STAY else 6)
    await walk.follow("/identification/ticket")
    await walk.look("form")
    await walk.fill(code=walk.ticket[:-1])
    await walk.slip("code")
    await walk.fill(code=walk.ticket)
    await walk.connected()
    first = walk.town.leases[PHONE]
    walk.town.leave(walk.place)
    walk.town.leases[PHONE] = Lease(first.mac[:-1] + "F", "10.1.0.78")
    await walk.browse()
    await walk.follow("/identification/ticket")
    await walk.fill(code=walk.ticket)
    await walk.window.locator("[name=instead]").check()
    await walk.look("instead")
    await walk.press()
    await walk.connected()


async def ticket_again(walk: Walk) -> None:
    """Its six hours are over, and the page says to ask for another one."""
    await walk.follow("/identification/ticket")
    await walk.fill(code=walk.ticket)
    await walk.slip("code")


async def by_account(walk: Walk) -> None:
    """A wrong password, a code, a weak password, a good one; then one's devices."""
    await walk.follow("/identification/account")
    await walk.look("form")
    await walk.fill(email=walk.mail, password="mot de passe")
    await expect(walk.window.locator("#email")).to_have_value(walk.mail)
    await walk.slip("password")
    await walk.press("button[name=create]")
    await walk.connected("lent")
    await walk.follow("/mon-code")
    await walk.look("code")
    code = last_code(walk.town.inbox.letters[-1].get_content())
    await walk.fill(code=code, password="soleil")
    await walk.slip("password")
    await walk.fill(code=code, password=SENTENCE)
    await walk.window.wait_for_url("**/ma-connexion?visit=*")
    await walk.connected()
    await walk.follow("/mes-appareils")
    await walk.look("devices")


async def account_again(walk: Walk) -> None:
    """The password alone."""
    await walk.follow("/identification/account")
    await walk.fill(email=walk.mail, password=SENTENCE)
    await walk.connected()


async def by_provider(walk: Walk) -> None:
    """Say no at the provider and begin again; guess a code; sign in by the plain address, as in a
    browser of its own, which shows the code; and end with it where all began."""
    await choose_provider(walk)
    await walk.press("a.go")
    await sign_in(walk, "no")
    await expect(walk.window.locator("a.go")).to_be_visible()
    await walk.look("denied")
    await walk.press("a.go")
    await walk.look("choose")
    await choose_provider(walk)
    await walk.look("leave")
    waiting, plain = walk.window.url, await walk.window.locator("strong bdi").inner_text()
    await walk.fill(code="000000")
    await walk.slip("code")
    await walk.window.set_extra_http_headers(ELSEWHERE)
    await go(walk.window, plain)
    await walk.look("elsewhere")
    await walk.press("a.go")
    await sign_in(walk, "yes")
    await walk.window.wait_for_url("**/suite?state=*")
    await walk.look("code")
    code, signed_in = await walk.window.locator(".big").inner_text(), walk.window.url
    await walk.window.set_extra_http_headers({})
    await go(walk.window, signed_in)
    await walk.look("ready")
    await go(walk.window, waiting)
    await walk.fill(code=code)
    await walk.connected()


async def choose_provider(walk: Walk) -> None:
    """Choose the one provider there is."""
    await walk.follow("/identification/openid_connect")
    await walk.look("form")
    await walk.press()


async def sign_in(walk: Walk, answer: str) -> None:
    """Do so on the provider's own page, or say no, at the hour of its own clock."""
    walk.town.clock.instant = datetime.now(UTC)
    await walk.window.locator("[name=name]").fill("angela")
    await walk.press(f"button[value={answer}]")


async def by_sponsor(walk: Walk) -> None:
    """Ask, wait in vain, get a no; ask another time, get a yes."""
    await walk.follow("/identification/sponsor")
    await walk.look("form")
    await walk.fill(host="julie@bar-le-duc", words="Ali, du club d'échecs")
    await walk.slip("host")
    for answer, outcome in (("no", "refused"), ("yes", "answered")):
        await walk.fill(host="julie@bar-le-duc.example", words="Ali, du club d'échecs")
        await walk.window.wait_for_url("**/preuve/sponsor?visit=*")
        waiting = f"{walk.window.url}&fixe=1"
        await go(walk.window, waiting)
        await walk.press()
        await expect(walk.window.locator("[role=alert]")).to_be_visible()
        await walk.look("awaited")
        await go(walk.window, walk.town.link_in_letter())
        await walk.look("question")
        await walk.press(f"button[value={answer}]")
        await walk.look(outcome)
        await go(walk.window, waiting)
        await walk.press()
        if answer == "no":
            await walk.arrived("answered-no")
            await walk.follow("/identification/sponsor")
    await walk.connected()


async def asked_anew(walk: Walk) -> None:
    """The form, empty."""
    await walk.follow(f"/identification/{walk.method}")
    await expect(walk.window.locator("form[method=post]")).not_to_have_count(0)


@dataclass(frozen=True, slots=True)
class Way:
    """A method, and what its guest does."""

    method: str
    go: Callable[[Walk], Awaitable[None]]
    """From the first page until they are online, slips and refusals on the way."""
    again: Callable[[Walk], Awaitable[None]]
    """From the first page of the next day, where the right is over."""


WAYS = (
    Way("click_through", by_click, click_again),
    Way("email_code", by_mail, mail_again),
    Way("sms_code", by_text, text_again),
    Way("ticket", by_ticket, ticket_again),
    Way("account", by_account, account_again),
    Way("openid_connect", by_provider, asked_anew),
    Way("sponsor", by_sponsor, asked_anew),
)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def town(module_database_url: str, keyring: Keyring) -> AsyncIterator[Town]:
    """The base and its two places."""
    async with running_town(module_database_url, keyring) as town:
        yield town


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser(town: Town) -> AsyncIterator[Browser]:
    """Chromium, in either place."""
    async with chromium(hosts=town.hosts) as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def eyes(browser: Browser) -> AsyncIterator[Eyes]:
    """What remembers the pages that were looked at."""
    async with open_eyes(browser) as eyes:
        yield eyes


@pytest.mark.parametrize(("language", "place"), [("fr", STAY), ("ar", DAY)])
@pytest.mark.parametrize("way", WAYS, ids=[way.method for way in WAYS])
async def test_online_and_back_the_next_day(
    town: Town, browser: Browser, eyes: Eyes, way: Way, language: str, place: str
) -> None:
    """Each page fits and axe finds nothing; the gateway lets the guest through. A day later the
    same phone is let in without a page, or is shown the one that the place's plan leads to."""
    await town.offer(place, sorted({way.method, OTHER}, key=lambda method: method != way.method))
    town.arrive(place, Lease(f"8A-56-7E-F9-{WAYS.index(way):02d}-A0", "10.1.0.77"))
    async with window_of(browser, scripts=False, size=NARROW, language=language) as window:
        walk = Walk(town, place, language, window, eyes, way.method)
        await walk.browse()
        await walk.arrived()
        await way.go(walk)
        town.leave(place)
        town.clock.advance(days=1)
        await walk.browse()
        if place == STAY:
            await expect(window).to_have_title("Le Web est ouvert")
            assert town.is_online(place)
        else:
            await walk.arrived()
            await way.again(walk)
    assert eyes.faults == []


async def test_online_without_style_script_or_cookie(town: Town, browser: Browser) -> None:
    """In Arabic by one tap, and to the gateway by the text and its links; nobody else is asked."""
    await town.offer(STAY, ["click_through"])
    town.arrive(STAY, Lease("8A-56-7E-F9-99-A0", "10.1.0.79"))
    ours = (town.url, town.gateways[STAY].login_address, f"http://{STAY}.test/", "data:")
    asked: list[str] = []

    async def without_style(route: Route) -> None:
        if route.request.method == "POST":
            return await route.continue_()
        answer = await route.fetch(max_redirects=0)
        plain = re.sub("<style.*?</style>", "", await answer.text(), flags=re.DOTALL)
        return await route.fulfill(response=answer, body=plain)

    async with window_of(browser, scripts=False, size=NARROW) as window:
        window.on("request", lambda request: asked.append(request.url))
        await go(window, f"http://{STAY}.test/")
        await window.route(f"{town.url}/**", without_style)
        await press(window, "a[hreflang=ar]")
        await window.get_by_role("button", name="اتصال").wait_for()
        assert await window.locator("style").count() == 0
        assert await window.locator("html").get_attribute("dir") == "rtl"
        await press(window)
        await expect(window.locator(LEAVE)).to_be_visible()
        assert await window.context.cookies() == []
    assert town.is_online(STAY)
    assert [url for url in asked if not url.startswith(ours)] == []
