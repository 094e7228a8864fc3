"""Meraki's sign-on splash page: the guest's browser posts the log-in to Meraki's cloud.

The access point sends the browser here with `login_url`, an address at Meraki that names the visit
(`mauth`); Meraki's cloud then asks RADIUS, by RadSec. Nothing is signed for us: the log-in is only
posted to the host of the site's own record, such as `n123.network-auth.com`, in https, and to its
log-in page there, `/splash/login` or `/splash/<network>/login`. After a refusal the browser comes
again with `error_message`, where Meraki repeats Reply-Message. Guests log off through the base,
which disconnects by RADIUS: Meraki takes a Disconnect-Request, and no CoA.

That host is not the site's alone: Meraki serves many customers under it (`n123`), or all of a
region (`eu`). A redirect that somebody wrote to lead to their own network there cannot be told
from ours by its host; what they would win is a credential that lives for minutes, and opens one
device, here.

From documents: developer.cisco.com, "Captive Portal API, sign-on"; that `error_message` is the
name after a refusal is not confirmed.
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from portal.gateways.own_address import ANYWHERE, checked_host, checked_url
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

LONGEST_REPLY: Final = 253
"""Characters of a Reply-Message (RFC 2865 §5.18)."""


def name_in(query: bytes) -> str:
    """Return the MAC address of the access point (`ap_mac`); not yet believed."""
    return str(device_of(required(parse_query(query), "ap_mac")))


def returned_visit(query: bytes) -> str:  # noqa: ARG001 - every redirect tells all it needs
    """Return nothing: a success leads to our own page, and not through here."""
    return ""


def read(query: bytes, registration: Registration) -> Arrival:
    """Return what a redirect tells; nothing of it is signed for us."""
    parameters = parse_query(query)
    error = parameters.get("error_message", "")
    return Arrival(
        situation=Situation.REFUSED if error else Situation.CAPTIVE,
        device=device_of(required(parameters, "client_mac")),
        carried={"to": _in_tls(required(parameters, "login_url"), registration)},
        refusal=Refusal.REJECTED if error else None,
        reply=error[:LONGEST_REPLY],
    )


def hand_back(registration: Registration, departure: Departure) -> FormBack:
    """Return the form that Meraki expects; a success leads to our page."""
    return FormBack(
        _in_tls(required(departure.carried, "to"), registration),
        {
            "username": departure.credential.user_name,
            "password": departure.credential.password,
            "success_url": departure.page_of_ours,
        },
    )


def log_off(registration: Registration, carried: Mapping[str, str]) -> WayBack | None:  # noqa: ARG001
    """Return nothing: the base disconnects."""
    return None


def start(registration: Registration) -> HandBack:  # noqa: ARG001 - Meraki's cloud is no gateway
    """Return an address that is nobody's: the access point sends a captive browser to us."""
    return ANYWHERE


def at_meraki(address: str, registration: Registration, page: str) -> str:
    """Return an address that is this page of a splash page, at the site's own host at Meraki.

    Args:
        address: absolute, http or https.
        registration: the gateway's record.
        page: `login` or `grant`, what the address' path ends in.

    Raises:
        ProtocolError: `foreign-address`.
    """
    parts = urlsplit(checked_url(address, registration))
    checked_host(parts.hostname or "", registration)  # an access point is not Meraki's cloud
    found = _PAGE.fullmatch(parts.path)
    if found is None or found[1] != page:
        raise ProtocolError("foreign-address")
    return address


_PAGE = re.compile(r"/splash(?:/(?!\.+/)[0-9A-Za-z._~-]{1,64}){0,2}/([a-z]+)/?")
"""The network may be named between; nothing in it leads up."""


def _in_tls(address: str, registration: Registration) -> str:
    """Return the log-in's address, in https: a credential goes there."""
    if not address.startswith("https://"):
        raise ProtocolError("foreign-address")
    return at_meraki(address, registration, "login")
