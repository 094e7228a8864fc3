"""Ruckus SmartZone and Ruckus One: our server logs the guest in at the northbound interface.

The redirect names the device as `client_mac`, encrypted (`ENC…`) unless `no encrypt-mac-ip` was
typed on the controller; the controller opens it for us, and wants to hear it again as it was
written. Nothing is signed. `nbiIP` and `sip` are never where anything is sent: the address of the
interface is the record's. RADIUS is asked by the controller or the access point.

From documents: PacketFence `Ruckus/SmartZone.pm`, Ruckus "Hotspot WISPr Reference Guide"
SmartZone 3.4 to 3.6, RUCKUS One WISPr API guide.
"""

import re
from collections.abc import Mapping

from portal.gateways.own_address import ANYWHERE
from portal.gateways.query import parse_query
from portal.gateways.vocabulary import (
    Arrival,
    ControllerBack,
    Departure,
    HandBack,
    Registration,
    SealedDevice,
    Situation,
    device_of,
    radio_of,
    required,
    ssid_of,
)
from territory.errors import ProtocolError
from territory.identifiers import MacAddress

SEALED = "ENC"
NOBODY = MacAddress(bytes(6))
_WORD = re.compile(r"[0-9A-Za-z:.\-]{1,128}")
_CARRIED = ("client_mac", "uip", "proxy")


def name_in(query: bytes) -> str:
    """Return the access point's MAC address, `aa:bb:cc:dd:ee:ff`; not yet believed."""
    return str(device_of(required(parse_query(query), "mac")))


def returned_visit(query: bytes) -> str:  # noqa: ARG001
    """Return nothing: a browser that was let in is not sent back."""
    return ""


def read(query: bytes, registration: Registration) -> Arrival:
    """Return what a redirect tells; nothing of it is signed.

    Raises:
        SealedDevice: it names the device encrypted.
    """
    parameters = parse_query(query)
    radio_of(required(parameters, "mac"), registration)
    told = required(parameters, "client_mac")
    is_sealed = told.startswith(SEALED)
    arrival = Arrival(
        situation=Situation.CAPTIVE,
        device=NOBODY if is_sealed else device_of(told),
        carried={name: _word(parameters.get(name, "")) for name in _CARRIED},
        ssid=ssid_of(parameters.get("ssid") or parameters.get("wlanName") or ""),
    )
    if is_sealed:
        raise SealedDevice(told, arrival)
    return arrival


def hand_back(registration: Registration, departure: Departure) -> ControllerBack:  # noqa: ARG001
    """Return the device and its address as the controller wrote them."""
    return ControllerBack({name: departure.carried.get(name, "") for name in _CARRIED})


def log_off(registration: Registration, carried: Mapping[str, str]) -> None:
    """Return nothing: the base ends the session through RADIUS."""


def start(registration: Registration) -> HandBack:  # noqa: ARG001
    """Return a plain http address: the access point redirects it."""
    return ANYWHERE


def _word(text: str) -> str:
    if text and not _WORD.fullmatch(text):
        raise ProtocolError("bad-word")
    return text
