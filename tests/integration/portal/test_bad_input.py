"""A redirect, a form or an address that is not ours: one clear page, and no trace of the input."""

import base64

import aiohttp
import asyncpg
from yarl import URL

from portal.guest.parts import Portal
from tests.integration.portal.conftest import Guest, redirect

MARK = "zqjxk"
"""Stands in every bad input; never in an answer."""
SCRIPT = f"%3Cscript%3Ealert({MARK})%3C/script%3E"
CHILLI = (
    "res",
    "uamip",
    "uamport",
    "challenge",
    "called",
    "mac",
    "ip",
    "nasid",
    "sessionid",
    "userurl",
    "reply",
    "reason",
    "uid",
    "ssl",
    "lang",
    "ssid",
    "timeleft",
)


def fas(**changes: str) -> str:
    """Return an openNDS redirect's query, some values changed."""
    values = {
        "hid": "7dcf407fa84a0e0519c7991154c4148de0244d7589020c0d9842db9efad82094",
        "clientip": "192.168.8.77",
        "clientmac": "8a:56:7e:f9:10:e4",
        "gatewayname": "gw-bibliotheque",
        "gatewayaddress": "192.168.8.1:2050",
        "originurl": "http%3a%2f%2fexample.org%2f",
    } | changes
    text = ", ".join(f"{name}={value}" for name, value in values.items())
    return "fas=" + base64.b64encode(text.encode()).decode()


NOT_OURS = (
    f"/gateway/coovachilli?{redirect()}&lang={MARK}",
    f"/gateway/coovachilli?{redirect(uamip='203.0.113.9', called=MARK)}",
    f"/gateway/coovachilli?{redirect(nasid=MARK)}",
    f"/gateway/coovachilli?{redirect(res=SCRIPT)}",
    f"/gateway/coovachilli?{redirect(ssl=f'https://{MARK}.example/')}",
    f"/gateway/coovachilli?{redirect(mac=SCRIPT)}",
    f"/gateway/coovachilli?{redirect(challenge=MARK)}",
    f"/gateway/coovachilli?{redirect(reply=f'%00{MARK}')}",
    f"/gateway/coovachilli?{redirect(reply=f'%ff{MARK}')}",
    f"/gateway/coovachilli?res=notyet&nasid=gw-mairie&uamip={MARK}",
    f"/gateway/coovachilli?{MARK}",
    "/gateway/coovachilli",
    f"/gateway/coovachilli/?{redirect()}&x={MARK}",
    f"/gateway/opennds?fas={MARK}",
    f"/gateway/opennds?{fas(gatewayaddress=f'{MARK}.example:2050')}",
    f"/gateway/opennds?{fas(gatewayname=MARK)}",
    f"/gateway/opennds?{fas(clientmac=f'<script>{MARK}')}",
    f"/gateway/opennds?{fas(hid=MARK)}",
    f"/gateway/opennds?status=authenticated&redir=http://x/?visit={MARK}",
    f"/gateway/uspot?{redirect()}&x={MARK}",
    f"/gateway/opennds?{redirect()}&x={MARK}",
    f"/visite?visit={MARK}",
    f"/visite?visit={SCRIPT}",
    "/visite",
    f"/ma-connexion?visit={MARK}",
)


async def test_a_redirect_or_a_visit_that_is_not_ours(guest: Guest) -> None:
    """The same page for every cause; nothing of the input in body or headers."""
    for target in NOT_OURS:
        page = await guest.get(target)
        assert page.status == 400, target
        assert "Nous ne pouvons pas ouvrir la page de connexion" in page.text
        assert "<form" not in page.text
        assert MARK not in page.text + str(page.headers), target


async def test_a_script_in_any_signed_parameter(guest: Guest) -> None:
    """Even a gateway of ours cannot put markup on a page; most values are not shown at all."""
    for name in CHILLI:
        page = await guest.arrive(**{name: SCRIPT})
        assert "<script" not in page.text, name
        assert f"alert({MARK})" not in page.text, name


async def test_a_hundred_kilobytes_in_any_parameter(guest: Guest) -> None:
    """Refused by length before anything is read, with a page in words."""
    for name in CHILLI:
        page = await guest.arrive(**{name: MARK * 20_000})
        assert page.status == 414, name
        assert "L'adresse est trop longue" in page.text
        assert MARK not in page.text


