"""Settings of the base, read once by the command and passed down.

`socle.toml` first, then `SOCLE_SECTION__KEY` in the environment, then files of the folder named by
`SOCLE_SECRETS` (one file a setting). An unknown key is a fault; all faults are listed at once.
"""

import os
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from territory.errors import ConfigurationError, Fault
from territory.messages.settings import MailSettings, SmsSettings

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


class RetentionSettings(_Section):
    """The archive."""

    archive_folder: Path | None = None
    """Sealed segments and manifests; `archive` in the state folder when absent."""
    key_register_folder: Path | None = None
    """Wrapped segment keys, kept apart from backups; `key-register` in the state folder."""
    interval_seconds: float = Field(default=3600.0, gt=0)


class DeskSettings(_Section):
    """The requisition desk, for an administration network only."""

    host: str = "127.0.0.1"
    port: int = Field(default=8444, ge=0, le=65535)
    public_url: str = "http://127.0.0.1:8444"


class MetricsSettings(_Section):
    """Each component's /metrics and /healthz."""

    host: str = "127.0.0.1"
    portal_port: int = Field(default=9401, ge=0, le=65535)
    radius_port: int = Field(default=9402, ge=0, le=65535)
    supervision_port: int = Field(default=9403, ge=0, le=65535)
    retention_port: int = Field(default=9404, ge=0, le=65535)


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
    desk: DeskSettings = DeskSettings()
    metrics: MetricsSettings = MetricsSettings()
    mail: MailSettings = MailSettings()
    sms: SmsSettings = SmsSettings()

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
