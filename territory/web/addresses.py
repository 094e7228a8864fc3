"""Whose request this is, when trusted proxies stand in front. Pure.

A proxy appends the address it was called from to ``X-Forwarded-For``; anyone may have written
the entries before it. So the list is read from its right end, and only as long as the writer of
an entry is itself one of the proxies named in the settings.
"""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NOWHERE = IPv4Address("0.0.0.0")  # noqa: S104 - the name of "no address known", never listened on
"""Stands for a peer without an IP address (a Unix socket)."""

MOST_HOPS = 16
"""Entries of X-Forwarded-For that are looked at; what stands further left is ignored."""
ADDRESSES_KEPT = 4096
"""Addresses read once: a phone asks a few times, and a proxy, or a site's own address, always."""


@lru_cache(ADDRESSES_KEPT)
def parse_address(text: str) -> Address | None:
    """The address in ``text``; an IPv4-mapped IPv6 address comes back as IPv4. None when bad."""
    try:
        address = ip_address(text.strip().strip("[]"))
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def is_trusted(address: Address, trusted: Sequence[Network]) -> bool:
    """Whether ``address`` is one of our own proxies."""
    return any(address.version == network.version and address in network for network in trusted)


def client_of(peer: str | None, forwarded_for: str, trusted: Sequence[Network]) -> Address:
    """The address of the device that asked: ``peer`` unless trusted proxies vouch for another.

    ``forwarded_for`` is the header as received, several headers joined with commas. An unreadable
    entry ends the walk at the last address that was vouched for.
    """
    address = parse_address(peer or "") or NOWHERE
    hops = forwarded_for.split(",")[-MOST_HOPS:] if forwarded_for else []
    while hops and is_trusted(address, trusted):
        earlier = parse_address(hops.pop())
        if earlier is None:
            return address
        address = earlier
    return address


def https_of(
    secure: bool, forwarded_proto: str, peer: str | None, trusted: Sequence[Network]
) -> bool:
    """Whether the browser spoke https, to us or to a trusted proxy that says so."""
    if secure:
        return True
    if forwarded_proto.rpartition(",")[2].strip().lower() != "https":
        return False
    address = parse_address(peer or "")
    return address is not None and is_trusted(address, trusted)
