"""MikroTik's hotspot: a page that we render for the router, and an address the browser follows.

The router shows its own `hotspot/login.html` to a captive phone. Ours (deploy/packages) leads to
the portal with parameters of our choosing, every one of them safe in an address:

    nasid            the gateway's code, written in the page
    mac              $(mac-esc)
    link-login-only  $(link-login-only): the address of the log-in, checked against the record
    chap-id, chap-challenge   octal escapes, where the router offers HTTP-CHAP
    failed           1, where the router shows its page again with an error

The browser goes back by GET to /login, which RouterOS takes like a POST, with `dst` our own page.
The password is answered in HTTP-CHAP, hex MD5(chap-id || password || challenge); where nothing is
offered the router has PAP or https, and it goes as it is: it opens one device once, for minutes.

From documents: RouterOS's manual and public portals; no router of ours has confirmed it. Nothing
signs the redirect, and why a log-in failed is not told: `$(error)` is free text.
"""

import re
from collections.abc import Mapping
from hashlib import md5
from urllib.parse import quote, urlsplit

from portal.gateways.own_address import checked_url
from portal.gateways.query import parse_query
from portal.gateways.vocabulary import (
    Arrival,
    Departure,
    HandBack,
    Refusal,
    Registration,
    Situation,
    device_of,
    required,
)
from territory.errors import ProtocolError

CHALLENGE_OCTETS = 16
_ESCAPES = re.compile(r"(?:\\[0-3][0-7]{2})+")
_HEX = re.compile(r"[0-9a-f]{34}")
_UNESCAPED = "-_.~"


def name_in(query: bytes) -> str:
    """Return the code that our page holds; not yet believed."""
    return required(parse_query(query), "nasid")


def returned_visit(query: bytes) -> str:  # noqa: ARG001 - every redirect tells all it needs
    """Return nothing: this dialect names the device in every redirect."""
    return ""


def read(query: bytes, registration: Registration) -> Arrival:
    """Return what a redirect tells; nothing of it is signed."""
    parameters = parse_query(query)
    failed = parameters.get("failed") == "1"
    return Arrival(
        situation=Situation.REFUSED if failed else Situation.CAPTIVE,
        device=device_of(required(parameters, "mac")),
        carried=_carried(parameters, registration),
        refusal=Refusal.OTHER if failed else None,
    )


def hand_back(registration: Registration, departure: Departure) -> HandBack:
    """Return the log-in address: HTTP-CHAP where the router offered it, else in clear."""
    credential, chap = departure.credential, departure.carried.get("chap", "")
    password = chap_response(credential.password, chap) if chap else credential.password
    fields = {"username": credential.user_name, "password": password}
    if departure.page_of_ours:
        fields["dst"] = departure.page_of_ours
    query = "&".join(f"{name}={quote(value, safe=_UNESCAPED)}" for name, value in fields.items())
    return HandBack(f"{_base(registration, departure.carried)}/login?{query}&popup=false")


def log_off(registration: Registration, carried: Mapping[str, str]) -> HandBack:
    """Return the log-out address, which also forgets the router's cookie for this device."""
    return HandBack(f"{_base(registration, carried)}/logout?erase-cookie=on")


def start(registration: Registration) -> HandBack:
    """Return the log-in page, which leads to us."""
    return HandBack(f"http://{registration.login_address}/login")


def chap_response(password: str, offered: str) -> str:
    """Return hex MD5(chap-id || password || chap-challenge) (RFC 1994 §4.1).

    `offered`: the identifier and the 16 octets of the challenge, together in hex.

    Raises:
        ProtocolError: `bad-challenge`: not 17 octets.
    """
    if not _HEX.fullmatch(offered):
        raise ProtocolError("bad-challenge")
    octets = bytes.fromhex(offered)
    answered = octets[:1] + password.encode() + octets[1:]
    return md5(answered, usedforsecurity=False).hexdigest()


def octal_octets(text: str) -> bytes:
    r"""Return the octets that RouterOS writes as `\371\015`.

    Raises:
        ProtocolError: `bad-challenge`: anything else.
    """
    if not _ESCAPES.fullmatch(text):
        raise ProtocolError("bad-challenge")
    return bytes(int(digits, 8) for digits in text.split("\\")[1:])


def _carried(parameters: Mapping[str, str], registration: Registration) -> dict[str, str]:
    carried: dict[str, str] = {}
    if told := parameters.get("link-login-only"):
        if urlsplit(checked_url(told, registration)).path != "/login":
            raise ProtocolError("foreign-address")
        if told.startswith("https:"):
            carried["ssl"] = "1"
    if identifier := parameters.get("chap-id"):
        offered = octal_octets(identifier), octal_octets(required(parameters, "chap-challenge"))
        if [len(octets) for octets in offered] != [1, CHALLENGE_OCTETS]:
            raise ProtocolError("bad-challenge")
        carried["chap"] = b"".join(offered).hex()
    return carried


def _base(registration: Registration, carried: Mapping[str, str]) -> str:
    scheme = "https" if "ssl" in carried else "http"
    return f"{scheme}://{registration.login_address}"
