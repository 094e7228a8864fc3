"""UniFi's external portal: the controller is asked, and the browser stays with us.

    /guest/s/<the controller's site>/?ap=…&id=…&t=…&url=…&ssid=…

Nothing of it is signed: anybody can write another's address into `id`. So the redirect must be
fresh, come from an access point of the site, and the controller must see the device there before
it lets it in (`portal.controllers.unifi`); nothing in it leads anywhere. No RADIUS server is asked.
From documents: PacketFence `Ubiquiti/Unifi.pm`, help.ui.com 31228198640023.
"""

from collections.abc import Mapping

from portal.gateways.own_address import ANYWHERE
from portal.gateways.query import parse_query
from portal.gateways.told_time import told_time
from portal.gateways.vocabulary import (
    Arrival,
    ControllerBack,
    Departure,
    HandBack,
    Registration,
    Situation,
    device_of,
    radio_of,
    required,
    ssid_of,
)


def name_in(query: bytes) -> str:
    """Return the access point's MAC address, `aa:bb:cc:dd:ee:ff`; not yet believed."""
    return str(device_of(required(parse_query(query), "ap")))


def returned_visit(query: bytes) -> str:  # noqa: ARG001
    """Return nothing: a browser that was let in is not sent back."""
    return ""


def read(query: bytes, registration: Registration) -> Arrival:
    """Return what a redirect tells; nothing of it is signed, see the module's text."""
    parameters = parse_query(query)
    return Arrival(
        situation=Situation.CAPTIVE,
        device=device_of(required(parameters, "id")),
        carried={"ap": str(radio_of(required(parameters, "ap"), registration))},
        ssid=ssid_of(parameters.get("ssid", "")),
        told_at=told_time(required(parameters, "t")),
    )


def hand_back(registration: Registration, departure: Departure) -> ControllerBack:
    """Return what the controller must know: where the device was, and where else it may be."""
    radios = " ".join(sorted(registration.radios))
    return ControllerBack({"ap": departure.carried.get("ap", ""), "radios": radios})


def log_off(registration: Registration, carried: Mapping[str, str]) -> None:
    """Return nothing: the base tells the controller."""


def start(registration: Registration) -> HandBack:  # noqa: ARG001
    """Return a plain http address: the access point redirects it."""
    return ANYWHERE
