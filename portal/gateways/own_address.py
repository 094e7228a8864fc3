"""The site's own log-in address, and whether a host that a redirect names is the site's.

Most brands name in the redirect where the log-in form is to go, and anybody can write such an
address: a guest's credential would follow it. So a told host is only ever compared; what is used
afterwards is the site's own record, and nothing else (DESIGN.md, decision 8).
"""

from portal.gateways.vocabulary import HandBack, Registration
from territory.errors import ProtocolError

ANYWHERE = HandBack("http://198.51.100.1/")
"""A plain http address that is nobody's (RFC 5737 §3): a captive network catches it and redirects,
without a name to resolve. For gateways whose own address answers with something else."""


def own_host(registration: Registration) -> str:
    """Return the host guests log in at, lower case, without its port."""
    return registration.login_address.partition(":")[0]


def own_port(registration: Registration) -> int | None:
    """Return the port guests log in at, or None where the record leaves it to the dialect."""
    _, colon, port = registration.login_address.partition(":")
    return int(port) if colon else None


def checked_host(told: str, registration: Registration, *, or_access_point: bool = False) -> str:
    """Return a told host, which is the site's own: its log-in host, or one of its access points.

    Raises:
        ProtocolError: `foreign-address`.
    """
    host = told.lower()
    others = registration.access_points if or_access_point else frozenset()
    if host != own_host(registration) and host not in others:
        raise ProtocolError("foreign-address")
    return host
