"""What anyone can write of another's device, where no secret signs a redirect: it wins nothing."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from html import unescape
from urllib.parse import quote
from uuid import UUID, uuid4

import asyncpg
import pytest

from portal.guest.parts import Portal
from portal.throttle import SEALED_OF_SOURCE, UNSIGNED_GRANTS_OF_SOURCE
from tests.integration.portal.conftest import PHONE, PUBLIC_URL, Answer, Guest, Radius, Seed
from tests.integration.portal.test_bad_input import fas
from tests.integration.portal.test_public_address import come_from, served

SITE, ELSEWHERE, BY_IPV6 = "198.35.26.96", "91.198.174.192", "2a02:ec80:300:ed1a::1"
CONNECTED, LEFT = "Vous êtes connecté", "de connexion restants"
FROM_THE_PLACE = "Cette page doit être ouverte depuis le Wi-Fi du lieu."
CISCO = "/gateway/cisco/gw-cisco?client_mac={}&switch_url=" + quote(
    "https://192.0.2.1/login.html", safe=""
)
RUCKUS = "/gateway/ruckus/gw-ruckus?sip=fd00::9&mac=b479c83c4b20&client_mac=8a567ef910e4"
FORTINET = (
    "/gateway/fortinet/gw-fortinet?login&magic=0123456789abcdef&usermac=8a:56:7e:f9:10:e4&post="
    + quote("http://10.60.0.2:1000/fgtauth", safe="")
)
SEALED = "/gateway/smartzone/gw-smartzone?mac=b479c83c4b20&client_mac=ENC00ff"

Owner = asyncpg.Connection
Describe = Callable[..., Awaitable[None]]


@pytest.fixture
async def front(portal: Portal) -> AsyncIterator[Guest]:
    """A guest behind a trusted front, in the library."""
    async with served(portal) as guest:
        come_from(guest, SITE)
        yield guest


@pytest.fixture
def describe(portal: Portal, owner: Owner, seed: Seed) -> Describe:
    """Return what gives the library a gateway of a brand, and its public address where known."""

    async def write(brand: str = "", variant: str = "", at: str = "", seen_from: str = "") -> None:
        if brand:
            await owner.execute(
                "INSERT INTO territory.gateway (id, site_id, code, brand, variant, login_address)"
                " VALUES ($1, $2, $3, $4, $5, $6)",
                *(uuid4(), seed.library, f"gw-{brand}", brand, variant, at),
            )
        if seen_from:
            await owner.execute(
                "INSERT INTO source.site_public_address (id, site_id, address, valid_from, origin)"
                " VALUES ($1, $2, $3::text::inet, now(), 'stated')",
                *(uuid4(), seed.library, seen_from),
            )
        await portal.directory.refresh()

    return write


def field(page: Answer, name: str) -> str:
    """Return a hidden field of a form."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, page.text
    return unescape(found[1])


async def go_online(guest: Guest, owner: Owner, radius: Radius) -> tuple[Answer, UUID]:
    """Be let in behind Cisco; return the page of the hand-back, and the admission."""
    page = await guest.get(CISCO.format(PHONE))
    leaving = await guest.post("/visite", visit=page.visit)
    return leaving, await radius.bind(field(leaving, "username"))


async def revoked(owner: Owner) -> str | None:
    """Return why the only admission ended early."""
    reason: str | None = await owner.fetchval("SELECT revoked_reason FROM live.admission")
    return reason


@pytest.mark.parametrize("seen_from", [SITE, ""])
async def test_a_stranger_neither_watches_nor_ends(
    front: Guest, owner: Owner, radius: Radius, describe: Describe, seen_from: str
) -> None:
    """A redirect that says "online" of another's device: connected, no figures, no log-out; the
    same where the site's public address is not known."""
    await describe("cisco", "lwa", "192.0.2.1", seen_from)
    await go_online(front, owner, radius)
    for address in (ELSEWHERE, BY_IPV6):
        come_from(front, address)
        page = await front.get(CISCO.format(PHONE) + "&statusCode=1")
        assert (CONNECTED in page.text, LEFT in page.text) == (True, False)
        assert "/deconnexion" not in page.text
        token = re.search(r'/ma-connexion\?visit=([^"&]+)', page.text)
        assert token
        assert LEFT not in (await front.get(f"/ma-connexion?visit={token[1]}")).text
        await front.post("/deconnexion", visit=token[1])
        come_from(front, SITE)
        await front.post("/deconnexion", visit=token[1])
        assert await revoked(owner) is None


