"""The tunnels in the database: supervision reads the peers, writes when each was last heard.

A site's public address is source data, which supervision may not look at: it is told to a function
(`live.note_link_address`), which keeps it by interval.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network, ip_address
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, RowMapping, Uuid, bindparam, select, text, union_all
from sqlalchemy.dialects.postgresql import INET
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from territory.database.connect import away
from territory.database.tables import access_point, nas, tunnel_peer
from territory.errors import ConfigurationError
from territory.keyring import Keyring
from territory.wireguard.hub import Key, Peer


@dataclass(frozen=True, slots=True)
class Tunnel:
    """One site's tunnel."""

    site_id: UUID
    peer: Peer


@dataclass(frozen=True, slots=True)
class Sighting:
    """What is to be written of one tunnel."""

    site_id: UUID
    handshake_at: datetime | None
    next_handshake_at: datetime | None
    public_address: IPv4Address | None
    """From where it calls now; None: silent, or not an address a site shares in public."""


_PEERS = select(
    tunnel_peer.c.site_id,
    tunnel_peer.c.inside_address,
    tunnel_peer.c.public_key,
    tunnel_peer.c.preshared_key_sealed,
    tunnel_peer.c.next_public_key,
    tunnel_peer.c.next_preshared_key_sealed,
)
_OTHERS = union_all(
    select(nas.c.site_id, nas.c.source_address.label("address")).where(
        nas.c.source_address.is_not(None)
    ),
    select(access_point.c.site_id, access_point.c.management_address).where(
        access_point.c.management_address.is_not(None)
    ),
)


_SEEN = text("""
    INSERT INTO live.tunnel_seen (site_id, handshake_at, next_handshake_at, checked_at)
    SELECT site_id, handshake_at, next_handshake_at, :at
    FROM unnest(:sites, :heard, :heard_next) AS heard (site_id, handshake_at, next_handshake_at)
    JOIN territory.tunnel_peer USING (site_id)
    ORDER BY site_id
    ON CONFLICT (site_id) DO UPDATE SET handshake_at = excluded.handshake_at,
        next_handshake_at = excluded.next_handshake_at, checked_at = excluded.checked_at
""").bindparams(
    bindparam("sites", type_=ARRAY(Uuid)),
    bindparam("heard", type_=ARRAY(DateTime(timezone=True))),
    bindparam("heard_next", type_=ARRAY(DateTime(timezone=True))),
    bindparam("at", type_=DateTime(timezone=True)),
)
_NOTE = text("""
    SELECT live.note_link_address(site_id, :address, :at)
    FROM territory.tunnel_peer WHERE site_id = :site
""").bindparams(
    bindparam("site", type_=Uuid),
    bindparam("address", type_=INET),
    bindparam("at", type_=DateTime(timezone=True)),
)


async def load_tunnels(
    engine: AsyncEngine, keyring: Keyring, network: IPv4Network
) -> tuple[tuple[Tunnel, ...], frozenset[UUID]]:
    """Return every site's tunnel, with all its addresses that lie in the tunnel's network.

    An address of two sites is neither's: only their own inside addresses are surely theirs.

    Returns:
        The tunnels, and the sites whose keys were sealed with another master key.

    Raises:
        Unavailable: the database is away.
    """
    try:
        async with engine.connect() as connection:
            peers = (await connection.execute(_PEERS)).mappings().all()
            others = (await connection.execute(_OTHERS)).mappings().all()
    except (OSError, DBAPIError, TimeoutError) as fault:
        raise away(fault) from fault
    own = {row["site_id"]: _address(row["inside_address"]) for row in peers}
    claims = _claims(others, network)
    found: list[Tunnel] = []
    unreadable: set[UUID] = set()
    for row in peers:
        try:
            found.append(_tunnel(row, _addresses(row["site_id"], own, claims), keyring))
        except ConfigurationError:
            unreadable.add(row["site_id"])
    return tuple(found), frozenset(unreadable)


def _claims(rows: Sequence[RowMapping], network: IPv4Network) -> dict[IPv4Address, set[UUID]]:
    """Return which sites say that an address of the network is theirs."""
    claims: dict[IPv4Address, set[UUID]] = {}
    for row in rows:
        address = ip_address(str(row["address"]).partition("/")[0])
        if isinstance(address, IPv4Address) and address in network:
            claims.setdefault(address, set()).add(row["site_id"])
    return claims


def _addresses(
    site_id: UUID, own: dict[UUID, IPv4Address], claims: dict[IPv4Address, set[UUID]]
) -> tuple[IPv4Address, ...]:
    inside = set(own.values())
    more = (a for a, sites in claims.items() if sites == {site_id} and a not in inside)
    return (own[site_id], *sorted(more))


def _address(stored: object) -> IPv4Address:
    return IPv4Address(str(stored).partition("/")[0])


def _tunnel(row: RowMapping, addresses: tuple[IPv4Address, ...], keyring: Keyring) -> Tunnel:
    following = None
    if row["next_public_key"] is not None:
        following = Key(row["next_public_key"], keyring.open(row["next_preshared_key_sealed"]))
    present = Key(row["public_key"], keyring.open(row["preshared_key_sealed"]))
    return Tunnel(row["site_id"], Peer(present, addresses, following))


async def record_sightings(
    engine: AsyncEngine, sightings: Sequence[Sighting], now: datetime
) -> tuple[UUID, ...]:
    """Write when each tunnel was last heard; return the sites whose public address is new.

    Raises:
        Unavailable: the database is away.
    """
    keys = [each.site_id for each in sightings]
    heard = [each.handshake_at for each in sightings]
    heard_next = [each.next_handshake_at for each in sightings]
    seen = {"sites": keys, "heard": heard, "heard_next": heard_next, "at": now}
    called = [each for each in sightings if each.public_address is not None]
    try:
        async with engine.begin() as connection:
            await connection.execute(_SEEN, seen)
            changed = [
                each.site_id
                for each in called
                if await connection.scalar(
                    _NOTE, {"site": each.site_id, "address": each.public_address, "at": now}
                )
            ]
    except (OSError, DBAPIError, TimeoutError) as fault:
        raise away(fault) from fault
    return tuple(changed)
