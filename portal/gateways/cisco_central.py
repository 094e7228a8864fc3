"""Cisco's central web authentication (CWA): RADIUS sends the device here, and lets it in by CoA.

The controller presents each device to RADIUS by its MAC address; one that may not go online is
accepted behind a redirect to an address that RADIUS has made and signed
(`territory.rules.central_login`). So the redirect can be believed, all but what the controller adds
to it: `redirect` or `redirect_url`, after an `&`, or after a second `?` on some versions. There is
no credential to show: the admission is bound when it is written, RADIUS asks the controller to
present the device again, and its second answer lets it in. RADIUS disconnects, too.

From documents: Cisco, "Catalyst 9800 Central Web Authentication" (213920); PacketFence's WLC.pm.
"""

from collections.abc import Mapping
from uuid import UUID

from portal.gateways.query import parse_query
from portal.gateways.vocabulary import (
    Arrival,
    CoaBack,
    Departure,
    HandBack,
    Registration,
    Situation,
    WayBack,
    device_of,
    required,
)
from territory.errors import ProtocolError
from territory.rules.central_login import PARAMETER, read_presented


def name_in(query: bytes) -> str:
    """Refuse: the gateway's code stands in the address' path, which RADIUS wrote."""
    parse_query(query)
    raise ProtocolError("missing-gateway")


def returned_visit(query: bytes) -> str:  # noqa: ARG001 - every redirect tells all it needs
    """Return nothing: a guest who is let in sees our own page, and does not come through here."""
    return ""


def read(query: bytes, registration: Registration) -> Arrival:
    """Return what RADIUS has signed; what the controller added is not looked at."""
    told, _, _ = required(parse_query(query), PARAMETER).partition("?")
    if registration.secret is None:
        raise ProtocolError("no-secret")
    presented = read_presented(told, registration.code, registration.secret)
    return Arrival(
        situation=Situation.CAPTIVE,
        device=device_of(str(presented.device)),
        carried={"nas": presented.nas_id.hex, "session": presented.session},
        is_signed=True,
        ssid=presented.ssid,
        ends_at=presented.expires_at,
    )


def hand_back(registration: Registration, departure: Departure) -> CoaBack:  # noqa: ARG001
    """Return whom RADIUS is to have presented again."""
    try:
        nas_id = UUID(required(departure.carried, "nas"))
    except ValueError as fault:
        raise ProtocolError("bad-nas") from fault
    return CoaBack(nas_id, departure.carried.get("session", ""))


def log_off(registration: Registration, carried: Mapping[str, str]) -> WayBack | None:  # noqa: ARG001
    """Return nothing: the base disconnects."""
    return None


def start(registration: Registration) -> HandBack:
    """Return the controller's virtual address in plain http, which its redirect ACL catches."""
    return HandBack(f"http://{registration.login_address}/")
