"""The captive portal API: content type, whole numbers, and nothing about other people's devices."""

from collections.abc import AsyncIterator
from ipaddress import ip_network

import aiohttp
import asyncpg
import pytest

from portal.app import create_app
from portal.guest.parts import Portal
from territory.web.server import start_site
from tests.conftest import FixedClock
from tests.integration.portal.conftest import PHONE, PUBLIC_URL, Answer, Guest, Radius, user_name_in

VENUE = f"{PUBLIC_URL}/lieu/gw-mairie"
API = f"/captive-portal?nasid=gw-mairie&mac={PHONE}"


async def ask(guest: Guest, target: str = API, **headers: str) -> Answer:
    """Ask as a phone does."""
    return await guest.get(target, Accept="application/captive+json", **headers)


async def online(guest: Guest, radius: Radius) -> tuple[str, str]:
    """Go online; return the credential's name and the visit."""
    page = await guest.arrive()
    name = user_name_in(await guest.post("/visite", visit=page.visit))
    await radius.account(await radius.bind(name), 500)
    return name, (await guest.arrive(res="success", uid=name)).visit


async def test_an_unknown_device(guest: Guest) -> None:
    """404, never `captive: true`: the phone then finds the portal as it always did."""
    assert (await ask(guest)).status == 404


async def test_a_device_that_is_online(guest: Guest, radius: Radius, clock: FixedClock) -> None:
    """RFC 8908 §5: what remains, in whole seconds and octets."""
    await online(guest, radius)
    clock.advance(seconds=0.5)
    answer = await ask(guest)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/captive+json"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.json == {
        "captive": False,
        "user-portal-url": f"{PUBLIC_URL}/connexion/gw-mairie",
        "venue-info-url": VENUE,
        "can-extend-session": False,
        "seconds-remaining": 14_399,
        "bytes-remaining": 2 * 10**9 - 500,
    }
    assert type(answer.json["seconds-remaining"]) is int


async def test_a_device_whose_right_is_over(
    guest: Guest, radius: Radius, clock: FixedClock
) -> None:
    """Captive, and no counters (RFC 8908 §5)."""
    await online(guest, radius)
    clock.advance(hours=4)
    portal_url = f"{PUBLIC_URL}/connexion/gw-mairie"
    assert (await ask(guest)).json == {
        "captive": True,
        "user-portal-url": portal_url,
        "venue-info-url": VENUE,
    }


async def test_the_page_of_the_place(
    guest: Guest, radius: Radius, portal: Portal, owner: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """In the guest's language, with the welcome; a place that is not listed has none."""
    page = await guest.get("/lieu/gw-mairie", Accept_Language="de")
    assert page.status == 200
    assert "Le marché a lieu ici" in page.text
    assert 'href="/connexion/gw-mairie"' in page.text
    assert (await guest.get("/lieu/nowhere")).status == 404
    await online(guest, radius)
    await owner.execute("UPDATE territory.site SET listed = false")
    await portal.directory.refresh()
    assert "venue-info-url" not in (await ask(guest)).json
    assert (await guest.get("/lieu/gw-mairie")).status == 404


async def test_a_device_that_logged_out(guest: Guest, radius: Radius) -> None:
    """Captive as well."""
    _, visit = await online(guest, radius)
    await guest.post("/deconnexion", visit=visit)
    assert (await ask(guest)).json["captive"] is True


async def test_a_browser_is_sent_on(guest: Guest) -> None:
    """RFC 8910 §2: without the media type, to the portal, and caches are told."""
    answer = await guest.get(API)
    assert (answer.status, answer.location) == (303, f"{PUBLIC_URL}/connexion/gw-mairie")
    assert answer.headers["Vary"] == "Accept"
    start = await guest.get("/connexion/gw-mairie")
    assert start.location == "http://10.1.0.1:3990/prelogin"


@pytest.mark.parametrize(
    "target",
    [
        "/captive-portal",
        "/captive-portal?nasid=gw-mairie",
        "/captive-portal?nasid=gw-mairie&mac=nobody",
        f"/captive-portal?nasid=nowhere&mac={PHONE}",
        "/captive-portal?nasid=gw-mairie&mac=<script>",
    ],
)
async def test_what_cannot_be_answered(guest: Guest, target: str) -> None:
    """404, whatever is wrong."""
    assert (await ask(guest, target)).status == 404


@pytest.fixture
async def behind_front(portal: Portal) -> AsyncIterator[Guest]:
    """A guest behind a trusted front, which tells their address."""
    app = create_app(portal, trusted_proxies=(ip_network("127.0.0.1"),), https_only=False)
    runner = await start_site(app, "127.0.0.1", 0)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield Guest(f"http://127.0.0.1:{runner.addresses[0][1]}", session)
    await runner.cleanup()


async def test_only_the_site_itself_may_ask(behind_front: Guest, radius: Radius) -> None:
    """Whether a device is somewhere is nobody's business elsewhere."""
    behind_front.headers = {"X-Forwarded-For": "198.35.26.96"}
    await online(behind_front, radius)
    assert (await ask(behind_front)).status == 200
    behind_front.headers = {"X-Forwarded-For": "91.198.174.192"}
    assert (await ask(behind_front)).status == 404
    behind_front.headers = {"X-Forwarded-For": "2a02:ec80:300:ed1a::1"}
    assert (await ask(behind_front)).status == 404
