"""How a router shares its ports out: the very blocks that the archive's slices have.

OpenWrt: a chain of fw4's table, read with it from /etc/nftables.d, before fw4's own translation.
RouterOS 7: a jump ahead of its own rules, then two rules a device, as MikroTik's manual has it for
NAT444 (`to-ports` goes with a protocol). Each device leaves by its block; whatever else leaves the
site, the router and its staff included, by the ports below the first, so that a port of a block is
never another's. Only what goes to the Internet is touched, and of it TCP and UDP. Pure.
"""

from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import PurePosixPath
from typing import Final

from territory.rules.port_blocks import Lease, PortBlocks

PATH: Final = PurePosixPath("files/etc/nftables.d/10-socle-ports.nft")
ROUTEROS_PATH: Final = PurePosixPath("socle-ports.rsc")
_INSIDE: Final = (
    *("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
    *("192.168.0.0/16", "224.0.0.0/3"),
)
_NAT: Final = '/ip firewall nat add comment="socle-ports"'

ROUTEROS_REMOVAL: Final = (
    '/ip firewall nat remove [find comment="socle-ports"]',
    '/ip firewall address-list remove [find comment="socle-ports"]',
)
"""What takes its rules away."""


def port_rules(shared: PortBlocks) -> str:
    """Return the chains as nftables reads them (1.0.2 and later).

    A chain a device: as the value of a map, a range of ports would be taken for its first port.
    """
    leases = list(_leases(shared))
    chains = "".join(map(_chain, range(len(leases)), (lease for _, lease in leases)))
    verdicts = ", ".join(f"{address} : goto socle_{n}" for n, (address, _) in enumerate(leases))
    return f"""\
# Chaque appareil sort par ses propres ports : refait par la base, à ne pas modifier ici.
{chains}chain socle_ports {{
	type nat hook postrouting priority srcnat - 1; policy accept;
	meta nfproto != ipv4 return
	ip daddr {{ {", ".join(_INSIDE)} }} return
	ip saddr vmap {{ {verdicts} }}
	meta l4proto {{ tcp, udp }} masquerade to :1-{shared.first_port - 1}
}}
"""


def _chain(number: int, lease: Lease) -> str:
    own = f"snat ip to {lease.public_address}:" if lease.public_address else "masquerade to :"
    ports = f"{lease.port_first}-{lease.port_last}"
    return f"chain socle_{number} {{ meta l4proto {{ tcp, udp }} {own}{ports}; }}\n"


def routeros_port_rules(shared: PortBlocks) -> str:
    """Return the script that `/import` runs (RouterOS 7); again, it begins by removing its rules.

    Of the two rules of srcnat either may come first: one is for the devices, one for all others.
    """
    devices = f"{shared.first_address}-{shared.last_address}"
    outside = 'dst-address-list="!socle-inside"'
    lines = [
        "# Chaque appareil sort par ses propres ports : refait par la base, à ne pas modifier ici.",
        *ROUTEROS_REMOVAL,
        *(
            f'/ip firewall address-list add comment="socle-ports" list=socle-inside address={each}'
            for each in _INSIDE
        ),
        *(line for address, lease in _leases(shared) for line in _routeros(address, lease)),
        f"{_NAT} chain=srcnat action=jump jump-target=socle-ports src-address={devices} {outside}",
        *(
            f"{_NAT} chain=srcnat action=masquerade protocol={protocol} src-address=!{devices}"
            f" {outside} to-ports=1-{shared.first_port - 1}"
            for protocol in ("tcp", "udp")
        ),
        ':foreach rule in=[/ip firewall nat find comment="socle-ports" chain=srcnat]'
        " do={/ip firewall nat move $rule destination=0}",
    ]
    return "\n".join(lines) + "\n"


def _routeros(address: IPv4Address, lease: Lease) -> Iterator[str]:
    own = f"src-nat to-addresses={lease.public_address}" if lease.public_address else "masquerade"
    for protocol in ("tcp", "udp"):
        yield (
            f"{_NAT} chain=socle-ports action={own} protocol={protocol} src-address={address}"
            f" to-ports={lease.port_first}-{lease.port_last}"
        )


def _leases(shared: PortBlocks) -> Iterator[tuple[IPv4Address, Lease]]:
    addresses = (shared.first_address + rank for rank in range(shared.devices))
    return ((address, lease) for address in addresses if (lease := shared.lease_of(address)))