async def test_more_than_any_line_is_cut_off(guest: Guest) -> None:
    """A quarter of a megabyte is not even read; what comes back still says what to do."""
    page = await guest.get("/gateway/coovachilli?x=" + MARK * 60_000)
    assert page.status == 400
    assert "rouvrez-la depuis la liste des réseaux Wi-Fi" in page.text
    assert MARK not in page.text


async def test_a_form_that_is_not_ours(guest: Guest) -> None:
    """A made-up visit, none at all, or a huge one."""
    for path in ("/visite", "/deconnexion"):
        for form in ({"visit": MARK}, {}, {"visit": "x" * 60_000}, {"other": MARK}):
            page = await guest.post(path, **form)
            assert page.status == 400
            assert MARK not in page.text
        assert (await guest.post(path, visit="x" * 100_000)).status == 413


async def test_a_file_in_a_form(guest: Guest) -> None:
    """There is nothing to upload here."""
    form = aiohttp.FormData()
    form.add_field("visit", b"\x00\x01" + MARK.encode(), filename="visit")
    async with guest.session.post(f"{guest.url}/visite", data=form) as response:
        assert response.status == 400
        assert MARK not in await response.text()


async def test_an_unknown_page_or_brand(guest: Guest) -> None:
    """404, in words, without the address."""
    for target in (f"/{MARK}", f"/gateway/{MARK}", f"/connexion/{MARK}", f"/gateway/../{MARK}"):
        page = await guest.get(target)
        assert page.status == 404
        assert "Cette page n'existe pas" in page.text
        assert MARK not in page.text


async def test_a_wrong_method(guest: Guest) -> None:
    """405 with a page, not a library's sentence."""
    page = await guest.post("/aide")
    assert page.status == 405
    assert "<main" in page.text


async def test_guesses_are_slowed_down(guest: Guest) -> None:
    """After 120 bad redirects within a minute, its next bad ones wait; its good ones do not."""
    for _ in range(120):
        assert (await guest.get("/gateway/coovachilli?x=1")).status == 400
    page = await guest.get("/gateway/coovachilli?x=1")
    assert (page.status, page.headers["Retry-After"]) == (429, "60")
    assert "Attendez quelques minutes" in page.text
    assert (await guest.arrive()).status == 200
    assert (await guest.get("/aide")).status == 200


async def test_headers_are_on_every_answer(guest: Guest) -> None:
    """Pages, redirects, refusals: none forgets them, none names another origin."""
    arrived = await guest.arrive()
    answers = [
        arrived,
        await guest.post("/visite", visit=arrived.visit),
        await guest.get("/gateway/coovachilli?x"),
        await guest.get("/nowhere"),
        await guest.get("/"),
        await guest.get("/captive-portal"),
    ]
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "script-src" not in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] in ("no-referrer", "same-origin")
        assert "Set-Cookie" not in answer.headers


async def test_a_changed_login_address_is_followed(
    guest: Guest, portal: Portal, owner: asyncpg.Connection
) -> None:
    """A visit begun before goes where the record says now, never where it said then."""
    page = await guest.arrive()
    await owner.execute("UPDATE territory.gateway SET login_address = '10.7.0.1:3990'")
    await portal.directory.refresh()
    leaving = await guest.post("/visite", visit=page.visit)
    assert URL(leaving.location).host == "10.7.0.1"


async def test_a_gateway_that_is_gone(
    guest: Guest, portal: Portal, owner: asyncpg.Connection
) -> None:
    """Its visits end with the clear page."""
    page = await guest.arrive()
    await owner.execute("UPDATE territory.gateway SET code = 'other' WHERE code = 'gw-mairie'")
    await portal.directory.refresh()
    assert (await guest.post("/visite", visit=page.visit)).status == 400


async def test_a_secret_sealed_with_another_key_shuts_that_gateway_only(
    guest: Guest, portal: Portal, owner: asyncpg.Connection
) -> None:
    """The others still work."""
    await owner.execute(
        "UPDATE territory.gateway SET portal_secret_sealed = 'x' WHERE code = 'gw-mairie'"
    )
    await portal.directory.refresh()
    assert (await guest.arrive()).status == 400
    assert (await guest.get(f"/gateway/opennds?{fas()}")).status == 200
