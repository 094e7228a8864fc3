"""The hub's seam to the database, with supervision's own role: peers in, sightings out."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import asyncpg

from retention.sealing.facts import load_site_addresses
from supervision.tunnel_records import Sighting, load_tunnels, record_sightings
from territory.application.tunnel_peers import keep_peers
from territory.database.components import Component
from territory.database.connect import open_engine
from territory.keyring import Keyring
from tests.integration.supervision.ground import DescribedSite, describe_site

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
NETWORK = IPv4Network("10.55.0.0/16")
RoleUrl = Callable[[Component], str]


async def described(url: str, keyring: Keyring) -> DescribedSite:
    """Write a site with a tunnel; its NAS is elsewhere, its access point inside."""
    site = await describe_site(url, "mairie", access_point_address="10.55.0.9")
    engine = open_engine(url)
    async with engine.begin() as connection:
        await keep_peers(connection, keyring, {"mairie": IPv4Address("10.55.0.2")}, NOW)
    await engine.dispose()
    return site


async def seen(
    role_url: RoleUrl, site: DescribedSite, address: str | None, minutes: int
) -> tuple[Any, ...]:
    """Record that a tunnel was heard from an address, and return whose address is new."""
    at = NOW + timedelta(minutes=minutes)
    engine = open_engine(role_url(Component.SUPERVISION))
    one = Sighting(site.site_id, at, None, IPv4Address(address) if address else None)
    found = await record_sightings(engine, [one], at)
    await engine.dispose()
    return found


async def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    """Return rows as the owner sees them."""
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def test_a_peer_has_its_sites_addresses_inside(
    database_url: str, role_url: RoleUrl, keyring: Keyring
) -> None:
    """Its own first; what is not in the tunnel's network is not routed to it."""
    site = await described(database_url, keyring)
    engine = open_engine(role_url(Component.SUPERVISION))
    (tunnel,), unreadable = await load_tunnels(engine, keyring, NETWORK)
    await engine.dispose()
    assert unreadable == frozenset()
    assert tunnel.site_id == site.site_id
    assert tunnel.peer.addresses == (IPv4Address("10.55.0.2"), IPv4Address("10.55.0.9"))
    assert tunnel.peer.next_key is None


async def test_a_key_sealed_with_another_master_key_hinders_no_other_site(
    database_url: str, role_url: RoleUrl, keyring: Keyring
) -> None:
    """Its tunnel is left out and named; the round goes on."""
    mairie = await described(database_url, keyring)
    ecole = await describe_site(database_url, "ecole", nas_address="127.0.0.10")
    owner = open_engine(database_url)
    async with owner.begin() as connection:
        await keep_peers(connection, Keyring(bytes(32)), {"ecole": IPv4Address("10.55.0.3")}, NOW)
    await owner.dispose()
    engine = open_engine(role_url(Component.SUPERVISION))
    tunnels, unreadable = await load_tunnels(engine, keyring, NETWORK)
    await engine.dispose()
    assert [each.site_id for each in tunnels] == [mairie.site_id]
    assert unreadable == {ecole.site_id}


async def test_a_tunnel_that_was_taken_away_tells_nothing_more(
    database_url: str, role_url: RoleUrl, keyring: Keyring
) -> None:
    """A round that had begun before does not open what `apply` has just ended."""
    site = await described(database_url, keyring)
    await rows(database_url, "delete from territory.tunnel_peer")
    assert await seen(role_url, site, "81.2.70.10", 0) == ()
    assert await rows(database_url, "select 1 from source.site_public_address") == []


async def test_a_public_address_is_kept_by_interval(
    database_url: str, role_url: RoleUrl, keyring: Keyring
) -> None:
    """Opened when it is new, closed when another comes; silence changes nothing."""
    site = await described(database_url, keyring)
    assert await seen(role_url, site, "81.2.70.10", 0) == (site.site_id,)
    assert await seen(role_url, site, "81.2.70.10", 1) == ()
    assert await seen(role_url, site, None, 2) == ()
    assert await seen(role_url, site, "81.2.70.11", 3) == (site.site_id,)
    query = (
        "select host(address), origin, valid_until from source.site_public_address"
        " order by valid_from"
    )
    assert await rows(database_url, query) == [
        ("81.2.70.10", "link", NOW + timedelta(minutes=3)),
        ("81.2.70.11", "link", None),
    ]
    heard = "select handshake_at, checked_at from live.tunnel_seen"
    assert await rows(database_url, heard) == [(NOW + timedelta(minutes=3),) * 2]


async def test_the_links_word_ends_what_guests_had_shown(
    database_url: str, role_url: RoleUrl, keyring: Keyring
) -> None:
    """Another address by the tunnel: the site no longer has the one its guests came from."""
    site = await described(database_url, keyring)
    await seen(role_url, site, "81.2.70.10", 0)
    observed = (
        "insert into source.site_public_address (id, site_id, address, valid_from, origin)"
        " select gen_random_uuid(), id, '81.2.70.10', '{}', 'observed' from territory.site"
    )
    await rows(database_url, observed.format(NOW + timedelta(minutes=1)))
    await seen(role_url, site, "81.2.70.10", 2)
    query = (
        "select host(address), origin, valid_until from source.site_public_address"
        " order by valid_from"
    )
    assert [row[2] for row in await rows(database_url, query)] == [None, None]
    await seen(role_url, site, "81.2.70.11", 3)
    ended = NOW + timedelta(minutes=3)
    assert await rows(database_url, query) == [
        ("81.2.70.10", "link", ended),
        ("81.2.70.10", "observed", ended),
        ("81.2.70.11", "link", None),
    ]


async def test_what_is_stated_is_not_observed(
    database_url: str, role_url: RoleUrl, keyring: Keyring
) -> None:
    """The description's word ends what the link had told."""
    site = await described(database_url, keyring)
    await seen(role_url, site, "81.2.70.10", 0)
    await rows(
        database_url,
        "insert into source.site_public_address (id, site_id, address, valid_from, origin)"
        " select gen_random_uuid(), id, '81.2.70.99', now(), 'stated' from territory.site",
    )
    assert await seen(role_url, site, "81.2.70.10", 1) == ()
    still = "select host(address) from source.site_public_address where valid_until is null"
    assert await rows(database_url, still) == [("81.2.70.99",)]


async def test_two_witnesses_of_one_address_make_one_interval(
    database_url: str, role_url: RoleUrl, keyring: Keyring
) -> None:
    """Guests' requests and the tunnel overlap; a day's archive has the whole once."""
    site = await described(database_url, keyring)
    await seen(role_url, site, "81.2.70.10", 0)
    await rows(
        database_url,
        "insert into source.site_public_address (id, site_id, address, valid_from, origin)"
        " select gen_random_uuid(), id, '81.2.70.10', '2026-11-20 13:00Z', 'observed'"
        " from territory.site",
    )
    url = role_url(Component.RETENTION)
    pool = asyncpg.create_pool(url, min_size=1, max_size=1)
    async with pool, pool.acquire() as connection:
        table = await load_site_addresses(connection, NOW.date())
    (row,) = table.to_pylist()
    assert (row["public_address"], row["to"]) == ("81.2.70.10", None)
    assert row["since"] == NOW - timedelta(hours=1)
