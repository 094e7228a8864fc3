"""The hub's configuration for `wg syncconf`, and its state from `wg show dump`. Pure.

    the peers that are described -> configuration -> the interface -> dump -> which key is in use

A site that changes its key has two peers for a while, and WireGuard gives an address to one peer
only: the inside addresses go to the one whose handshake came last (`in_use`), so that the link
holds from the moment the router has its new key, and comes back should it return to the old one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address

from territory.errors import ProtocolError

ALIVE: timedelta = timedelta(seconds=180)
"""A peer that speaks shakes hands every two minutes; its keys end after three (WireGuard §6)."""
_PEER_FIELDS = 8


@dataclass(frozen=True, slots=True)
class Key:
    """What one end of a site's link is known by."""

    public: str
    preshared: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Peer:
    """One site's link."""

    key: Key
    addresses: tuple[IPv4Address, ...]
    """Inside the tunnel: the site's own first."""
    next_key: Key | None = None
    """The key a rotation brings in; None: no rotation."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the interface knows of one key."""

    handshake_at: datetime | None
    """UTC; None: never."""
    endpoint: IPv4Address | IPv6Address | None
    """Where its last proven packet came from, as the Internet sees it."""

    def is_alive(self, now: datetime) -> bool:
        """Whether the link stands."""
        return self.handshake_at is not None and now - self.handshake_at <= ALIVE


SILENT = Heard(None, None)


def in_use(peer: Peer, heard: Mapping[str, Heard]) -> Key:
    """Return the key of a site that shook hands last; the present one until the next has."""
    if peer.next_key is None:
        return peer.key
    present = heard.get(peer.key.public, SILENT).handshake_at
    coming = heard.get(peer.next_key.public, SILENT).handshake_at
    return peer.next_key if coming and (present is None or coming > present) else peer.key


def configuration(
    private_key: str, port: int, peers: Iterable[Peer], heard: Mapping[str, Heard]
) -> str:
    """Return what `wg syncconf` takes; the same facts give the same text.

    Args:
        private_key: the hub's.
        port: UDP, where sites call.
        peers: all of them.
        heard: by public key, to know which of two keys has the addresses.
    """
    lines = ["[Interface]", f"PrivateKey = {private_key}", f"ListenPort = {port}"]
    for peer in sorted(peers, key=lambda each: each.addresses):
        holder = in_use(peer, heard)
        for key in filter(None, (peer.key, peer.next_key)):
            lines += ["", "[Peer]", f"PublicKey = {key.public}", f"PresharedKey = {key.preshared}"]
            if key == holder:
                allowed = ", ".join(f"{address}/32" for address in peer.addresses)
                lines.append(f"AllowedIPs = {allowed}")
    return "\n".join(lines) + "\n"


def parse_dump(text: str) -> dict[str, Heard]:
    """Return what `wg show INTERFACE dump` says of each peer, by public key.

    Raises:
        ProtocolError: `wg-dump`, it says something else.
    """
    try:
        rows = [line.split("\t") for line in text.splitlines()[1:]]
        return {row[0]: _heard(row) for row in rows}
    except (ValueError, IndexError, OverflowError, OSError) as fault:
        raise ProtocolError("wg-dump") from fault


def _heard(row: list[str]) -> Heard:
    """Read: public, preshared key, endpoint, allowed IPs, handshake, octets in, out, keepalive."""
    if len(row) != _PEER_FIELDS:
        raise ValueError(row)
    seconds, host = int(row[4]), row[2].rpartition(":")[0].strip("[]")
    return Heard(
        datetime.fromtimestamp(seconds, UTC) if seconds else None,
        ip_address(host.partition("%")[0]) if host else None,
    )
