"""Settings of RADIUS: how it is reached, and what it keeps while the database is away."""

from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from territory.settings.section import Section

_RADSEC_FILES = 3
_WIDEST_TUNNEL, _NARROWEST_TUNNEL = 8, 29


class RadsecSettings(Section):
    """RADIUS over TLS (RFC 6614), for sites whose link is `radsec`; off without a certificate."""

    port: int = Field(default=2083, ge=0, le=65535)
    certificate: Path | None = None
    """PEM chain of this server; sites know it by its DNS name."""
    key: Path | None = None
    """PEM private key of `certificate`."""
    authorities: Path | None = None
    """PEM file, or folder of them: who signs the certificates of sites, and nobody else."""
    revocation_lists: Path | None = None
    """PEM file, or folder of them; once named, a certificate without a list in force is refused."""
    reached_at: str | None = Field(default=None, pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$")
    """The DNS name in `certificate`, at which sites reach this server."""
    connections: int = Field(default=2000, ge=1)
    """At once, in all."""
    connections_of_a_nas: int = Field(default=8, ge=1)
    """At once; one more, and the longest silent is closed."""
    half_open: int = Field(default=256, ge=1)
    """Handshakes under way at once."""
    half_open_of_an_address: int = Field(default=16, ge=1)
    """Handshakes under way at once from one address."""
    handshakes_a_second: int = Field(default=100, ge=1)
    """What comes faster waits in the kernel: a handshake costs what twenty requests cost."""
    handshake_seconds: float = Field(default=10.0, gt=0)
    idle_seconds: float = Field(default=600.0, gt=0)
    """Without a packet; a watchdog (Status-Server) keeps a connection open."""

    @model_validator(mode="after")
    def _all_or_none(self) -> Self:
        named = [name for name in ("certificate", "key", "authorities") if getattr(self, name)]
        if named and len(named) < _RADSEC_FILES:
            raise ValueError("certificate, key and authorities: expected all three or none")
        return self


class SpoolSettings(Section):
    """Accounting kept on this machine's disk while the database is away; off by default."""

    enabled: bool = False
    folder: Path | None = None
    """On a disk that keeps what it was told to sync; `radius-spool` in the state folder."""
    max_octets: int = Field(default=1 << 30, ge=1 << 16)
    """Of each RADIUS process; beyond, records are not acknowledged."""
    max_hours: float = Field(default=72.0, gt=0)
    """Once the oldest record has waited so long, no more are acknowledged."""


class RadiusSettings(Section):
    """The RADIUS server's listeners: UDP, and TLS where it is set up."""

    host: str = "0.0.0.0"  # noqa: S104 - NAS reach us through their link
    authentication_port: int = Field(default=1812, ge=0, le=65535)
    accounting_port: int = Field(default=1813, ge=0, le=65535)
    workers: int = Field(default=1, ge=1, le=16)
    """Processes that share the UDP ports; one fills two cores together with PostgreSQL. Each shows
    its measures ten ports above the one before (`metrics.radius_port` is the first's)."""
    worker: int = Field(default=0, ge=0, lt=16)
    """Which of them this process is: `socle serve` says so. The first alone does what is done once:
    RadSec, CoA and the periodic work."""
    reached_at: list[IPv4Address] = Field(default=[], max_length=2)
    """Where sites reach this server through their link: one address, or two of a pair."""
    reject_delay_seconds: float = Field(default=1.0, ge=0, le=5)
    """How long an Access-Reject waits at least, so that nobody guesses fast; up to a quarter more
    by chance. A device that is not known by its MAC address is refused at once all the same."""
    radsec: RadsecSettings = RadsecSettings()
    spool: SpoolSettings = SpoolSettings()
    admit_from_memory_hours: float = Field(default=4.0, ge=0)
    """How long after the database went a device with a live admission in memory is let in."""


class TunnelSettings(Section):
    """The WireGuard end that sites with the link `tunnel` connect to."""

    endpoint: str | None = None
    """`host:port` on the Internet."""
    public_key: str | None = None
    """Its public key, 32 octets in base64."""
    private_key_file: Path | None = None
    """Its private key, for supervision to end the tunnels on this machine (CAP_NET_ADMIN); without
    one, somebody else ends them."""
    network: IPv4Network = IPv4Network("10.55.0.0/16")
    """Inside addresses of sites and base."""
    address: IPv4Address | None = None
    """The base's own in `network`; its first when absent."""
    listen_port: int = Field(default=51820, ge=1, le=65535)
    """UDP, where sites call this machine."""
    interface: str = Field(default="socle", pattern=r"^[a-z][a-z0-9-]{0,14}$")
    """Its name here; made where there is none."""

    @model_validator(mode="after")
    def _inside(self) -> Self:
        if self.address is not None and self.address not in self.network:
            raise ValueError(f"address: expected one of {self.network}, found {self.address}")
        if not _WIDEST_TUNNEL <= self.network.prefixlen <= _NARROWEST_TUNNEL:
            raise ValueError("network: expected a prefix of 8 to 29 bits")
        return self

    @property
    def base_address(self) -> IPv4Address:
        """Where sites reach the base inside the tunnel."""
        return self.address or self.network[1]
