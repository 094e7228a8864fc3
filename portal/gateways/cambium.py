"""Cambium's dialect: the access point takes a form, at an address that repeats its own query.

The redirect holds `ga_Qv`, a sealed text that only the access point reads; a character escaped
once more breaks it ("truncated query strings"). So the whole query is carried as it was received
and written behind the form's address, octet for octet; the credential alone stands in the form
(`ga_user`, `ga_pass`). A query that no browser could have sent is refused.

`ga_srvr` names where the form goes: the access point, or cnMaestro where it passes the form on.
It is only taken if it is the site's own address or one of its access points', never another. The
form goes to port 880, or by https to 444 where the record names that port.

From documents and public portals; no equipment of ours has confirmed it. Nothing signs the
redirect, no parameter tells of a refusal, and no address is known by which a guest logs off: the
base closes a session by RADIUS, under its User-Name.
"""

import re
from collections.abc import Mapping

from portal.gateways.own_address import ANYWHERE, checked_host, in_url, own_port
from portal.gateways.query import parse_query
from portal.gateways.vocabulary import (
    Arrival,
    Departure,
    FormBack,
    HandBack,
    Registration,
    Situation,
    device_of,
    required,
)
from territory.errors import ProtocolError
from territory.identifiers import MAX_SSID_OCTETS, MacAddress

LONGEST_QUERY = 1536
"""Octets: it travels in the signed visit."""
SCHEMES = {880: "http", 444: "https"}
"""By port of the record; any other is spoken to in clear."""
CLEAR_PORT = 880

_AS_BROWSERS_SEND = re.compile(rb"[!$-&(-;=?-Z\[\]_a-z~\\^`{|}]*")
"""Printable ASCII but for space, quotes, `#`, `<` and `>`."""


def name_in(query: bytes) -> str:
    """Return the NAS-Identifier where told, else the access point's MAC address; not yet
    believed."""
    parameters = parse_query(query)
    if name := parameters.get("ga_nas_id"):
        return name
    try:
        return str(MacAddress.parse(required(parameters, "ga_ap_mac")))
    except ProtocolError as fault:
        raise ProtocolError("missing-ga_ap_mac") from fault


def returned_visit(query: bytes) -> str:  # noqa: ARG001 - every redirect tells all it needs
    """Return nothing: this dialect names the device in every redirect."""
    return ""


def read(query: bytes, registration: Registration) -> Arrival:
    """Return what a redirect tells; nothing of it is signed."""
    parameters = parse_query(query)
    required(parameters, "ga_Qv")
    server = checked_host(required(parameters, "ga_srvr"), registration, or_access_point=True)
    return Arrival(
        situation=Situation.CAPTIVE,
        device=device_of(required(parameters, "ga_cmac")),
        carried={"server": server, "query": _verbatim(query)},
        ssid=parameters.get("ga_ssid", "")[:MAX_SSID_OCTETS],
    )


def hand_back(registration: Registration, departure: Departure) -> FormBack:
    """Return the log-in form, its address followed by the redirect's query as it was."""
    server = required(departure.carried, "server")
    checked_host(server, registration, or_access_point=True)
    port = own_port(registration) or CLEAR_PORT
    query = required(departure.carried, "query")
    origin = f"{SCHEMES.get(port, 'http')}://{in_url(server)}:{port}"
    url = f"{origin}/cgi-bin/hotspot_login.cgi?{query}"
    credential = departure.credential
    return FormBack(url, {"ga_user": credential.user_name, "ga_pass": credential.password})


def log_off(registration: Registration, carried: Mapping[str, str]) -> None:  # noqa: ARG001
    """Return nothing: the base closes the session by RADIUS."""
    return


def start(registration: Registration) -> HandBack:  # noqa: ARG001
    """Return an address that a captive browser is redirected from."""
    return ANYWHERE


def _verbatim(query: bytes) -> str:
    if len(query) > LONGEST_QUERY:
        raise ProtocolError("oversized")
    if not _AS_BROWSERS_SEND.fullmatch(query):
        raise ProtocolError("bad-encoding")
    return query.decode()
