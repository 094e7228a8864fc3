"""What a simulated gateway is told at its start: the options of its real counterpart.

A gateway has a loopback address of its own, from which it also sends RADIUS: a NAS is known by
its source address. Phones are told apart by theirs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from ipaddress import IPv4Network

from simulation.radius_port import Patience


@dataclass(frozen=True, slots=True)
class Lease:
    """What a phone is on the gateway's network."""

    mac: str
    """8A-56-7E-F9-10-E4."""
    address: str
    """Its private IPv4 address."""


@dataclass(frozen=True, slots=True)
class RadiusServer:
    """The server that the gateway asks, and the secret they share."""

    shared_secret: str
    host: str = "127.0.0.1"
    authentication_port: int = 1812
    accounting_port: int = 1813
    patience: Patience = field(default_factory=Patience)


@dataclass(frozen=True, slots=True)
class GatewayConfiguration:
    """One CoovaChilli, under the names of its options where it has them."""

    nasid: str
    """NAS-Identifier."""
    uamlisten: str
    """Its loopback address, 127.10.1.1 for instance."""
    uamserver: str
    """The portal's address, exactly as the portal knows it."""
    uamsecret: str
    """Shared with the portal; empty: redirects are not signed."""
    radius: RadiusServer
    nasmac: str = "02-00-00-00-00-10"
    """Called-Station-Id, without the name of the network."""
    uamport: int = 3990
    web_port: int = 80
    """Where it catches the browsing of its phones; 0 takes any free port."""
    coaport: int = 3799
    """Accounting leaves from it, and orders arrive there."""
    network: IPv4Network = field(default_factory=lambda: IPv4Network("10.1.0.0/24"))
    """Where it leases addresses; the first one is its own."""
    leases: Mapping[str, Lease] = field(default_factory=dict)
    """Phones known beforehand, by source address; any other is given a lease when it appears."""
    macauth: bool = False
    """Ask the RADIUS server about a phone as soon as it appears."""
    macpasswd: str = ""
    """Password shown for every phone; empty: its MAC address."""
    interim_seconds: int | None = None
    """Goes before the server's Acct-Interim-Interval."""
    challengetimeout: timedelta = timedelta(seconds=600)
    challengetimeout2: timedelta = timedelta(seconds=1200)
    """Within which a /logon has to come."""
    tick_seconds: float = 1.0
    """How often limits and reports are looked at."""
    stop_seconds: float = 5.0
    """How long a clean stop waits for its last reports to be answered."""


def derived_lease(
    configuration: GatewayConfiguration, source: str, port: int, generation: int
) -> Lease:
    """Return the lease of a phone that nobody configured.

    Its MAC address is locally administered and differs from gateway to gateway, as phones do
    today; a new `generation` is another phone at the same source address.
    """
    digest = sha256(f"{configuration.nasid}|{source}|{generation}".encode()).digest()
    mac = "-".join(f"{octet:02X}" for octet in (0x02 | (digest[0] & 0xFC), *digest[1:6]))
    return Lease(mac, str(configuration.network[port + 1]))
