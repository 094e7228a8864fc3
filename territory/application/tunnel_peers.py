"""The tunnels' peers in the database: made with their sites, listed, their keys rotated.

A rotation keeps the link: the next key is valid beside the present one, and the hub gives the
inside address to the one that shook hands last (`territory.wireguard.hub`). Once the router has
it (`socle site render` writes it), the old one goes. Private keys lie sealed until a bundle is
rendered, or are made on the router and never come here. Every change is one line of the audit log.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Address, ip_address
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from territory.access.audit import Act, append
from territory.application.writing import PARKED, Authority
from territory.database.tables import site, site_public_address, tunnel_peer, tunnel_seen
from territory.errors import ConfigurationError, Fault
from territory.keyring import Keyring
from territory.vocabulary import AddressOrigin
from territory.wireguard.hub import ALIVE
from territory.wireguard.keys import new_pair, new_preshared_key, parse_key

_NO_ROTATION: dict[str, Any] = {
    "next_public_key": None,
    "next_private_key_sealed": None,
    "next_preshared_key_sealed": None,
    "rotation_began_at": None,
}


@dataclass(frozen=True, slots=True)
class TunnelPeer:
    """What is known of one site's tunnel; no secret in it."""

    site: str
    """Its code."""
    inside_address: str
    public_key: str
    next_public_key: str | None
    """The one a rotation brings in; None: no rotation."""
    made_on_router: bool
    """Whether the base has never had its private key."""
    rotated_at: datetime
    """Its present key was made."""
    rotation_began_at: datetime | None
    """Two keys are valid since; None: one is."""
    handshake_at: datetime | None
    """Last under the present key; None: never."""
    next_handshake_at: datetime | None
    """Last under the next one."""

    def is_up(self, now: datetime) -> bool:
        """Whether either key has shaken hands of late."""
        last = max(filter(None, (self.handshake_at, self.next_handshake_at)), default=None)
        return last is not None and now - last <= ALIVE

    @property
    def uses_old_key(self) -> bool:
        """Whether, in a rotation, the router was not heard under the next key, or not last."""
        if self.rotation_began_at is None:
            return False
        if self.next_handshake_at is None:
            return True
        return self.handshake_at is not None and self.handshake_at >= self.next_handshake_at


@dataclass(frozen=True, slots=True)
class TunnelSecrets:
    """What a router's end is made of, in clear."""

    inside_address: str
    private_key: str | None = field(repr=False)
    """None: the router makes and keeps it. During a rotation, the one that comes."""
    preshared_key: str = field(repr=False)


_PEERS = (
    select(
        site.c.code.label("site"),
        tunnel_peer,
        tunnel_seen.c.handshake_at,
        tunnel_seen.c.next_handshake_at,
    )
    .join_from(tunnel_peer, site, tunnel_peer.c.site_id == site.c.id)
    .outerjoin(tunnel_seen, tunnel_seen.c.site_id == tunnel_peer.c.site_id)
    .order_by(site.c.code)
)


async def load_peers(db: AsyncConnection) -> list[TunnelPeer]:
    """Return every site's tunnel, by code."""
    return [_peer(row) for row in (await db.execute(_PEERS)).mappings()]


def _peer(row: RowMapping) -> TunnelPeer:
    return TunnelPeer(
        site=row["site"],
        inside_address=str(row["inside_address"]),
        public_key=row["public_key"],
        next_public_key=row["next_public_key"],
        made_on_router=row["private_key_sealed"] is None,
        rotated_at=row["rotated_at"],
        rotation_began_at=row["rotation_began_at"],
        handshake_at=row["handshake_at"],
        next_handshake_at=row["next_handshake_at"],
    )


async def load_secrets(db: AsyncConnection, keyring: Keyring, code: str) -> TunnelSecrets | None:
    """Return what a site's router needs; None where it has no tunnel.

    Raises:
        ConfigurationError: sealed with another master key.
    """
    row = (await db.execute(_PEERS.where(site.c.code == code))).mappings().first()
    if row is None:
        return None
    coming = "next_" if row["next_public_key"] else ""
    private = row[f"{coming}private_key_sealed"]
    return TunnelSecrets(
        inside_address=str(row["inside_address"]),
        private_key=None if private is None else keyring.open(private),
        preshared_key=keyring.open(row[f"{coming}preshared_key_sealed"]),
    )


async def held_addresses(db: AsyncConnection) -> dict[str, IPv4Address]:
    """Return the address that each site was given in the tunnel, by code."""
    rows = (await db.execute(_PEERS)).mappings()
    found = {row["site"]: ip_address(str(row["inside_address"])) for row in rows}
    return {code: one for code, one in found.items() if isinstance(one, IPv4Address)}


async def keep_peers(
    db: AsyncConnection,
    keyring: Keyring,
    tunnels: Mapping[str, IPv4Address | None],
    now: datetime,
) -> None:
    """Have one peer for each site that is to have an address, none for the others named.

    What the tunnel told of a site's public address ends with it, or when it is stated.
    """
    ids = {row.code: row.id for row in await db.execute(select(site.c.code, site.c.id))}
    held = await held_addresses(db)
    changed = {code for code in held if code in tunnels and tunnels[code] != held[code]}
    gone = {code for code in changed if tunnels[code] is None}
    await db.execute(delete(tunnel_peer).where(tunnel_peer.c.site_id.in_([ids[c] for c in gone])))
    for number, code in enumerate(sorted(changed - gone), start=1):  # two may exchange theirs
        await _set(db, ids[code], inside_address=str(PARKED + number))
    for code in sorted(changed - gone):
        await _set(db, ids[code], inside_address=str(tunnels[code]))
    for code, address in sorted(tunnels.items()):
        if address is not None and code not in held and code in ids:
            made = {"site_id": ids[code], "inside_address": str(address), "rotated_at": now}
            await db.execute(insert(tunnel_peer).values(**made, **_keys(keyring)))
    without = [ids[code] for code, address in tunnels.items() if address is None and code in ids]
    await _end_addresses(db, without, now)


