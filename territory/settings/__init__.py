"""Settings of the base, read once by the command and passed down.

A section each, by what it is about: messages.py (mail, SMS, alerts), portal.py, radius.py (with the
tunnel), evidence.py (retention, archive, desk, intake); small ones are here.

`socle.toml` first, then `SOCLE_SECTION__KEY` in the environment, then files of the folder named by
`SOCLE_SECRETS` (one file a setting). An unknown key is a fault; all faults are listed at once.
"""

import os
from ipaddress import IPv4Address, IPv4Network, IPv6Address
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from territory.errors import ConfigurationError, Fault
from territory.settings.evidence import (
    ArchiveSettings,
    AuthoritiesSettings,
    DeskSettings,
    RetentionSettings,
)
from territory.settings.messages import AlertsSettings, MailSettings, SmsSettings
from territory.settings.portal import OpenidProviderSettings, PortalSettings
from territory.settings.radius import RadiusSettings, TunnelSettings
from territory.settings.section import Section

DEFAULT_FILE = Path("socle.toml")
SECRETS_VARIABLE = "SOCLE_SECRETS"
WORKER_PORT_STEP = 10
WORKER_VARIABLE = "SOCLE_RADIUS__WORKER"
WORKERS_VARIABLE = "SOCLE_RADIUS__WORKERS"
COMPONENT_URL_VARIABLE = "SOCLE_COMPONENT_DATABASE"
"""How `socle serve` hands a component its own role's address, whatever else names the owner's."""


_Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")]


class DatabaseSettings(Section):
    """Where PostgreSQL is; without an address, an embedded one in the state folder."""

    url: str | None = None
    """`postgresql://user:password@host:5432/name`, or None for the embedded server."""


class SecuritySettings(Section):
    """The master key."""

    key_file: Path | None = None
    """File with the master key; `master.key` in the state folder when absent."""
    master_key: SecretStr | None = None
    """The master key itself, 32 octets in base64, for the environment or a secrets file; no file
    is read or made then."""


class SupervisionSettings(Section):
    """The poller."""

    interval_seconds: float = Field(default=60.0, gt=0)
    landmarks: tuple[IPv4Address | IPv6Address, ...] = ()
    """Pinged where the fleet is silent, to tell our own network's failure; none: the gateway."""
    log_in_every_minutes: float = Field(default=0.0, ge=0)
    """How often a synthetic guest logs in at each site, through portal and RADIUS; 0: never."""
    probe_network: IPv4Network = IPv4Network("127.127.0.0/16")
    """Addresses of this machine that synthetic guests come from, one for each NAS; a RADIUS server
    on another machine must see them unchanged."""


class IndicatorsSettings(Section):
    """What elected officials read."""

    kept_years: int = Field(default=5, ge=1, le=20)
    """How long daily counts of each site are kept; no person is in them."""
    least: int = Field(default=11, ge=10)
    """The smallest count of visits or sessions that is shown or printed."""


class MetricsSettings(Section):
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
