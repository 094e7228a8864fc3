"""openNDS at FAS level 1: the admission is bound at once, and the browser opens the gate."""

import hashlib
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import asyncpg

from portal.guest.parts import Portal
from portal.throttle import UNSIGNED_GRANTS_OF_SOURCE
from tests.conftest import FixedClock
from tests.integration.portal.conftest import FASKEY, PUBLIC_URL, Answer, Guest
from tests.integration.portal.test_bad_input import fas

HID = "7dcf407fa84a0e0519c7991154c4148de0244d7589020c0d9842db9efad82094"


async def test_from_captured_to_connected(
    guest: Guest, owner: asyncpg.Connection, clock: FixedClock
) -> None:
    """Splash, hand-back with the return hash, then our own page with the time left."""
    page = await guest.get(f"/gateway/opennds?{fas()}")
    assert "Bibliothèque Jean-Victor-Poncelet" in page.text
    policy = page.headers["Content-Security-Policy"]
    assert f"form-action 'self' http://192.168.8.1:2050 {PUBLIC_URL};" in policy
    leaving = await guest.post("/visite", visit=page.visit)
    url = urlsplit(leaving.location)
    assert (leaving.status, url.netloc, url.path) == (303, "192.168.8.1:2050", "/opennds_auth/")
    sent = parse_qs(url.query)
    assert sent["tok"] == [hashlib.sha256((HID + FASKEY).encode()).hexdigest()]
    row = await owner.fetchrow(
        "SELECT device::text, bound_at, ends_at FROM live.admission"
        " JOIN live.binding ON admission_id = id"
    )
    assert row is not None
    assert tuple(row) == ("8a:56:7e:f9:10:e4", clock.now(), clock.now() + timedelta(hours=4))
    back = sent["redir"][0]
    assert back.startswith(f"{PUBLIC_URL}/ma-connexion?visit=")
    connected = await guest.get(back.removeprefix(PUBLIC_URL))
    assert "Vous êtes connecté" in connected.text
    assert "4 h" in connected.text


async def come_again(guest: Guest, leaving: Answer) -> Answer:
    """Come as a device that is online: the gateway repeats our return address."""
    query = urlsplit(leaving.location).query
    again = await guest.get(f"/gateway/opennds?{query}&status=authenticated")
    return await guest.get(again.location.removeprefix(PUBLIC_URL))


async def test_a_device_that_is_online_comes_again(guest: Guest) -> None:
    """It is known by the visit in that address."""
    page = await guest.get(f"/gateway/opennds?{fas()}")
    again = await come_again(guest, await guest.post("/visite", visit=page.visit))
    assert "Vous êtes connecté" in again.text


async def test_log_out(guest: Guest, owner: asyncpg.Connection) -> None:
    """Revoked at the base, then openNDS's own log-out address."""
    page = await guest.get(f"/gateway/opennds?{fas()}")
    again = await come_again(guest, await guest.post("/visite", visit=page.visit))
    out = await guest.post("/deconnexion", visit=again.visit)
    assert out.location == "http://192.168.8.1:2050/opennds_deny/"
    assert await owner.fetchval("SELECT revoked_reason FROM live.admission") == "guest"


async def test_an_unsigned_redirect_offers_no_link(guest: Guest) -> None:
    """`originurl` could be anyone's."""
    page = await guest.get(f"/gateway/opennds?{fas(originurl='http%3a%2f%2fevil.example%2f')}")
    again = await come_again(guest, await guest.post("/visite", visit=page.visit))
    assert "evil.example" not in page.text + again.text


async def test_made_up_devices_cannot_fill_the_table(
    guest: Guest, portal: Portal, owner: asyncpg.Connection
) -> None:
    """Nothing signs the redirect: beyond a busy site's guests, one address waits."""
    for _ in range(UNSIGNED_GRANTS_OF_SOURCE.amount - 1):
        portal.throttle.allows_unsigned_grant("127.0.0.1", "gw-bibliotheque", is_bound=True)
    answers = []
    for number in range(3):
        page = await guest.get(f"/gateway/opennds?{fas(clientmac=f'8a:56:7e:f9:20:{number:02x}')}")
        answers.append((await guest.post("/visite", visit=page.visit)).status)
    assert answers == [303, 429, 429]
    again = await guest.get(f"/gateway/opennds?{fas(clientmac='8a:56:7e:f9:20:00')}")
    assert (await guest.post("/visite", visit=again.visit)).status == 303, "held is not fresh"
    assert await owner.fetchval("SELECT count(*) FROM live.admission") == 1
    signed = await guest.arrive()
    assert (await guest.post("/visite", visit=signed.visit)).status == 303
