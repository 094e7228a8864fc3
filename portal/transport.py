"""How phones reach the portal: https by our own files or by a trusted front, or plain in the demo.

Read once at start; every fault is listed with its setting, and the start is refused.
"""

import ssl
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509

from territory.errors import ConfigurationError, Fault
from territory.messages.checking import mail_faults, sms_faults
from territory.settings import Settings
from territory.settings.portal import PortalSettings
from territory.web.addresses import Network
from territory.web.server import server_tls


@dataclass(frozen=True, slots=True)
class Transport:
    """What the settings say of the way from a phone to us."""

    proxies: tuple[Network, ...]
    """Fronts whose X-Forwarded-* is believed."""
    tls: ssl.SSLContext | None
    """Set where the portal ends TLS itself."""
    https_only: bool
    """Whether plain http is sent on to https."""
    certificate_ends_at: datetime | None
    """Set where the portal ends TLS itself: the last instant of its own certificate, UTC."""


def read_transport(settings: Settings) -> Transport:
    """Return the transport the settings ask for.

    Raises:
        ConfigurationError: lists every setting that cannot be used.
    """
    faults: list[Fault] = []
    portal = settings.portal
    proxies = _proxies(portal, faults)
    is_https = _is_https(portal.public_url, faults)
    if not is_https and not settings.demo:
        expected = "expected https outside the demo"
        faults.append(Fault("portal.public_url", f"{expected}, found {portal.public_url}"))
    tls = _tls(portal, faults)
    _check_plain_url(portal, faults)
    if is_https and tls is None and not proxies and not faults:
        expected = "expected PEM files, or portal.trusted_proxies naming the front that ends TLS"
        faults.append(Fault("portal.tls_certificate", expected))
    # What mail and SMS lack is told by the same refused start.
    faults += (*mail_faults(settings.mail), *sms_faults(settings.sms))
    if faults:
        raise ConfigurationError(faults)
    file = portal.tls_certificate
    ends_at = certificate_end(file) if tls is not None and file is not None else None
    return Transport(proxies, tls, https_only=is_https, certificate_ends_at=ends_at)


def _proxies(portal: PortalSettings, faults: list[Fault]) -> tuple[Network, ...]:
    networks: list[Network] = []
    for number, text in enumerate(portal.trusted_proxies):
        try:
            networks.append(ip_network(text))
        except ValueError:
            key = f"portal.trusted_proxies[{number}]"
            faults.append(Fault(key, f"expected an address or a network, found {text}"))
    return tuple(networks)


def _is_https(public_url: str, faults: list[Fault]) -> bool:
    parts = urlsplit(public_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or public_url.endswith("/"):
        expected = "expected https://name[:port] without a final slash"
        faults.append(Fault("portal.public_url", f"{expected}, found {public_url}"))
    return parts.scheme == "https"


def _check_plain_url(portal: PortalSettings, faults: list[Fault]) -> None:
    """The page in clear has a name of its own: browsers keep the other one to https."""
    if portal.plain_url is None:
        return
    parts = urlsplit(portal.plain_url)
    well = parts.scheme == "http" and bool(parts.hostname) and not parts.path
    if not well or parts.hostname == urlsplit(portal.public_url).hostname:
        expected = "expected http://another-name[:port] than portal.public_url's"
        faults.append(Fault("portal.plain_url", f"{expected}, found {portal.plain_url}"))


def _tls(portal: PortalSettings, faults: list[Fault]) -> ssl.SSLContext | None:
    if portal.tls_certificate is None and portal.tls_key is None:
        return None
    if portal.tls_certificate is None or portal.tls_key is None:
        lacking = "tls_key" if portal.tls_key is None else "tls_certificate"
        faults.append(Fault(f"portal.{lacking}", "expected the other half of the pair as well"))
        return None
    try:
        return server_tls(str(portal.tls_certificate), str(portal.tls_key))
    except (OSError, ssl.SSLError) as fault:
        expected = f"expected a readable PEM chain and its key: {fault}"
        faults.append(Fault("portal.tls_certificate", expected))
        return None


def certificate_end(file: Path) -> datetime:
    """Return the last instant, UTC, of the first certificate of a PEM chain that TLS has taken."""
    return x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc
