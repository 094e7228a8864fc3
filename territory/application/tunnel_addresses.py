"""The inside address of each described site whose link is a tunnel, and the NAS it names. Pure.

One NAS of such a site may be described without a source address: its packets then come from the
tunnel's end at that site, and that is how RADIUS knows it.
"""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, ip_address

from territory.application.state import Kind, State, Values
from territory.vocabulary import Link
from territory.wireguard.addressing import Inside, assign


def inside_addresses(
    described: State, held: State, given: Mapping[str, IPv4Address], inside: Inside
) -> dict[str, IPv4Address | None]:
    """Return, by described site, its address in the tunnel; None where its link is another.

    Args:
        described: what a description says.
        held: what the database holds.
        given: by site, the addresses that were given before.
        inside: where addresses are taken from.

    Raises:
        ConfigurationError: there is none left, or a NAS has the base's.
    """
    links = {code: values["link"] for code, values in described[Kind.SITE].items()}
    wanted = {
        code: [address for site, address in _of_nas(described[Kind.NAS]) if site == code]
        for code, link in links.items()
        if link == Link.TUNNEL
    }
    left = {code: values for code, values in held[Kind.NAS].items() if _is_left(code, described)}
    taken = {address for things in (described[Kind.NAS], left) for _, address in _of_nas(things)}
    taken |= set(_of_radios(described[Kind.ACCESS_POINT]))
    taken |= {address for code, address in given.items() if code not in links}
    return {**dict.fromkeys(links), **assign(inside, wanted, given, taken)}


def with_inside_addresses(
    described: State, tunnels: Mapping[str, IPv4Address | None]
) -> dict[Kind, dict[str, Values]]:
    """Return the state in which a NAS without an address of its own has its tunnel's."""
    state = {kind: dict(things) for kind, things in described.items()}
    for code, values in state[Kind.NAS].items():
        address = tunnels.get(str(values["site"]))
        if address is not None and values["source_address"] is None:
            state[Kind.NAS][code] = {**values, "source_address": str(address)}
    return state


def _is_left(code: str, described: State) -> bool:
    return code not in described[Kind.NAS]


def _of_nas(things: Mapping[str, Values]) -> Iterator[tuple[str, IPv4Address]]:
    for _, values in sorted(things.items()):
        if values["source_address"] is not None:
            address = ip_address(str(values["source_address"]))
            if isinstance(address, IPv4Address):
                yield str(values["site"]), address


def _of_radios(things: Mapping[str, Values]) -> Iterator[IPv4Address]:
    for values in things.values():
        if values["management_address"] is not None:
            address = ip_address(str(values["management_address"]))
            if isinstance(address, IPv4Address):
                yield address
