"""FortiGate's dialect: a form goes back to the firewall with the number it gave the request.

The redirect begins with `login`, which has no value; `post` is the whole address of the form,
`magic` the firewall's number of this request. The browser posts `username`, `password` and `magic`.
`post` must be, character for character, what the site's own record makes of it: its host, port 1003
by https or 1000 by http (or the one port the record names), path `/fgtauth`. Nothing is signed.

FortiGate reads 125 characters of a form: these three fields stay below, and no other is sent, so
it cannot be told to lead the guest to a page of ours.

From documents: redirects recorded by others (capport and public portals), PacketFence's form,
Fortinet's own articles. Not confirmed on equipment: `Auth=Failed` after a refusal, and that
`/logout?` ends the session of whoever asks it.
"""

import re
from collections.abc import Mapping

from portal.gateways.own_address import ANYWHERE, in_url, own_host, own_port
from portal.gateways.query import parse_query
from portal.gateways.vocabulary import (
    Arrival,
    Departure,
    FormBack,
    HandBack,
    Refusal,
    Registration,
    Situation,
    device_of,
    required,
)
from territory.errors import ProtocolError
from territory.identifiers import MAX_SSID_OCTETS, MacAddress

CLEAR_PORT = 1000
TLS_PORT = 1003
PATH = "/fgtauth"

_MAGIC = re.compile(r"[0-9A-Fa-f]{8,40}")
"""16 digits in every recorded redirect; 40 keep the form within what FortiGate reads."""


def name_in(query: bytes) -> str:
    """Return the access point's MAC address, or its name behind a wired port; not yet believed.

    A wired port's `apmac` is all zeros, and its `apname` the firewall's serial number.
    """
    parameters = parse_query(query)
    try:
        radio = MacAddress.parse(parameters.get("apmac", ""))
    except ProtocolError:
        return required(parameters, "apname")
    return str(radio) if radio.is_device else required(parameters, "apname")


def returned_visit(query: bytes) -> str:  # noqa: ARG001 - every redirect tells all it needs
    """Return nothing: this dialect names the device in every redirect."""
    return ""


def read(query: bytes, registration: Registration) -> Arrival:
    """Return what a redirect tells; nothing of it is signed."""
    parameters = parse_query(query)
    port = _checked_port(required(parameters, "post"), registration)
    magic = required(parameters, "magic")
    if not _MAGIC.fullmatch(magic):
        raise ProtocolError("bad-magic")
    refused = _told_refused(parameters)
    return Arrival(
        situation=Situation.REFUSED if refused else Situation.CAPTIVE,
        device=device_of(required(parameters, "usermac")),
        carried={"magic": magic, "port": str(port)},
        refusal=Refusal.REJECTED if refused else None,
        ssid=parameters.get("ssid", "")[:MAX_SSID_OCTETS],
    )


def hand_back(registration: Registration, departure: Departure) -> FormBack:
    """Return the log-in form: three fields and no more."""
    fields = {
        "username": departure.credential.user_name,
        "password": departure.credential.password,
        "magic": required(departure.carried, "magic"),
    }
    return FormBack(_base(registration, departure.carried) + PATH, fields)


def log_off(registration: Registration, carried: Mapping[str, str]) -> HandBack:
    """Return the address that ends the session of whoever asks it; a page of the gateway's."""
    return HandBack(f"{_base(registration, carried)}/logout?")


def start(registration: Registration) -> HandBack:  # noqa: ARG001
    """Return an address that the network catches: the gateway's own is no log-in page of ours."""
    return ANYWHERE


def _ports(registration: Registration) -> tuple[int, ...]:
    """The ports of the firewall's forms, the usual one first."""
    recorded = own_port(registration)
    return (TLS_PORT, CLEAR_PORT) if recorded is None else (recorded,)


def _address(registration: Registration, port: int) -> str:
    scheme = "http" if port == CLEAR_PORT else "https"
    return f"{scheme}://{in_url(own_host(registration))}:{port}"


def _checked_port(post: str, registration: Registration) -> int:
    for port in _ports(registration):
        if post.lower() == _address(registration, port) + PATH:
            return port
    raise ProtocolError("foreign-address")


def _base(registration: Registration, carried: Mapping[str, str]) -> str:
    """The address the redirect came from, if the record still has it; else the record's own."""
    usual, *_ = ports = _ports(registration)
    told = [port for port in ports if str(port) == carried.get("port")]
    return _address(registration, told[0] if told else usual)


def _told_refused(parameters: Mapping[str, str]) -> bool:
    told = {name.lower(): value.lower() for name, value in parameters.items()}
    return told.get("auth") == "failed"