async def _end_addresses(db: AsyncConnection, sites: Sequence[UUID], now: datetime) -> None:
    """Close what tunnels told of these sites' public addresses, and of those that state theirs."""
    kept = site_public_address
    still = kept.c.valid_until.is_(None)
    stated = select(kept.c.site_id).where(still, kept.c.origin == AddressOrigin.STATED)
    told = kept.c.origin == AddressOrigin.LINK
    ended = update(kept).where(
        told, still, or_(kept.c.site_id.in_(sites), kept.c.site_id.in_(stated))
    )
    await db.execute(ended.values(valid_until=now))


def _keys(keyring: Keyring, prefix: str = "", public_key: str | None = None) -> dict[str, Any]:
    """Return fresh keys as columns; the pair's private half only where it is made here."""
    pair = new_pair() if public_key is None else None
    return {
        f"{prefix}public_key": pair.public if pair else public_key,
        f"{prefix}private_key_sealed": keyring.seal(pair.private) if pair else None,
        f"{prefix}preshared_key_sealed": keyring.seal(new_preshared_key()),
    }


async def begin_rotation(
    db: AsyncConnection,
    keyring: Keyring,
    code: str,
    authority: Authority,
    public_key: str | None = None,
) -> None:
    """Make a next key valid beside the present one.

    Args:
        db: a transaction of the owner.
        keyring: seals what is secret.
        code: the site.
        authority: on whose word and when.
        public_key: of a pair that was made on the router; None: the pair is made here.

    Raises:
        ConfigurationError: no such tunnel, a rotation is under way, or that is no key.
    """
    row = await _row(db, code)
    if row["next_public_key"] is not None:
        raise _refused(code, "expected no rotation under way: finish it, or abandon it")
    fresh = _keys(keyring, "next_", None if public_key is None else _checked(code, public_key))
    if public_key is not None:
        # Its router has the preshared key of its bundle already.
        fresh["next_preshared_key_sealed"] = row["preshared_key_sealed"]
    await _set(db, row["site_id"], **fresh, rotation_began_at=authority.now)
    seen = update(tunnel_seen).where(tunnel_seen.c.site_id == row["site_id"])
    await db.execute(seen.values(next_handshake_at=None))
    await _audit(db, "link.rotation_begun", code, authority)


async def finish_rotation(
    db: AsyncConnection, code: str, authority: Authority, *, even_unseen: bool
) -> None:
    """Drop the old key; the next one is the only one from now on.

    Args:
        db: a transaction of the owner.
        code: the site.
        authority: on whose word and when.
        even_unseen: also where the router was last heard under the old key, or not at all.

    Raises:
        ConfigurationError: no rotation is under way, or the old key is still in use.
    """
    row = await _rotating(db, code)
    if _peer(row).uses_old_key and not even_unseen:
        raise _refused(code, "expected to be heard under the next key (--force drops the old)")
    moved = {name.removeprefix("next_"): row[name] for name in _NO_ROTATION if "key" in name}
    fresh = {**moved, **_NO_ROTATION, "rotated_at": row["rotation_began_at"]}
    await _set(db, row["site_id"], **fresh)
    heard = {"handshake_at": row["next_handshake_at"], "next_handshake_at": None}
    seen = update(tunnel_seen).where(tunnel_seen.c.site_id == row["site_id"])
    await db.execute(seen.values(**heard))
    await _audit(db, "link.rotation_finished", code, authority)


async def abandon_rotation(db: AsyncConnection, code: str, authority: Authority) -> None:
    """Drop the next key; the present one stays.

    Raises:
        ConfigurationError: no rotation is under way.
    """
    row = await _rotating(db, code)
    await _set(db, row["site_id"], **_NO_ROTATION)
    await _audit(db, "link.rotation_abandoned", code, authority)


async def _row(db: AsyncConnection, code: str) -> RowMapping:
    row = (await db.execute(_PEERS.where(site.c.code == code))).mappings().first()
    if row is None:
        raise _refused(code, "expected a known site whose link is a tunnel")
    return row


async def _rotating(db: AsyncConnection, code: str) -> RowMapping:
    row = await _row(db, code)
    if row["next_public_key"] is None:
        raise _refused(code, f"expected a rotation under way: socle link rotate {code}")
    return row


async def _set(db: AsyncConnection, site_id: Any, **values: Any) -> None:
    await db.execute(update(tunnel_peer).where(tunnel_peer.c.site_id == site_id).values(**values))


async def _audit(db: AsyncConnection, action: str, code: str, authority: Authority) -> None:
    who = authority.operator_id, authority.actor
    await append(db, authority.now, *who, Act(action, code, {}))


def _checked(code: str, public_key: str) -> str:
    try:
        return parse_key(public_key)
    except ValueError as fault:
        raise _refused(code, f"expected {fault}") from fault


def _refused(code: str, expected: str) -> ConfigurationError:
    return ConfigurationError([Fault(f"site {code}", expected)])
