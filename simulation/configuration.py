"""What a simulated gateway is told at its start: the options of its real counterpart.

A gateway has a loopback address of its own, from which it also sends RADIUS: a NAS is known by
its source address. Phones are told apart by theirs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from ipaddress import IPv4Network

from simulation.certificate import ServerCertificate
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
class ControllerAccount:
    """The account that a gateway's controller accepts, where it has a controller."""

    port: int = 0
    """TCP, at the gateway's own address; 0 takes any free one."""
    site: str = "default"
    """The controller's own name of the site."""
    user: str = ""
    """Empty: the password is an API key."""
    password: str = ""
    client: str = ""
    """Omada: the client ID of an application that may view; empty: there is none."""
    client_secret: str = ""


@dataclass(frozen=True, slots=True)
class GatewayConfiguration:
    """One gateway of any brand."""

    nasid: str
    """NAS-Identifier, or the name by which it is known."""
    address: str
    """Its loopback address, 127.10.1.1 for instance."""
    portal: str
    """The portal's address, exactly as the portal knows it."""
    portal_secret: str
    """Shared with the portal (uamsecret, faskey); empty: none."""
    radius: RadiusServer | None
    """None: this gateway asks no RADIUS server."""
    nasmac: str = "02-00-00-00-00-10"
    """Its own MAC address, or that of its access point."""
    login_port: int = 3990
    """Where browsers log in and out; 0 takes any free port."""
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
    tick_seconds: float = 1.0
    """How often limits and reports are looked at."""
    stop_seconds: float = 5.0
    """How long a clean stop waits for its last reports to be answered."""
    brand: str = "coovachilli"
    """Whose gateway it behaves like (`simulation.makes`)."""
    variant: str = ""
    """Which of its brand's dialects."""
    ssid: str = "WiFi-Mairie"
    """The network phones see, where the brand tells it."""
    certificate: ServerCertificate | None = None
    """What log-in address (where the brand speaks TLS) and controller show; None: no TLS at the
    log-in address, a fresh certificate at the controller."""
    portal_certificate: ServerCertificate | None = None
    """What the portal shows where nobody else vouches for it; for a brand that asks the portal."""
    controller: ControllerAccount = field(default_factory=ControllerAccount)
    """Who may speak to its controller, where it has one."""
    pages: Mapping[str, str] = field(default_factory=dict)
    """Files that an administrator put on the box, by name, where the brand serves its own."""


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
