"""Settings of the base, read once by the command and passed down.

`socle.toml` first, then `SOCLE_SECTION__KEY` in the environment, then files of the folder named by
`SOCLE_SECRETS` (one file a setting). An unknown key is a fault; all faults are listed at once.
"""

import os
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from territory.errors import ConfigurationError, Fault
from territory.messages.settings import AlertsSettings, MailSettings, SmsSettings

DEFAULT_FILE = Path("socle.toml")
SECRETS_VARIABLE = "SOCLE_SECRETS"
WORKER_PORT_STEP = 10
WORKER_VARIABLE = "SOCLE_RADIUS__WORKER"
WORKERS_VARIABLE = "SOCLE_RADIUS__WORKERS"
COMPONENT_URL_VARIABLE = "SOCLE_COMPONENT_DATABASE"
"""How `socle serve` hands a component its own role's address, whatever else names the owner's."""


_Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DatabaseSettings(_Section):
    """Where PostgreSQL is; without an address, an embedded one in the state folder."""

    url: str | None = None
    """`postgresql://user:password@host:5432/name`, or None for the embedded server."""


class SecuritySettings(_Section):
    """The master key."""

    key_file: Path | None = None
    """File with the master key; `master.key` in the state folder when absent."""
    master_key: SecretStr | None = None
    """The master key itself, 32 octets in base64, for the environment or a secrets file; no file
    is read or made then."""


class PortalSettings(_Section):
    """The guests' pages and the console."""

    host: str = "0.0.0.0"  # noqa: S104 - guests come from every site
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: str = "http://127.0.0.1:8080"
    """How phones reach the portal, without a final slash; https outside the demo."""
    tls_certificate: Path | None = None
    """PEM chain when the portal ends TLS itself."""
    tls_key: Path | None = None
    """PEM private key of `tls_certificate`."""
    trusted_proxies: list[str] = []
    """Addresses or networks of the fronts whose X-Forwarded-* is believed."""
    plain_url: str | None = None
    """http address of this portal under another name than `public_url`, for the one page that hands
    guests back to gateways that take forms in clear only; without it, browsers warn of those."""
    plain_port: int = Field(default=8081, ge=0, le=65535)
    """Where that page is served when the portal ends TLS itself."""
    support: str = Field(default="", max_length=200)
    """Whom agents and mediators call when a site is down: service, telephone, hours, in words."""
    map_tiles: str | None = Field(
        default=None, pattern=r"^https?://[a-z0-9.:-]+/[^\s\"'<>;,]*\{z\}[^\s\"'<>;,]*$"
    )
    """Address of the map's tiles for operators, with {z}, {x} and {y}; without it, places stand on
    plain ground. The browsers of operators then ask that server."""
    map_credit: str = Field(default="", max_length=200)
    """Whom the tiles are to be credited to, in words shown on the map."""


