"""Which address each site has inside the tunnel. Pure.

A NAS that is described with an address of the tunnel's network gives it to its site; the others
keep the one they had, or get the lowest that nobody has. The network's first is the hub's.
"""

from collections.abc import Iterable, Mapping, Set
from ipaddress import IPv4Address, IPv4Network

from territory.errors import ConfigurationError, Fault


def hub_address(network: IPv4Network) -> IPv4Address:
    """Return where sites reach the base inside the tunnel."""
    return network[1]


def assign(
    network: IPv4Network,
    wanted: Mapping[str, Iterable[IPv4Address]],
    held: Mapping[str, IPv4Address],
    taken: Set[IPv4Address],
) -> dict[str, IPv4Address]:
    """Return each site's inside address.

    Args:
        network: the tunnel's.
        wanted: by site, the addresses its own NAS are described with.
        held: by site, those given before.
        taken: what nobody else may have.

    Raises:
        ConfigurationError: the network is full.
    """
    found = {site: first for site, own in wanted.items() if (first := _first(network, own))}
    used = {hub_address(network), *found.values(), *taken}
    for site in wanted.keys() - found.keys():
        if site in held and held[site] in network and held[site] not in used:
            found[site] = held[site]
            used.add(held[site])
    free = (address for address in network.hosts() if address not in used)
    for site in sorted(wanted.keys() - found.keys()):
        address = next(free, None)
        if address is None:
            expected = f"expected a larger network: {network} has no room for {site}"
            raise ConfigurationError([Fault("tunnel.network", expected)])
        found[site] = address
    return found


def _first(network: IPv4Network, own: Iterable[IPv4Address]) -> IPv4Address | None:
    return next((address for address in own if address in network), None)
