"""A site's public address is recorded by interval, from its own guests' fresh, signed redirects."""

from collections.abc import AsyncIterator
from ipaddress import IPv4Address, ip_network

import aiohttp
import asyncpg
import pytest

from portal.app import create_app
from portal.guest.parts import Portal
from portal.records import record_public_address
from territory.web.server import start_site
from tests.conftest import FixedClock
from tests.integration.portal.conftest import Guest, Seed, redirect
from tests.integration.portal.test_bad_input import fas

FIRST, SECOND = "198.35.26.96", "91.198.174.192"


@pytest.fixture
async def front(portal: Portal) -> AsyncIterator[Guest]:
    """A guest behind a trusted front at 127.0.0.1."""
    app = create_app(portal, trusted_proxies=(ip_network("127.0.0.1"),), https_only=False)
    runner = await start_site(app, "127.0.0.1", 0)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield Guest(f"http://127.0.0.1:{runner.addresses[0][1]}", session)
    await runner.cleanup()


def come_from(guest: Guest, address: str) -> None:
    """Let the front say where the guest is."""
    guest.headers = {"X-Forwarded-For": address}


async def intervals(owner: asyncpg.Connection, seed: Seed) -> list[tuple[str, object, object]]:
    """Return what was recorded of the town hall."""
    rows = await owner.fetch(
        "SELECT host(address), valid_from, valid_until FROM source.site_public_address"
        " WHERE site_id = $1 ORDER BY valid_from",
        seed.town_hall,
    )
    return [tuple(row) for row in rows]


async def test_a_change_closes_one_interval_and_opens_another(
    front: Guest, owner: asyncpg.Connection, seed: Seed, clock: FixedClock
) -> None:
    """No gap and no overlap between them."""
    come_from(front, FIRST)
    await front.arrive(sessionid="1")
    began = clock.now()
    clock.advance(hours=1)
    await front.arrive(sessionid="2")
    assert await intervals(owner, seed) == [(FIRST, began, None)]
    come_from(front, SECOND)
    await front.arrive(sessionid="3")
    changed = clock.now()
    assert await intervals(owner, seed) == [(FIRST, began, changed), (SECOND, changed, None)]


async def test_the_same_redirect_from_elsewhere_says_nothing(
    front: Guest, owner: asyncpg.Connection, seed: Seed, clock: FixedClock
) -> None:
    """A page opened again on the phone's own network is not the site."""
    come_from(front, FIRST)
    target = f"/gateway/coovachilli?{redirect()}"
    await front.get(target)
    come_from(front, SECOND)
    clock.advance(minutes=5)
    await front.get(target)
    assert [address for address, _, _ in await intervals(owner, seed)] == [FIRST]


@pytest.mark.parametrize("address", ["10.1.0.2", "100.64.0.1", "2a02:ec80:300:ed1a::1", "nonsense"])
async def test_what_no_site_shares(
    front: Guest, owner: asyncpg.Connection, seed: Seed, address: str
) -> None:
    """Private addresses, an operator's own NAT, IPv6: none is recorded."""
    come_from(front, address)
    await front.arrive()
    assert await intervals(owner, seed) == []


async def test_an_untrusted_front_is_not_believed(
    guest: Guest, owner: asyncpg.Connection, seed: Seed
) -> None:
    """Anyone can write X-Forwarded-For."""
    come_from(guest, FIRST)
    await guest.arrive()
    assert await intervals(owner, seed) == []


async def test_an_unsigned_redirect_is_not_believed(
    front: Guest, owner: asyncpg.Connection
) -> None:
    """Anyone can write an openNDS list, or a forged `md`."""
    come_from(front, FIRST)
    await front.get(f"/gateway/opennds?{fas()}")
    await front.get(f"/gateway/coovachilli?{redirect()}0")
    assert await owner.fetchval("SELECT count(*) FROM source.site_public_address") == 0


async def test_a_guest_without_a_visit_is_offered_their_place(front: Guest) -> None:
    """The public address says where they are; the gateway there knows them."""
    come_from(front, FIRST)
    await front.arrive()
    page = await front.get("/ma-connexion")
    assert 'href="/connexion/gw-mairie"' in page.text
    come_from(front, SECOND)
    assert "/connexion/" not in (await front.get("/ma-connexion")).text


async def test_a_stated_address_is_left_alone(
    portal: Portal, owner: asyncpg.Connection, seed: Seed, clock: FixedClock
) -> None:
    """What the territory's description says is not observed otherwise, until it says nothing."""
    site, other = seed.town_hall, IPv4Address(SECOND)
    began = clock.now()
    assert await record_public_address(portal.pool, site, IPv4Address(FIRST), began)
    await owner.execute("UPDATE source.site_public_address SET origin = 'stated'")
    assert not await record_public_address(portal.pool, site, other, began)
    assert await intervals(owner, seed) == [(FIRST, began, None)]
    await owner.execute("UPDATE source.site_public_address SET origin = 'observed'")
    clock.advance(hours=1)
    assert await record_public_address(portal.pool, site, other, clock.now())
    changed = clock.now()
    assert await intervals(owner, seed) == [(FIRST, began, changed), (SECOND, changed, None)]