class OpenidProviderSettings(_Section):
    """One identity provider, `[openid_connect.<code>]`; its secret is best in a secrets file."""

    profile: str = "plain"
    """plain, franceconnect or proconnect (`territory.openid_providers`)."""
    issuer: str = Field(max_length=300)
    """Its identifier: an https address without a final slash."""
    client_id: str = Field(min_length=1, max_length=300)
    """Ours at this provider."""
    client_secret: SecretStr
    """Ours at this provider: `SOCLE_openid_connect__<code>__client_secret`."""
    name: str = Field(default="", max_length=60)
    """What guests read on the button; the profile's own when absent."""
    level: str = ""
    """The least eIDAS level, `eidas1`...; the profile's weakest when absent."""
    keeps: list[str] = []
    """Claims kept as civil identity, five years after the account ends; none by default."""
    hosts: list[Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$")]] = []
    """More names that a phone must reach before log-in, each with those below it."""
    decryption_key: Path | None = None
    """PEM RSA private key for user info that the provider encrypts to us."""


class RadsecSettings(_Section):
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


_RADSEC_FILES = 3


class SpoolSettings(_Section):
    """Accounting kept on this machine's disk while the database is away; off by default."""

    enabled: bool = False
    folder: Path | None = None
    """On a disk that keeps what it was told to sync; `radius-spool` in the state folder."""
    max_octets: int = Field(default=1 << 30, ge=1 << 16)
    """Of each RADIUS process; beyond, records are not acknowledged."""
    max_hours: float = Field(default=72.0, gt=0)
    """Once the oldest record has waited so long, no more are acknowledged."""


class RadiusSettings(_Section):
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


class TunnelSettings(_Section):
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


_WIDEST_TUNNEL, _NARROWEST_TUNNEL = 8, 29


class SupervisionSettings(_Section):
    """The poller."""

    interval_seconds: float = Field(default=60.0, gt=0)
    landmarks: tuple[IPv4Address | IPv6Address, ...] = ()
    """Pinged where the fleet is silent, to tell our own network's failure; none: the gateway."""
    log_in_every_minutes: float = Field(default=0.0, ge=0)
    """How often a synthetic guest logs in at each site, through portal and RADIUS; 0: never."""
    probe_network: IPv4Network = IPv4Network("127.127.0.0/16")
    """Addresses of this machine that synthetic guests come from, one for each NAS; a RADIUS server
    on another machine must see them unchanged."""


class IntakeSettings(_Section):
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


class RetentionSettings(_Section):
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


class ArchiveBuckets(_Section):
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


class ArchiveSettings(_Section):
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


class IndicatorsSettings(_Section):
    """What elected officials read."""

    kept_years: int = Field(default=5, ge=1, le=20)
    """How long daily counts of each site are kept; no person is in them."""
    least: int = Field(default=11, ge=10)
    """The smallest count of visits or sessions that is shown or printed."""


_WIDEST_PREFIX = {4: 8, 6: 7}
"""Of 10.0.0.0/8 (RFC 1918) and fc00::/7 (RFC 4193): what is wider is everybody."""


class DeskSettings(_Section):
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


class AuthoritiesSettings(_Section):
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


class MetricsSettings(_Section):
    """Each component's /metrics and /healthz."""

    host: str = "127.0.0.1"
    portal_port: int = Field(default=9401, ge=0, le=65535)
    radius_port: int = Field(default=9402, ge=0, le=65535)
    supervision_port: int = Field(default=9403, ge=0, le=65535)
    retention_port: int = Field(default=9404, ge=0, le=65535)
    desk_port: int = Field(default=9405, ge=0, le=65535)


class Settings(BaseSettings):
    """Every setting of the base."""

    model_config = SettingsConfigDict(
        env_prefix="SOCLE_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
    )

    state_folder: Path = Path("socle-state")
    """Keys, the embedded database, the archive where no other folder is named."""
    demo: bool = False
    """The demonstration: plain http, simulated sites, a clock that can be moved."""
    clock_offset_file: Path | None = None
    """Seconds by which the demonstration's clock is ahead; refused outside the demo."""
    database: DatabaseSettings = DatabaseSettings()
    security: SecuritySettings = SecuritySettings()
    portal: PortalSettings = PortalSettings()
    openid_connect: dict[_Code, OpenidProviderSettings] = {}
    """Identity providers that may vouch for a guest, by the code that names each."""
    radius: RadiusSettings = RadiusSettings()
    tunnel: TunnelSettings = TunnelSettings()
    supervision: SupervisionSettings = SupervisionSettings()
    retention: RetentionSettings = RetentionSettings()
    archive: ArchiveSettings = ArchiveSettings()
    indicators: IndicatorsSettings = IndicatorsSettings()
    desk: DeskSettings = DeskSettings()
    authorities: AuthoritiesSettings = AuthoritiesSettings()
    metrics: MetricsSettings = MetricsSettings()
    mail: MailSettings = MailSettings()
    sms: SmsSettings = SmsSettings()
    alerts: AlertsSettings = AlertsSettings()

    @model_validator(mode="after")
    def _demo_only(self) -> Self:
        if self.clock_offset_file and not self.demo:
            raise ValueError("clock_offset_file: only the demonstration may move the clock")
        return self

    @property
    def key_file(self) -> Path:
        """The master key's file."""
        return self.security.key_file or self.state_folder / "master.key"

    @property
    def archive_folder(self) -> Path:
        """Where sealed segments and manifests lie."""
        return self.retention.archive_folder or self.state_folder / "archive"

    @property
    def spool_folder(self) -> Path:
        """Where RADIUS keeps accounting while the database is away."""
        return self.radius.spool.folder or self.state_folder / "radius-spool"

    @property
    def radius_metrics_port(self) -> int:
        """Where this RADIUS process shows its measures."""
        return self._radius_metrics_port(self.radius.worker)

    @property
    def radius_metrics_ports(self) -> tuple[int, ...]:
        """Where each RADIUS process shows its own."""
        return tuple(map(self._radius_metrics_port, range(self.radius.workers)))

    def _radius_metrics_port(self, worker: int) -> int:
        """Return a worker's port, ten above the one before; 0, any port, for all of them."""
        first = self.metrics.radius_port
        return first + WORKER_PORT_STEP * worker if first else first

    @property
    def key_register_folder(self) -> Path:
        """Where wrapped segment keys lie, apart from long-term backups."""
        return self.retention.key_register_folder or self.state_folder / "key-register"


def load_settings(file: Path | None = None) -> Settings:
    """Return the settings of `file` (or `socle.toml` here), the environment and secrets files.

    Raises:
        ConfigurationError: lists every setting that is wrong, with what is expected.
    """
    if file is not None and not file.exists():
        raise ConfigurationError([Fault("--settings", f"expected a readable file: {file}")])
    secrets_folder = os.environ.get(SECRETS_VARIABLE)
    _check_secrets(secrets_folder)
    try:
        return _loader(file or DEFAULT_FILE, secrets_folder)(**_given_by_parent())
    except ValidationError as error:
        raise ConfigurationError([_fault(e["loc"], e["msg"]) for e in error.errors()]) from error
    except ValueError as error:
        raise ConfigurationError([Fault(str(file or DEFAULT_FILE), str(error))]) from error


def _given_by_parent() -> dict[str, Any]:
    """Return what `socle serve` tells a component it starts: its own role's address, above all."""
    url = os.environ.get(COMPONENT_URL_VARIABLE)
    return {"database": DatabaseSettings(url=url)} if url else {}


def _check_secrets(folder: str | None) -> None:
    """Refuse a secrets file that no setting would read: it would be lost without a word."""
    if folder is None:
        return
    try:
        names = sorted(path.name for path in Path(folder).iterdir() if path.is_file())
    except OSError as error:
        expected = f"expected a readable folder: {error}"
        raise ConfigurationError([Fault(SECRETS_VARIABLE, expected)]) from error
    expected = "expected a name such as SOCLE_database__url"
    strangers = [name for name in names if not name.lower().startswith("socle_")]
    if strangers:
        raise ConfigurationError([Fault(f"{folder}/{name}", expected) for name in strangers])


def _loader(file: Path, secrets_folder: str | None) -> type[Settings]:
    """Return Settings that read secrets files, then the environment, then `file`."""

    class Loaded(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            toml = TomlConfigSettingsSource(settings_cls, file)
            if secrets_folder is None:
                return (init_settings, env_settings, toml)
            secrets = NestedSecretsSettingsSource(
                file_secret_settings,
                secrets_dir=secrets_folder,
                secrets_nested_delimiter="__",
            )
            return (init_settings, secrets, env_settings, toml)

    return Loaded


def _fault(location: tuple[int | str, ...], message: str) -> Fault:
    return Fault(".".join(str(part) for part in location) or "settings", message)
