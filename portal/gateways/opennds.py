"""openNDS with a forwarding authentication service at level 1: the browser is handed back.

The gateway redirects with `fas`, a list in base64 that nothing signs. What it says is therefore
only used to answer the same gateway: `rhid`, the SHA-256 of the client's hash and the shared
faskey, opens that client's access and no other's, and only at the address of the site's record.
openNDS asks no RADIUS server: the admission is bound to the device when it is written, so devices
that do not exist could be written too; the portal counts such rights closely (`portal.throttle`).

Read from openNDS 9.10 (Debian) and the documents of 10; both are met: the list may hold
`cpi_query`, a gateway's name may end in a space or in ` Node:` and a serial number.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import quote, unquote, urlsplit

from portal.gateways.query import CONTROL, parse_query
from portal.gateways.vocabulary import (
    LONGEST_QUERY_OCTETS,
    Arrival,
    Departure,
    HandBack,
    Registration,
    Situation,
    device_of,
    required,
)
from territory.errors import ProtocolError

SEPARATOR = ", "
ABSENT = "(null)"
"""What the gateway prints for a value it does not have."""
RETURN_PARAMETER = "visit"
"""The parameter of our return address that holds the signed visit."""

_HASH = re.compile(r"[0-9a-f]{64}")
_SERIAL = re.compile(r"\s+Node:[0-9A-Fa-f]*$")
_UNESCAPED = "-_.~"


def name_in(query: bytes) -> str:
    """Return the gateway's name, without the serial number openNDS may append; not yet believed."""
    name = unquote(required(_listed(parse_query(query)), "gatewayname")).strip()
    return _SERIAL.sub("", name)


def returned_visit(query: bytes) -> str:
    """Return the visit of a device that is online: the gateway repeats our own return address."""
    parameters = parse_query(query)
    if "fas" in parameters or parameters.get("status") != "authenticated":
        return ""
    return _visit_in(parameters.get("redir", ""))


def read(query: bytes, registration: Registration) -> Arrival:
    """Return what a redirect tells; nothing of it is signed, see the module's text."""
    listed = _listed(parse_query(query))
    if required(listed, "gatewayaddress") != registration.login_address:
        raise ProtocolError("foreign-address")
    hid = required(listed, "hid")
    if not _HASH.fullmatch(hid):
        raise ProtocolError("bad-hid")
    return Arrival(
        situation=Situation.CAPTIVE,
        device=device_of(required(listed, "clientmac")),
        carried={"hid": hid},
    )


def hand_back(registration: Registration, departure: Departure) -> HandBack:
    """Return the address that opens this client's access, then sends it to our own page."""
    if registration.secret is None:
        raise ProtocolError("no-secret")
    token = return_hash(required(departure.carried, "hid"), registration.secret)
    custom = base64.b64encode(b"na").decode()
    query = f"tok={token}&redir={quote(departure.page_of_ours, safe=_UNESCAPED)}&custom={custom}"
    return HandBack(f"http://{registration.login_address}/opennds_auth/?{query}")


def log_off(registration: Registration, carried: Mapping[str, str]) -> HandBack:  # noqa: ARG001
    """Return the address that closes the access of whoever asks it."""
    return HandBack(f"http://{registration.login_address}/opennds_deny/")


def start(registration: Registration) -> HandBack:
    """Return `/login`, which redirects a captive device to us (RFC 8910 clients use it too)."""
    return HandBack(f"http://{registration.login_address}/login")


def return_hash(hid: str, faskey: str) -> str:
    """Return `rhid`: hex SHA-256 of the client's hash and the faskey, joined as text."""
    return sha256((hid.strip() + faskey.strip()).encode()).hexdigest()


def _visit_in(address: str) -> str:
    try:
        query = urlsplit(address).query
    except ValueError as fault:
        raise ProtocolError("bad-encoding") from fault
    return required(parse_query(query.encode()), RETURN_PARAMETER)


def _listed(parameters: Mapping[str, str]) -> dict[str, str]:
    """The pairs of the decoded list; the first of a name counts."""
    text = _decode(required(parameters, "fas"))
    listed: dict[str, str] = {}
    for pair in text.split(SEPARATOR):
        name, found, value = pair.partition("=")
        if found and value != ABSENT:
            listed.setdefault(name.strip(), value.strip())
    return listed


def _decode(encoded: str) -> str:
    if len(encoded) > LONGEST_QUERY_OCTETS:
        raise ProtocolError("oversized")
    try:
        octets = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
        text = octets.decode()
    except (binascii.Error, ValueError) as fault:
        raise ProtocolError("bad-encoding") from fault
    if CONTROL.search(text):
        raise ProtocolError("control-character")
    return text
