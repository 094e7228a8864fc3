"""Meraki's click-through splash page: an address at Meraki opens the device's access, no more.

The access point sends the browser here with `base_grant_url`; whoever follows that address with a
`continue_url` is online for `duration` seconds. Nobody asks RADIUS, nothing is counted, and nothing
is signed for us: the right is bound to the device when it is written, the portal itself tells of
the session, and neither a volume nor an early end can be imposed. The browser is only sent to the
host of the site's own record, such as `n123.network-auth.com`, and to the page there that opens an
access, `/splash/grant` or `/splash/<network>/grant`.

From documents: developer.cisco.com, "Captive Portal API, click-through".
"""

from collections.abc import Mapping
from urllib.parse import quote

from portal.gateways.meraki import at_meraki, start
from portal.gateways.query import parse_query
from portal.gateways.vocabulary import (
    Arrival,
    Departure,
    HandBack,
    Registration,
    Situation,
    WayBack,
    device_of,
    required,
)

__all__ = ["hand_back", "log_off", "name_in", "read", "returned_visit", "start"]

_UNESCAPED = "-_.~"


def name_in(query: bytes) -> str:
    """Return the MAC address of the access point (`node_mac`); not yet believed."""
    return str(device_of(required(parse_query(query), "node_mac")))


def returned_visit(query: bytes) -> str:  # noqa: ARG001 - every redirect tells all it needs
    """Return nothing: who is let in sees our own page, and does not come through here."""
    return ""


def read(query: bytes, registration: Registration) -> Arrival:
    """Return what a redirect tells; nothing of it is signed for us."""
    parameters = parse_query(query)
    return Arrival(
        situation=Situation.CAPTIVE,
        device=device_of(required(parameters, "client_mac")),
        carried={"to": at_meraki(required(parameters, "base_grant_url"), registration, "grant")},
    )


def hand_back(registration: Registration, departure: Departure) -> HandBack:
    """Return the address that opens the access, for as long as the right lasts."""
    base = at_meraki(required(departure.carried, "to"), registration, "grant")
    page = quote(departure.page_of_ours, safe=_UNESCAPED)
    seconds = max(1, departure.allowance.seconds)
    separator = "&" if "?" in base else "?"
    return HandBack(f"{base}{separator}continue_url={page}&duration={seconds}")


def log_off(registration: Registration, carried: Mapping[str, str]) -> WayBack | None:  # noqa: ARG001
    """Return nothing: Meraki takes a click-through guest's access away by itself alone."""
    return None
