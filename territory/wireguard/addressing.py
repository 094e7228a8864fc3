"""Which address each site has inside the tunnel. Pure.

A NAS that is described with an address of the tunnel's network gives it to its site; the others
keep the one they had, or get the lowest that nobody has.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from territory.errors import ConfigurationError, Fault


@dataclass(frozen=True, slots=True)
class Inside:
    """Where the tunnel's addresses are taken from."""

    network: IPv4Network
    base: IPv4Address
    """The base's own."""


def assign(
    inside: Inside,
    wanted: Mapping[str, Iterable[IPv4Address]],
    held: Mapping[str, IPv4Address],
    taken: Set[IPv4Address],
) -> dict[str, IPv4Address]:
    """Return each site's inside address.

    Args:
        inside: the network, and what of it is the base's.
        wanted: by site, the addresses its own NAS are described with.
        held: by site, those given before.
        taken: what nobody else may have.

    Raises:
        ConfigurationError: the network is full, or a NAS has the base's address.
    """
    found = {site: first for site, own in wanted.items() if (first := _first(inside, own))}
    used = {inside.base, *found.values(), *taken}
    for site in wanted.keys() - found.keys():
        if site in held and held[site] in inside.network and held[site] not in used:
            found[site] = held[site]
    used |= set(found.values())
    free = (address for address in inside.network.hosts() if address not in used)
    for site in sorted(wanted.keys() - found.keys()):
        address = next(free, None)
        if address is None:
            raise _fault(site, f"expected a larger tunnel.network: {inside.network} is full")
        found[site] = address
    if strangers := sorted(site for site, address in found.items() if address == inside.base):
        raise _fault(strangers[0], f"expected a source_address other than the base's {inside.base}")
    return found


def _first(inside: Inside, own: Iterable[IPv4Address]) -> IPv4Address | None:
    return next((address for address in own if address in inside.network), None)


def _fault(site: str, expected: str) -> ConfigurationError:
    return ConfigurationError([Fault(f"site {site}", expected)])
