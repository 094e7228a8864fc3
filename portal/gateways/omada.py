"""TP-Link Omada, in two dialects; neither signs anything.

`radius`, an external web portal beside a RADIUS server: the browser posts the one-shot credential
to the controller's own portal, which asks RADIUS (by CHAP), then sends the browser to our page.
The form goes to `/portal/radius/browserauth`, which version 5.3.1 and later have; versions 4.1.5
to 5.1 know `/portal/radius/auth` alone, which takes JSON only and so no browser's form: for them,
the other dialect. `target`, `targetPort` and `scheme` are compared with the site's own record.

`controller`, an external portal server: our server asks the controller (`portal.controllers.omada`)
and the browser stays with us; the redirect says when it was made, and must be fresh.

From documents: TP-Link FAQ 2907, 2912, 3231, 13025 and 13080. An address of `clientIp` may be the
site's public one where the controller is elsewhere: it is given back, and never believed.
"""

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import ip_address

from portal.gateways.own_address import ANYWHERE, checked_url, in_url
from portal.gateways.query import parse_query
from portal.gateways.told_time import told_time
from portal.gateways.vocabulary import (
    Arrival,
    ControllerBack,
    Departure,
    FormBack,
    HandBack,
    Registration,
    Situation,
    device_of,
    radio_of,
    required,
    ssid_of,
)
from territory.errors import ProtocolError

RADIUS_PATH = "/portal/radius/browserauth"
EXTERNAL_RADIUS = "2"
"""authType."""
PORTS = {"https": 8843, "http": 8088}
"""Where a controller's own portal listens, unless the site's record says otherwise."""
MARKUP = frozenset('<>"')
_PLACE = ("apMac", "gatewayMac", "ssidName", "radioId", "vid", "clientIp")


def name_in(query: bytes) -> str:
    """Return the MAC address of the access point or gateway, `aa:bb:…`; not yet believed."""
    parameters = parse_query(query)
    named = parameters.get("apMac") or parameters.get("gatewayMac") or ""
    if not named:
        raise ProtocolError("missing-apMac")
    return str(device_of(named))


class ByRadius:
    """The controller asks RADIUS; the browser posts a form."""

    def name_in(self, query: bytes) -> str:
        """Return by which radio the site is known."""
        return name_in(query)

    def returned_visit(self, query: bytes) -> str:
        """Return nothing: the browser comes back to our own address."""
        return ""

    def read(self, query: bytes, registration: Registration) -> Arrival:
        """Return what a redirect tells, once its target is known for the site's own."""
        parameters = parse_query(query)
        url = _target(parameters)
        checked_url(url, registration, port=_port(url))
        place = _place(parameters, registration)
        return _arrival(parameters, {**place, "url": url})

    def hand_back(self, registration: Registration, departure: Departure) -> FormBack:
        """Return the form that has the controller ask RADIUS."""
        url = required(departure.carried, "url")
        checked_url(url, registration, port=_port(url))
        fields = {
            "clientMac": departure.carried.get("clientMac", ""),
            **{name: departure.carried.get(name, "") for name in _PLACE},
            "authType": EXTERNAL_RADIUS,
            "originUrl": departure.page_of_ours,
            "username": departure.credential.user_name,
            "password": departure.credential.password,
        }
        return FormBack(url, fields)

    def log_off(self, registration: Registration, carried: Mapping[str, str]) -> None:
        """Return nothing: neither browser nor RADIUS has a way; the session's time ends it."""

    def start(self, registration: Registration) -> HandBack:
        """Return a plain http address: the access point redirects it."""
        return ANYWHERE


class ByController:
    """Our server asks the controller."""

    def name_in(self, query: bytes) -> str:
        """Return by which radio the site is known."""
        return name_in(query)

    def returned_visit(self, query: bytes) -> str:
        """Return nothing: a browser that was let in is not sent back."""
        return ""

    def read(self, query: bytes, registration: Registration) -> Arrival:
        """Return what a redirect tells; `site` is the record's, whatever it says."""
        parameters = parse_query(query)
        arrival = _arrival(parameters, _place(parameters, registration))
        return replace(arrival, told_at=told_time(required(parameters, "t")))

    def hand_back(self, registration: Registration, departure: Departure) -> ControllerBack:
        """Return where the guest is, in the controller's own words."""
        return ControllerBack({name: departure.carried.get(name, "") for name in _PLACE})

    def log_off(self, registration: Registration, carried: Mapping[str, str]) -> None:
        """Return nothing: the base tells the controller."""

    def start(self, registration: Registration) -> HandBack:
        """Return a plain http address: the access point redirects it."""
        return ANYWHERE


BY_RADIUS = ByRadius()
BY_CONTROLLER = ByController()


def _arrival(parameters: Mapping[str, str], carried: Mapping[str, str]) -> Arrival:
    device = device_of(required(parameters, "clientMac"))
    return Arrival(
        situation=Situation.CAPTIVE,
        device=device,
        carried={**carried, "clientMac": device.rfc3580},
        ssid=carried.get("ssidName", ""),
    )


def _place(parameters: Mapping[str, str], registration: Registration) -> dict[str, str]:
    """Where the guest is, each part in a form that is known; without what is empty, or markup."""
    if parameters.get("apMac"):
        where = {"apMac": radio_of(parameters["apMac"], registration).rfc3580}
    else:
        where = {"gatewayMac": device_of(required(parameters, "gatewayMac")).rfc3580}
    told = {
        **where,
        "ssidName": ssid_of(parameters.get("ssidName", "")),
        "radioId": _number(parameters.get("radioId", ""), 1),
        "vid": _number(parameters.get("vid", ""), 4),
        "clientIp": _address(parameters.get("clientIp", "")),
    }
    return {name: value for name, value in told.items() if value and not MARKUP & set(value)}


def _target(parameters: Mapping[str, str]) -> str:
    """Return where the redirect wants the form to go; not yet believed."""
    scheme, host = required(parameters, "scheme"), required(parameters, "target")
    port = parameters.get("targetPort", "")
    if scheme not in PORTS or set(host) & set("/?#") or not f"{port}0".isdecimal():
        raise ProtocolError("foreign-address")
    return f"{scheme}://{in_url(host)}{':' if port else ''}{port}{RADIUS_PATH}"


def _port(url: str) -> int:
    return PORTS["https" if url.startswith("https:") else "http"]


def _number(text: str, digits: int) -> str:
    if text and not (text.isascii() and text.isdigit() and len(text) <= digits):
        raise ProtocolError("bad-number")
    return text


def _address(text: str) -> str:
    try:
        return str(ip_address(text)) if text else ""
    except ValueError as fault:
        raise ProtocolError("bad-address") from fault
