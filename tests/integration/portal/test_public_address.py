"""A site's public address is recorded by interval, from its own guests just let in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from ipaddress import IPv4Address, ip_network

import aiohttp
import asyncpg
import pytest

from portal.app import create_app
from portal.guest.parts import Portal
from portal.public_address import Sightings
from portal.records import record_public_address
from territory.web.server import start_site
from tests.conftest import FixedClock
from tests.integration.portal.conftest import (
    PHONE,
    Guest,
    Radius,
    Seed,
    redirect,
    user_name_in,
)
from tests.integration.portal.test_bad_input import fas

FIRST, SECOND = "198.35.26.96", "91.198.174.192"
OTHER, THIRD = "8A-56-7E-F9-10-E5", "8A-56-7E-F9-10-E6"


@asynccontextmanager
async def served(portal: Portal) -> AsyncIterator[Guest]:
    """Serve the portal behind a trusted front at 127.0.0.1; yield its guest."""
    app = create_app(portal, trusted_proxies=(ip_network("127.0.0.1"),), https_only=False)
    runner = await start_site(app, "127.0.0.1", 0)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield Guest(f"http://127.0.0.1:{runner.addresses[0][1]}", session)
    await runner.cleanup()


@pytest.fixture
async def front(portal: Portal) -> AsyncIterator[Guest]:
    """A guest behind a trusted front."""
    async with served(portal) as guest:
        yield guest


async def go_online(guest: Guest, radius: Radius, device: str = PHONE) -> str:
    """Be let in by the gateway; return the credential's name."""
    page = await guest.arrive(mac=device)
    name = user_name_in(await guest.post("/visite", visit=page.visit))
    await radius.bind(name, device)
    await guest.arrive(res="success", uid=name, mac=device)
    return name


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
    front: Guest, radius: Radius, owner: asyncpg.Connection, seed: Seed, clock: FixedClock
) -> None:
    """No gap and no overlap between them."""
    come_from(front, FIRST)
    await go_online(front, radius)
    began = clock.now()
    clock.advance(hours=1)
    await go_online(front, radius, OTHER)
    assert await intervals(owner, seed) == [(FIRST, began, None)]
    come_from(front, SECOND)
    await go_online(front, radius, THIRD)
    changed = clock.now()
    assert await intervals(owner, seed) == [(FIRST, began, changed), (SECOND, changed, None)]


@pytest.mark.parametrize("res", ["notyet", "success", "already", "logoff"])
async def test_an_old_redirect_says_nothing_even_to_a_fresh_memory(
    portal: Portal, radius: Radius, owner: asyncpg.Connection, clock: FixedClock, res: str
) -> None:
    """A tab opened again at home, on the phone's own network, is not the site."""
    async with served(portal) as guest:
        come_from(guest, FIRST)
        name = await go_online(guest, radius)
    clock.advance(minutes=5)
    async with served(replace(portal, sightings=Sightings())) as guest:
        come_from(guest, SECOND)
        assert (await guest.arrive(res=res, uid=name)).status == 200
    query = "SELECT host(address) FROM source.site_public_address"
    assert [row[0] for row in await owner.fetch(query)] == [FIRST]


async def test_an_admission_speaks_once(
    front: Guest, radius: Radius, owner: asyncpg.Connection, seed: Seed
) -> None:
    """Not even at once can the same guest name another address."""
    come_from(front, FIRST)
    name = await go_online(front, radius)
    come_from(front, SECOND)
    await front.arrive(res="success", uid=name)
    assert [address for address, _, _ in await intervals(owner, seed)] == [FIRST]


@pytest.mark.parametrize("address", ["10.1.0.2", "100.64.0.1", "2a02:ec80:300:ed1a::1", "nonsense"])
async def test_what_no_site_shares(
    front: Guest, radius: Radius, owner: asyncpg.Connection, seed: Seed, address: str
) -> None:
    """Private addresses, an operator's own NAT, IPv6: none is recorded."""
    come_from(front, address)
    await go_online(front, radius)
    assert await intervals(owner, seed) == []


async def test_an_untrusted_front_is_not_believed(
    guest: Guest, radius: Radius, owner: asyncpg.Connection, seed: Seed
) -> None:
    """Anyone can write X-Forwarded-For."""
    come_from(guest, FIRST)
    await go_online(guest, radius)
    assert await intervals(owner, seed) == []


async def test_an_unsigned_redirect_is_not_believed(
    front: Guest, owner: asyncpg.Connection
) -> None:
    """Anyone can write an openNDS list, or a forged `md`."""
    come_from(front, FIRST)
    await front.get(f"/gateway/opennds?{fas()}")
    await front.get(f"/gateway/coovachilli?{redirect()}0")
    assert await owner.fetchval("SELECT count(*) FROM source.site_public_address") == 0


async def test_a_guest_without_a_visit_is_offered_their_place(front: Guest, radius: Radius) -> None:
    """The public address says where they are; the gateway there knows them."""
    come_from(front, FIRST)
    await go_online(front, radius)
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


async def test_two_clocks_end_no_interval_before_it_began(
    portal: Portal, owner: "asyncpg.Connection[asyncpg.Record]", seed: Seed, clock: FixedClock
) -> None:
    """A portal whose clock is behind closes what another has just opened at its very beginning."""
    site, other = seed.town_hall, IPv4Address(SECOND)
    assert await record_public_address(portal.pool, site, IPv4Address(FIRST), clock.now())
    behind = clock.now() - timedelta(seconds=2)
    assert await record_public_address(portal.pool, site, other, behind)
    rows = await owner.fetch(
        "SELECT valid_until >= valid_from AS sound FROM source.site_public_address"
        " WHERE site_id = $1 AND valid_until IS NOT NULL",
        site,
    )
    assert [row["sound"] for row in rows] == [True]
