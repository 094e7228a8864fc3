"""Aruba's dialect: the access point, or its controller, takes a form with the credential.

    instant     Instant access points; `switchip` names the host of the form
    controller  Mobility Controllers (ArubaOS); `switchip` only where that option is set
    instant-on  Instant On; `post` names the host, `network` the SSID

The browser posts `user`, `password`, `cmd=authenticate` to /cgi-bin/login and repeats what the
redirect told of it; `url` is where the gateway sends it next, so we name our own page. The host is
that of the site's record: a redirect that names another is refused. Nothing is signed.

The form goes by https, since a browser warns of a form that leaves our https pages in clear, unless
the record names port 80. Refused, the guest comes back with `errmsg`.

From documents: a recorded redirect of Instant and of Instant On; the rest from the makers' manuals
and public portals' code. Not confirmed on equipment: the words of `errmsg`, the log-out address,
that `url` is followed, that newer Instant On firmware says `switchip` or adds `nas-id`. A network
set to "authentication text" opens to anyone who sees our pages, so it is not offered at all
(`territory.gateway_dialects`).
"""

from collections.abc import Mapping
from ipaddress import ip_address

from portal.gateways.own_address import checked_host, in_url, own_host, own_port
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

HOSTS = ("switchip", "post")
"""Where a redirect names the host of the form; Instant On has changed from one to the other."""
NETWORKS = ("essid", "network")
"""Where it names the SSID."""
ECHOED = ("mac", "ip", *NETWORKS)
"""What the form repeats, in this order, under the name it was told."""
REFUSALS = {
    "authentication failed": Refusal.REJECTED,
    "access denied": Refusal.REJECTED,
}
"""`errmsg` in lower case; anything else counts as OTHER."""
LONGEST_MESSAGE = 253
MARKUP = frozenset('<>"')
CLEAR_PORT = 80


def name_in(query: bytes) -> str:
    """Return the NAS-Identifier where told, else the access point's MAC address; not yet believed.

    A controller may tell neither: its portal address then ends in the gateway's own code.
    """
    parameters = parse_query(query)
    if name := parameters.get("nas-id"):
        return name
    try:
        return str(MacAddress.parse(required(parameters, "apmac")))
    except ProtocolError as fault:
        raise ProtocolError("missing-apmac") from fault


def returned_visit(query: bytes) -> str:  # noqa: ARG001 - every redirect tells all it needs
    """Return nothing: this dialect names the device in every redirect."""
    return ""


def read(query: bytes, registration: Registration) -> Arrival:
    """Return what a redirect tells; nothing of it is signed."""
    parameters = parse_query(query)
    if required(parameters, "cmd").lower() != "login":
        raise ProtocolError("unknown-cmd")
    for name in HOSTS:
        if told := parameters.get(name):
            checked_host(told, registration)
    device = device_of(required(parameters, "mac"))
    error = parameters.get("errmsg", "")
    return Arrival(
        situation=Situation.REFUSED if error else Situation.CAPTIVE,
        device=device,
        carried=_carried(parameters),
        refusal=REFUSALS.get(error.lower(), Refusal.OTHER) if error else None,
        reply=error[:LONGEST_MESSAGE],
        ssid=next((parameters[name] for name in NETWORKS if parameters.get(name)), "")[
            :MAX_SSID_OCTETS
        ],
    )


def hand_back(registration: Registration, departure: Departure) -> FormBack:
    """Return the log-in form, whose `url` leads to our own page once the guest is let in."""
    echoed = {name: departure.carried[name] for name in ECHOED if name in departure.carried}
    fields = {
        "user": departure.credential.user_name,
        "password": departure.credential.password,
        "cmd": "authenticate",
        **echoed,
        "url": departure.page_of_ours,
    }
    return FormBack(f"{_base(registration)}/cgi-bin/login", fields)


def log_off(registration: Registration, carried: Mapping[str, str]) -> HandBack:  # noqa: ARG001
    """Return the address that ends the session of whoever asks it; a page of the gateway's."""
    return HandBack(f"{_base(registration)}/cgi-bin/login?cmd=logout")


def start(registration: Registration) -> HandBack:
    """Return a plain http address of the gateway's: a captive browser is redirected from it."""
    return HandBack(f"http://{in_url(own_host(registration))}/")


def _base(registration: Registration) -> str:
    scheme = "http" if own_port(registration) == CLEAR_PORT else "https"
    return f"{scheme}://{registration.login_address}"


def _carried(parameters: Mapping[str, str]) -> dict[str, str]:
    """What the form repeats: no address that is none, no more of an SSID than there can be, and
    none that looks like markup."""
    carried = {name: parameters[name] for name in ECHOED if parameters.get(name)}
    if "ip" in carried:
        carried["ip"] = _address(carried["ip"])
    for name in NETWORKS:
        network = carried.pop(name, "")[:MAX_SSID_OCTETS]
        if network and not MARKUP & set(network):
            carried[name] = network
    return carried


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError as fault:
        raise ProtocolError("bad-address") from fault
