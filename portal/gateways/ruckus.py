"""Ruckus ZoneDirector's and Unleashed's dialect (Hotspot, WISPr): the gateway takes a form.

The redirect names the gateway in `sip`, the access point in `mac`, the guest's device in
`client_mac` (12 digits) and its address in `uip`; the browser posts `username`, `password` and `ip`
to port 9997 of the gateway (http), or 9998 (https, where the record says so). `sip` is only
believed where it is the site's own log-in host or one of its access points, since on Unleashed any
access point may become the master. Nothing is signed. The query writes a space as `+`.

After a log-in the gateway leads the browser to its own "start page", or to what the guest first
asked for: not to a page of ours, since no parameter names one.

From documents: a recorded redirect of Unleashed, PacketFence's form, ZoneDirector's application
note for 9998, `/logout` and passwords of at most 31 characters (ours have 26). Not confirmed on
equipment: the log-out address, and `auth=failed` after a refusal; without it a refused guest simply
sees the first page again.
"""

from collections.abc import Mapping
from ipaddress import ip_address

from portal.gateways.own_address import ANYWHERE, checked_host, in_url, own_host, own_port
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
from territory.identifiers import MAX_SSID_OCTETS

CLEAR_PORT = 9997
TLS_PORT = 9998


def name_in(query: bytes) -> str:
    """Return the access point's MAC address; not yet believed."""
    return str(device_of(required(_parse(query), "mac")))


def returned_visit(query: bytes) -> str:  # noqa: ARG001 - every redirect tells all it needs
    """Return nothing: this dialect names the device in every redirect."""
    return ""


def read(query: bytes, registration: Registration) -> Arrival:
    """Return what a redirect tells; nothing of it is signed."""
    parameters = _parse(query)
    host = checked_host(required(parameters, "sip"), registration, or_access_point=True)
    device = device_of(required(parameters, "client_mac"))
    refused = parameters.get("auth", "").lower() == "failed"
    return Arrival(
        situation=Situation.REFUSED if refused else Situation.CAPTIVE,
        device=device,
        carried=_carried(parameters, host),
        refusal=Refusal.REJECTED if refused else None,
        ssid=parameters.get("ssid", "")[:MAX_SSID_OCTETS],
    )


def hand_back(registration: Registration, departure: Departure) -> FormBack:
    """Return the log-in form, to the host that sent the guest if it is still the site's own."""
    fields = {
        "username": departure.credential.user_name,
        "password": departure.credential.password,
    }
    if address := departure.carried.get("ip"):
        fields["ip"] = address
    return FormBack(f"{_base(registration, departure.carried)}/login", fields)


def log_off(registration: Registration, carried: Mapping[str, str]) -> HandBack:
    """Return the address that ends the session of whoever asks it; a page of the gateway's."""
    return HandBack(f"{_base(registration, carried)}/logout")


def start(registration: Registration) -> HandBack:  # noqa: ARG001
    """Return an address that the network catches: the gateway's own answers administrators."""
    return ANYWHERE


def _base(registration: Registration, carried: Mapping[str, str]) -> str:
    told = carried.get("sip") or own_host(registration)
    host = checked_host(told, registration, or_access_point=True)
    port = own_port(registration) or CLEAR_PORT
    return f"{'https' if port == TLS_PORT else 'http'}://{in_url(host)}:{port}"


def _parse(query: bytes) -> Mapping[str, str]:
    return parse_query(query.replace(b"+", b"%20"))


def _carried(parameters: Mapping[str, str], host: str) -> dict[str, str]:
    carried = {"sip": host}
    if address := parameters.get("uip"):
        try:
            carried["ip"] = str(ip_address(address))
        except ValueError as fault:
            raise ProtocolError("bad-address") from fault
    return carried
