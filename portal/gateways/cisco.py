"""Cisco's local web authentication (LWA): the guest's browser posts the log-in to the controller.

AireOS and Catalyst 9800 alike send the browser to the portal with `switch_url`, the log-in page at
the controller's virtual address, which every controller of a site shares. Nothing is signed: what
comes back is only ever posted to `/login.html` at the virtual address of the site's own record, in
http or https as the controller itself asks. After a failure the browser comes again with a
`statusCode`. There is no way out for browsers here: the base disconnects by RADIUS.

From documents: Cisco, "Web Authentication on WLAN Controller" (115951); PacketFence's Cisco/WLC.pm.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from portal.gateways.own_address import checked_host, checked_url
from portal.gateways.query import parse_query
from portal.gateways.vocabulary import (
    Arrival,
    Departure,
    FormBack,
    HandBack,
    Refusal,
    Registration,
    Situation,
    WayBack,
    device_of,
    required,
)
from territory.errors import ProtocolError
from territory.identifiers import MAX_SSID_OCTETS

LOGIN_PATH: Final = "/login.html"
STATUSES: Final[Mapping[str, tuple[Situation, Refusal | None]]] = MappingProxyType(
    {
        "1": (Situation.ALREADY, None),
        "2": (Situation.REFUSED, Refusal.NOT_SET_UP),
        "3": (Situation.REFUSED, Refusal.IN_USE),
        "4": (Situation.REFUSED, Refusal.SHUT_OUT),
        "5": (Situation.REFUSED, Refusal.REJECTED),
    }
)
"""`statusCode`: already logged in, not configured for this portal, name not usable now, excluded,
wrong name or password."""
_CAPTIVE: Final = (Situation.CAPTIVE, None)
_UNKNOWN: Final = (Situation.REFUSED, Refusal.OTHER)


def name_in(query: bytes) -> str:
    """Return the MAC address of the access point (`ap_mac`); not yet believed."""
    return str(device_of(required(parse_query(query), "ap_mac")))


def returned_visit(query: bytes) -> str:  # noqa: ARG001 - every redirect tells all it needs
    """Return nothing: a success leads to our own page, and not through here."""
    return ""


def read(query: bytes, registration: Registration) -> Arrival:
    """Return what a redirect tells; nothing of it is signed."""
    parameters = parse_query(query)
    status = parameters.get("statusCode", "")
    situation, refusal = STATUSES.get(status, _UNKNOWN) if status else _CAPTIVE
    return Arrival(
        situation=situation,
        device=device_of(required(parameters, "client_mac")),
        carried={"scheme": _own_scheme(required(parameters, "switch_url"), registration)},
        refusal=refusal,
        ssid=parameters.get("wlan", "")[:MAX_SSID_OCTETS],
    )


def hand_back(registration: Registration, departure: Departure) -> FormBack:
    """Return the form of the controller's own log-in page; a success leads to our page."""
    scheme = required(departure.carried, "scheme")
    if scheme not in ("http", "https"):
        raise ProtocolError("foreign-address")
    return FormBack(
        f"{scheme}://{registration.login_address}{LOGIN_PATH}",
        {
            "username": departure.credential.user_name,
            "password": departure.credential.password,
            "redirect_url": departure.page_of_ours,
            "err_flag": "0",
            "buttonClicked": "4",
        },
    )


def log_off(registration: Registration, carried: Mapping[str, str]) -> WayBack | None:  # noqa: ARG001
    """Return nothing: the base disconnects."""
    return None


def start(registration: Registration) -> HandBack:
    """Return the virtual address in plain http, which sends a captive browser to us."""
    return HandBack(f"http://{registration.login_address}{LOGIN_PATH}")


def _own_scheme(switch_url: str, registration: Registration) -> str:
    """Return http or https of a `switch_url` that is the site's own log-in page."""
    parts = urlsplit(checked_url(switch_url, registration))
    checked_host(parts.hostname or "", registration)  # an access point is no controller
    if parts.path != LOGIN_PATH:
        raise ProtocolError("foreign-address")
    return parts.scheme
