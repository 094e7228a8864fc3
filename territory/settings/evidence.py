"""Settings of what is kept, sealed, answered and forgotten: retention, archive, desk, intake."""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from territory.settings.section import Section

_WIDEST_PREFIX = {4: 8, 6: 7}
"""Of 10.0.0.0/8 (RFC 1918) and fc00::/7 (RFC 4193): what is wider is everybody."""


class IntakeSettings(Section):
    """What other makers' gateways tell of their NAT; a port that is not named is not opened."""

    host: str = "0.0.0.0"  # noqa: S104 - gateways reach us through their link
    syslog_udp_port: int | None = Field(default=None, ge=0, le=65535)
    """Usually 514, or another that needs no privilege. Only addresses of described NAS and tunnels
    are listened to, and none of those is on the Internet."""
    syslog_tcp_port: int | None = Field(default=None, ge=0, le=65535)
    syslog_tls_port: int | None = Field(default=None, ge=0, le=65535)
    """Usually 6514 (RFC 5425); for sites that come over the Internet. A gateway shows a certificate
    with the name that its NAS is described by (`tls_name`)."""
    ipfix_port: int | None = Field(default=None, ge=0, le=65535)
    """UDP, usually 4739."""
    certificate: Path | None = None
    """PEM chain of this server."""
    key: Path | None = None
    """PEM private key of `certificate`."""
    authorities: Path | None = None
    """PEM file of who signs the gateways' certificates, and nobody else."""
    messages_a_second: int = Field(default=2_000, ge=1)
    """Of one sender, each translation of an IPFIX message for one: by UDP more are dropped and
    counted, by TCP they wait."""
    translations_a_day: int = Field(default=1_000_000, ge=1)
    """Of one site and UTC day; more are dropped and counted. Sealing reads three days of all sites
    at once: some 300 octets of memory each."""
    waiting: int = Field(default=50_000, ge=1_000)
    """Translations in memory that are not durable yet; by UDP more are dropped and counted, by TCP
    they wait. A crash loses them, since syslog has no acknowledgement."""

    @property
    def is_on(self) -> bool:
        """Whether any port is named."""
        syslog = (self.syslog_udp_port, self.syslog_tcp_port, self.syslog_tls_port)
        return any(port is not None for port in (*syslog, self.ipfix_port))

    @model_validator(mode="after")
    def _tls_needs_papers(self) -> Self:
        papers = (self.certificate, self.key, self.authorities)
        if self.syslog_tls_port is not None and None in papers:
            raise ValueError("syslog_tls_port: expected certificate, key and authorities beside it")
        return self


class RetentionSettings(Section):
    """The archive."""

    archive_folder: Path | None = None
    """Sealed segments and manifests; `archive` in the state folder when absent."""
    key_register_folder: Path | None = None
    """Wrapped segment keys, kept apart from backups; `key-register` in the state folder."""
    backup_folder: Path | None = None
    """Where `socle backup` writes: retention removes there what has ended. None: the next backup
    alone does."""
    interval_seconds: float = Field(default=3600.0, gt=0)
    audit_months: int = Field(default=12, ge=12, le=36)
    """How long the audit log is kept: a year, three where a documented risk asks for it."""
    intake: IntakeSettings = IntakeSettings()
    unexecuted_hold: Literal["keep_whole", "purge"] = "keep_whole"
    """What becomes of a day, once it is over, while a hold on it waits for two custodians: kept
    whole, or purged with what should have been preserved. For counsel to decide."""


class ArchiveBuckets(Section):
    """The buckets of an S3-compatible storage, whose default object lock is set where they are
    made: shorter than the duration each is named after."""

    three_months: str = "socle-3-mois"
    one_year: str = "socle-1-an"
    five_years: str = "socle-5-ans"
    chain: str = "socle-chaine"
    """A copy of the manifests, their signatures and their time-stamps."""

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if len({self.three_months, self.one_year, self.five_years, self.chain}) < len(
            ArchiveBuckets.model_fields
        ):
            raise ValueError("expected four different buckets")
        return self


class ArchiveSettings(Section):
    """Where sealed segments go, and who says when their manifests existed."""

    storage: Literal["folder", "s3"] = "folder"
    """`folder`: beside the manifests, in `retention.archive_folder`."""
    endpoint: str | None = Field(default=None, pattern=r"^https?://[a-z0-9.-]+(:\d+)?$")
    """Address of the S3-compatible storage; https wherever it leaves the machine."""
    region: str = "us-east-1"
    buckets: ArchiveBuckets = ArchiveBuckets()
    access_key_id: SecretStr | None = None
    """`SOCLE_archive__access_key_id` in the folder of secrets."""
    secret_access_key: SecretStr | None = None
    """`SOCLE_archive__secret_access_key` in the folder of secrets."""
    timeout_seconds: float = Field(default=60.0, gt=0)
    """How long one request to the storage, or to the time-stamp authority, may last."""
    time_stamp_authority: str | None = Field(default=None, pattern=r"^https?://[^\s]+$")
    """Address of an RFC 3161 authority that dates each day's manifest; none: not dated."""
    time_stamp_certificate: Path | None = None
    """Its certificate and those above it, PEM: what its tokens are checked against."""
    head_mailed_every_days: int = Field(default=7, ge=0, le=31)
    """How often the custodians are mailed the chain's head, which they keep; 0: never."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        needed = ("endpoint", "access_key_id", "secret_access_key")
        missing = [name for name in needed if not getattr(self, name)]
        if self.storage == "s3" and missing:
            raise ValueError(f"storage is s3: expected {' and '.join(missing)} too")
        if bool(self.time_stamp_authority) != bool(self.time_stamp_certificate):
            raise ValueError("time_stamp_authority and time_stamp_certificate: both or neither")
        return self


class DeskSettings(Section):
    """The requisition desk, for an administration network only."""

    host: str = "127.0.0.1"
    port: int = Field(default=8444, ge=0, le=65535)
    public_url: str = "http://127.0.0.1:8444"
    allowed_networks: tuple[IPv4Network | IPv6Network, ...] = (
        IPv4Network("127.0.0.0/8"),
        IPv6Network("::1/128"),
    )
    """The administration network: nobody else is answered. Behind a trusted proxy, its visitors'
    addresses count."""
    agreement_days: int = Field(default=7, ge=1, le=31)
    """How long one custodian's agreement waits for the other's; then it counts no more."""

    @field_validator("allowed_networks")
    @classmethod
    def _somebodys(
        cls, networks: tuple[IPv4Network | IPv6Network, ...]
    ) -> tuple[IPv4Network | IPv6Network, ...]:
        wide = [each for each in networks if each.prefixlen < _WIDEST_PREFIX[each.version]]
        if not networks or wide:
            said = ", ".join(map(str, wide)) or "none"
            raise ValueError(f"expected the administration network alone, not {said}")
        return networks


class AuthoritiesSettings(Section):
    """Whom an authority reaches, in words: on its public page and in the procedure (L34-1 II)."""

    service: str = Field(default="", max_length=120)
    """The service that receives requisitions, never a person."""
    mail: str = Field(default="", max_length=120, pattern=r"^([^\s@]+@[^\s@]+)?$")
    """Its address."""
    phone: str = Field(default="", max_length=40)
    """Its telephone, as people dial it."""
    hours: str = Field(default="", max_length=200)
    """When it answers."""
    on_call: str = Field(default="", max_length=200)
    """Whom to call at other hours, for what cannot wait: service and telephone."""

    @property
    def is_known(self) -> bool:
        """Whether an authority is told whom to reach."""
        return bool(self.service and (self.mail or self.phone))
