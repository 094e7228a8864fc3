"""Which ports a device has at its site's public address: always the same, so nothing is logged.

Where our gateway holds the public address, each private address has a block of ports of its own at
a place that its rank alone decides: the first address the first block, and so on, over the pool of
public addresses (the deterministic translation of RFC 7422). Then (public address, port, time)
leads to one device, and no destination is ever looked at. The gateway's rules and the archive's
slices are both made from this. Pure.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final

LEAST_PORTS: Final = 256
"""A phone with fewer loses connections (RFC 6888 §2, REQ-4 leaves the number to the operator)."""
FIRST_PORT: Final = 1024
LAST_PORT: Final = 65_535


@dataclass(frozen=True, slots=True)
class Lease:
    """What one private address has."""

    public_address: IPv4Address | None
    """None: whichever the site has."""
    port_first: int
    port_last: int


@dataclass(frozen=True, slots=True)
class PortBlocks:
    """How a site shares its ports out."""

    first_address: IPv4Address
    """Of the private addresses that devices are given."""
    last_address: IPv4Address
    pool: tuple[IPv4Address, ...] = ()
    """Public addresses, in order; none: the one that the site has, whichever it is."""
    ports: int = LEAST_PORTS
    """Of one device."""
    first_port: int = FIRST_PORT
    last_port: int = LAST_PORT

    @property
    def devices(self) -> int:
        """How many private addresses there are."""
        return int(self.last_address) - int(self.first_address) + 1

    @property
    def leases_an_address(self) -> int:
        """How many blocks one public address has."""
        return (self.last_port - self.first_port + 1) // self.ports

    @property
    def room(self) -> int:
        """How many blocks there are."""
        return self.leases_an_address * max(1, len(self.pool))

    def lease_of(self, address: IPv4Address) -> Lease | None:
        """Return what a private address has; None where it is not one of the devices'."""
        rank = int(address) - int(self.first_address)
        if not 0 <= rank < min(self.devices, self.room):
            return None
        which, block = divmod(rank, self.leases_an_address)
        first = self.first_port + block * self.ports
        public = self.pool[which] if self.pool else None
        return Lease(public, first, first + self.ports - 1)

    def fault(self) -> str:
        """Return what was expected instead, in words; empty: it can be."""
        if self.ports < LEAST_PORTS:
            return f"expected at least {LEAST_PORTS} ports a device, found {self.ports}"
        if self.first_port < FIRST_PORT:
            return (
                f"expected {FIRST_PORT} or above as first port, found {self.first_port}: what is no"
                " device's leaves by those below"
            )
        if self.room < self.devices:
            return (
                f"expected room for {self.devices} devices, found {self.room} blocks of"
                f" {self.ports} ports: fewer addresses, or more public ones"
            )
        return ""
