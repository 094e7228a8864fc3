"""Settings of the portal, and of the identity providers it may ask."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr

from territory.settings.section import Section

_HostName = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$")]


class PortalSettings(Section):
    """The guests' pages and the console."""

    host: str = "0.0.0.0"  # noqa: S104 - guests come from every site
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: str = "http://127.0.0.1:8080"
    """How phones reach the portal, without a final slash; https outside the demo."""
    tls_certificate: Path | None = None
    """PEM chain when the portal ends TLS itself."""
    tls_key: Path | None = None
    """PEM private key of `tls_certificate`."""
    trusted_proxies: list[str] = Field(default=[])
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


class OpenidProviderSettings(Section):
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
    keeps: list[str] = Field(default=[])
    """Claims kept as civil identity, five years after the account ends; none by default."""
    hosts: list[_HostName] = Field(default=[])
    """More names that a phone must reach before log-in, each with those below it."""
    decryption_key: Path | None = None
    """PEM RSA private key for user info that the provider encrypts to us."""
