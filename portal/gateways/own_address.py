"""The site's own log-in address, and whether a host that a redirect names is the site's.

Most brands name in the redirect where the log-in form is to go, and anybody can write such an
address: a guest's credential would follow it. So a told host is only ever compared; what is used
afterwards is the site's own record, and nothing else (DESIGN.md, decision 8).
"""

from ipaddress import IPv6Address
from urllib.parse import SplitResult, urlsplit

from portal.gateways.vocabulary import HandBack, Registration
from territory.errors import ProtocolError

_LONGEST = 1024
"""Characters: it travels in the signed visit."""
_PORTS = {"http": 80, "https": 443}

ANYWHERE = HandBack("http://198.51.100.1/")
"""A plain http address that is nobody's (RFC 5737 §3): a captive network catches it and redirects,
without a name to resolve. For gateways whose own address answers with something else."""


def own_host(registration: Registration) -> str:
    """Return the host guests log in at, lower case, without its port; an IPv6 address bare."""
    return _host(_own(registration).hostname or "")


def own_port(registration: Registration) -> int | None:
    """Return the port guests log in at, or None where the record leaves it to the dialect."""
    return _own(registration).port


def _own(registration: Registration) -> SplitResult:
    return urlsplit(f"//{registration.login_address}")


def _host(text: str) -> str:
    """Return a host as it is compared: an IPv6 address in its one short form (RFC 5952)."""
    try:
        return str(IPv6Address(text.removeprefix("[").removesuffix("]")))
    except ValueError:
        return text.lower()


def in_url(host: str) -> str:
    """Return a host as an address writes it: an IPv6 address in brackets (RFC 3986 §3.2.2)."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def checked_host(told: str, registration: Registration, *, or_access_point: bool = False) -> str:
    """Return a told host, which is the site's own: its log-in host, or one of its access points.

    Raises:
        ProtocolError: `foreign-address`.
    """
    host = _host(told)
    others = registration.access_points if or_access_point else frozenset()
    if host != own_host(registration) and host not in others:
        raise ProtocolError("foreign-address")
    return host


def checked_url(told: str, registration: Registration, *, port: int | None = None) -> str:
    """Return a told log-in address whose host and port are the site's own, or a point of its own.

    Args:
        told: absolute, http or https.
        registration: the gateway's record.
        port: what the dialect listens on where the record names none; None: its scheme's.

    Raises:
        ProtocolError: `foreign-address`: another host or port, or no such address.
    """
    plain = len(told) <= _LONGEST and told.isascii() and told.isprintable()
    if not plain or set(told) & set(" <>\"'\\"):
        raise ProtocolError("foreign-address")
    try:
        parts = urlsplit(told)
        told_port = parts.port
    except ValueError as fault:
        raise ProtocolError("foreign-address") from fault
    if parts.scheme not in _PORTS or parts.username is not None:
        raise ProtocolError("foreign-address")
    usual = _PORTS[parts.scheme]
    wanted = own_port(registration) or port or usual
    if (usual if told_port is None else told_port) != wanted:
        raise ProtocolError("foreign-address")
    checked_host(parts.hostname or "", registration, or_access_point=True)
    return told