async def test_a_guest_of_the_site_does_both(
    front: Guest, owner: Owner, radius: Radius, describe: Describe
) -> None:
    """From the site's own address."""
    await describe("cisco", "lwa", "192.0.2.1", SITE)
    await go_online(front, owner, radius)
    page = await front.get(CISCO.format(PHONE) + "&statusCode=1")
    assert LEFT in page.text
    come_from(front, ELSEWHERE)
    assert LEFT not in (await front.get(f"/ma-connexion?visit={page.visit}")).text
    await front.post("/deconnexion", visit=page.visit)
    assert await revoked(owner) is None
    come_from(front, SITE)
    await front.post("/deconnexion", visit=page.visit)
    assert await revoked(owner) == "guest"


async def test_the_browser_that_got_the_right_does_both_from_anywhere(
    front: Guest, owner: Owner, radius: Radius, describe: Describe
) -> None:
    """Its own visit led to it."""
    await describe("cisco", "lwa", "192.0.2.1", SITE)
    leaving, _ = await go_online(front, owner, radius)
    come_from(front, ELSEWHERE)
    page = await front.get(field(leaving, "redirect_url").removeprefix(PUBLIC_URL))
    assert LEFT in page.text
    await front.post("/deconnexion", visit=page.visit)
    assert await revoked(owner) == "guest"


async def test_a_held_right_is_handed_to_the_site_alone(
    front: Guest, owner: Owner, radius: Radius, describe: Describe
) -> None:
    """Its credential goes to nobody elsewhere, and no second right is made instead."""
    await describe("cisco", "lwa", "192.0.2.1", SITE)
    leaving, _ = await go_online(front, owner, radius)
    name = field(leaving, "username")
    come_from(front, ELSEWHERE)
    page = await front.get(CISCO.format(PHONE))
    refused = await front.post("/visite", visit=page.visit)
    assert (FROM_THE_PLACE in refused.text, name in refused.text) == (True, False)
    assert await owner.fetchval("SELECT count(*) FROM live.admission") == 1
    come_from(front, SITE)
    again = await front.post("/visite", visit=refused.visit)
    assert field(again, "username") == name


async def test_a_held_right_of_a_site_whose_address_is_unknown(
    front: Guest, owner: Owner, radius: Radius, describe: Describe
) -> None:
    """A guest who comes back gets in; the page they are led to shows nothing of the right."""
    await describe("cisco", "lwa", "192.0.2.1")
    await go_online(front, owner, radius)
    page = await front.get(CISCO.format(PHONE))
    again = await front.post("/visite", visit=page.visit)
    connected = await front.get(field(again, "redirect_url").removeprefix(PUBLIC_URL))
    assert (CONNECTED in connected.text, LEFT in connected.text) == (True, False)


@pytest.mark.parametrize(
    ("seen_from", "address", "status"),
    [(SITE, SITE, 303), (SITE, ELSEWHERE, 200), ("", ELSEWHERE, 303), (SITE, BY_IPV6, 303)],
)
async def test_a_right_bound_to_a_told_device(
    front: Guest, owner: Owner, describe: Describe, seen_from: str, address: str, status: int
) -> None:
    """openNDS shows no credential: where the site's address is known, only the site gets one."""
    await describe(seen_from=seen_from)
    come_from(front, address)
    page = await front.get(f"/gateway/opennds?{fas()}")
    answer = await front.post("/visite", visit=page.visit)
    assert (answer.status, FROM_THE_PLACE in answer.text) == (status, status == 200)
    assert await owner.fetchval("SELECT count(*) FROM live.admission") == (status == 303)


async def test_a_crowd_behind_one_address_gets_in(
    guest: Guest, portal: Portal, describe: Describe
) -> None:
    """Beyond what openNDS holds, where RADIUS binds what a guest shows."""
    await describe("cisco", "lwa", "192.0.2.1")
    for _ in range(2 * UNSIGNED_GRANTS_OF_SOURCE.amount):
        portal.throttle.allows_unsigned_grant("127.0.0.1", "gw-cisco", is_bound=False)
    page = await guest.get(CISCO.format(PHONE))
    assert len(field(await guest.post("/visite", visit=page.visit), "username")) == 26


async def test_a_controller_is_not_asked_without_end(
    front: Guest, portal: Portal, describe: Describe
) -> None:
    """Whoever makes up sealed devices waits before the controller is asked; others do not."""
    await describe("smartzone", "smartzone", "10.60.0.1")
    for _ in range(SEALED_OF_SOURCE.amount):
        with portal.throttle.opening(ELSEWHERE, "gw-smartzone"):
            pass
    assert (await front.get(SEALED)).status == 400
    come_from(front, ELSEWHERE)
    assert (await front.get(SEALED)).status == 429


async def test_a_way_back_that_is_no_longer_the_sites(
    guest: Guest, owner: Owner, seed: Seed, portal: Portal, describe: Describe
) -> None:
    """An access point that was taken away between the first page and its button gets nobody: one
    button begins again."""
    await owner.execute(
        "INSERT INTO territory.access_point (id, site_id, code, name, management_address)"
        " VALUES ($1, $2, 'ap', 'Salle', 'fd00::9')",
        *(uuid4(), seed.library),
    )
    await describe("ruckus", "", "10.60.0.1")
    page = await guest.get(RUCKUS)
    await owner.execute("DELETE FROM territory.access_point")
    await portal.directory.refresh()
    answer = await guest.post("/visite", visit=page.visit)
    assert "Recommencer" in answer.text
    assert "10.60.0.1" not in answer.text


@pytest.mark.parametrize(
    ("brand", "at", "redirect", "login", "way_out"),
    [
        (
            *("ruckus", "10.60.0.1", RUCKUS),
            *("http://[fd00::9]:9997/login", "http://[fd00::9]:9997/logout"),
        ),
        (
            *("fortinet", "10.60.0.2", FORTINET),
            *("http://10.60.0.2:1000/fgtauth", "http://10.60.0.2:1000/logout?"),
        ),
    ],
)
async def test_the_way_out_is_the_way_in(
    guest: Guest,
    owner: Owner,
    seed: Seed,
    portal: Portal,
    describe: Describe,
    brand: str,
    at: str,
    redirect: str,
    login: str,
    way_out: str,
) -> None:
    """A guest logs out at the access point, and the port, that they came by; once that is no
    longer the site's, the right still ends, and no page fails."""
    await owner.execute(
        "INSERT INTO territory.access_point (id, site_id, code, name, management_address)"
        " VALUES ($1, $2, 'ap', 'Salle', 'fd00::9')",
        *(uuid4(), seed.library),
    )
    await describe(brand, "", at)
    page = await guest.get(redirect)
    leaving = await guest.post("/visite", visit=page.visit)
    assert f'action="{login}"' in leaving.text
    ours = re.search(r'/ma-connexion\?visit=[^"&]+', leaving.text)
    assert ours
    connected = await guest.get(ours[0])
    assert LEFT in connected.text
    out = await guest.post("/deconnexion", visit=connected.visit)
    assert f'<a class="go second" href="{way_out}"' in out.text  # a page that leads on by itself
    if brand == "ruckus":
        await owner.execute("UPDATE live.admission SET revoked_at = NULL, revoked_reason = NULL")
        await owner.execute("DELETE FROM territory.access_point")
        await portal.directory.refresh()
        assert (await guest.get(ours[0])).status == 200
        assert (await guest.post("/deconnexion", visit=connected.visit)).status == 200
        assert await revoked(owner) == "guest"
