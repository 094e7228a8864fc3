"""CoovaChilli's and uspot's dialect (UAM): a signed redirect, and a log-in the browser carries.

The gateway redirects with `md`, the MD5 of the whole address and the shared uamsecret; it is
checked on the octets as received, after the portal address the gateway is configured with, since
the slightest tidying breaks it. The browser is handed back by GET to `/logon` with the answer to
the gateway's challenge (CHAP, RFC 1994 §4.1), or a masked password (PAP) where the gateway's
portal address says `pap=1`; the RADIUS server never learns uamsecret.

Recorded against CoovaChilli 1.7 (tests/data/portal/coovachilli-1.7.txt). uspot: from its sources;
it leaves out `uid` and repeats the challenge, says `reject` for a refusal, appends its query after
a final slash, and unmasks only 16 characters of a PAP password, hence CHAP by default.
"""

import hmac
import re
from collections.abc import Mapping
from hashlib import md5
from itertools import cycle
from urllib.parse import quote, urlsplit

from portal.gateways.query import parse_query
from portal.gateways.vocabulary import (
    LONGEST_QUERY_OCTETS,
    Arrival,
    Departure,
    HandBack,
    Refusal,
    Registration,
    Situation,
    device_of,
    required,
    web_page,
)
from territory.errors import ProtocolError
from territory.identifiers import MAX_SSID_OCTETS

SITUATIONS = {
    "notyet": Situation.CAPTIVE,
    "splash": Situation.CAPTIVE,
    "challenge": Situation.CAPTIVE,
    "success": Situation.ONLINE,
    "already": Situation.ALREADY,
    "failed": Situation.REFUSED,
    "reject": Situation.REFUSED,
    "logoff": Situation.LEFT,
}
"""`res` of a redirect; `wispr` never comes this way, it stands in an XML answer."""

REFUSALS = {"reject": Refusal.REJECTED, "timeout": Refusal.NO_ANSWER}
"""`reason` beside `res=failed`; `mtu`, `other` and anything new count as OTHER."""

DEFAULT_PORT = 3990
CHAP_IDENT = b"\0"
"""The identifier the gateway assumes where no `ident` is sent."""
LONGEST_PAP_OCTETS = 128
LONGEST_REPLY = 253
"""Characters of a Reply-Message (RFC 2865 §5.18)."""

_SIGNATURE = re.compile(rb"[0-9A-Fa-f]{32}")
_CHALLENGE = re.compile(r"[0-9A-Fa-f]{32}")
_UNESCAPED = "-_.!~*"
"""What the gateway itself leaves unescaped, beside letters and digits."""


def name_in(query: bytes) -> str:
    """Return `nasid`, the gateway's NAS-Identifier; not yet believed."""
    return required(parse_query(query), "nasid")


def returned_visit(query: bytes) -> str:  # noqa: ARG001 - every redirect tells all it needs
    """Return nothing: this dialect names device and gateway in every redirect."""
    return ""


def read(query: bytes, registration: Registration) -> Arrival:
    """Return what a redirect tells, once its signature and its addresses were checked."""
    if len(query) > LONGEST_QUERY_OCTETS:
        raise ProtocolError("oversized")
    if registration.secret is not None:
        _check_signature(query, registration, registration.secret)
    parameters = parse_query(query)
    situation = SITUATIONS.get(required(parameters, "res"))
    if situation is None:
        raise ProtocolError("unknown-res")
    signed = registration.secret is not None
    return Arrival(
        situation=situation,
        device=device_of(required(parameters, "mac")),
        carried=_carried(parameters, registration),
        user_name=parameters.get("uid") or None,
        refusal=_refusal(parameters) if situation is Situation.REFUSED else None,
        reply=parameters.get("reply", "")[:LONGEST_REPLY],
        is_signed=signed,
        original_url=web_page(parameters.get("userurl", "")) if signed else "",
        ssid=parameters.get("ssid", "")[:MAX_SSID_OCTETS],
        language=parameters.get("lang", ""),
    )


def hand_back(registration: Registration, departure: Departure) -> HandBack:
    """Return the log-in address: CHAP, masked PAP, or clear where there is no challenge."""
    carried, credential = departure.carried, departure.credential
    fields = {"username": credential.user_name}
    challenge = carried.get("challenge", "")
    if not challenge:
        fields["password"] = credential.password
    elif "pap" in carried:
        fields["password"] = mask(credential.password, challenge, registration.secret)
    else:
        fields["response"] = chap_response(credential.password, challenge, registration.secret)
    if departure.page_wanted:
        fields["userurl"] = departure.page_wanted
    if departure.language:
        fields["lang"] = departure.language
    return HandBack(f"{_base(registration, carried)}/logon?{_format(fields)}")


def log_off(registration: Registration, carried: Mapping[str, str]) -> HandBack:
    """Return `/logoff`, which redirects back with `res=logoff`."""
    return HandBack(f"{_base(registration, carried)}/logoff")


def start(registration: Registration) -> HandBack:
    """Return `/prelogin`, which redirects back with a fresh challenge, or with `already`."""
    return HandBack(f"{_base(registration, {})}/prelogin")


def status(registration: Registration, carried: Mapping[str, str]) -> HandBack:
    """Return `/status`, the gateway's own view of the session."""
    return HandBack(f"{_base(registration, carried)}/status")


def keyed_challenge(challenge: str, secret: str | None) -> bytes:
    """Return the 16 octets both sides answer to: MD5(challenge || uamsecret), or the challenge.

    Raises:
        ProtocolError: `bad-challenge`: not 32 hexadecimal characters.
    """
    if not _CHALLENGE.fullmatch(challenge):
        raise ProtocolError("bad-challenge")
    octets = bytes.fromhex(challenge)
    if secret is None:
        return octets
    return md5(octets + secret.encode(), usedforsecurity=False).digest()


def chap_response(password: str, challenge: str, secret: str | None) -> str:
    """Return hex MD5(ident || password || keyed challenge) (RFC 1994 §4.1), ident 0."""
    answered = CHAP_IDENT + password.encode() + keyed_challenge(challenge, secret)
    return md5(answered, usedforsecurity=False).hexdigest()


def mask(password: str, challenge: str, secret: str | None) -> str:
    """Return hex of the password XORed with the keyed challenge, repeated.

    Raises:
        ProtocolError: `password-too-long`: over 128 octets.
    """
    octets = password.encode()
    if len(octets) > LONGEST_PAP_OCTETS:
        raise ProtocolError("password-too-long")
    pad = cycle(keyed_challenge(challenge, secret))
    return bytes(octet ^ key for octet, key in zip(octets, pad, strict=False)).hex()


def sign(text: bytes, secret: str) -> bytes:
    """Return upper-case hex MD5(text || uamsecret): `md` of an address that reads `text`."""
    return md5(text + secret.encode(), usedforsecurity=False).hexdigest().upper().encode()


def _check_signature(query: bytes, registration: Registration, secret: str) -> None:
    signed, found, signature = query.rpartition(b"&md=")
    if not found:
        raise ProtocolError("unsigned")
    if not _SIGNATURE.fullmatch(signature):
        raise ProtocolError("bad-signature")
    base, _, base_query = registration.portal_base.encode().partition(b"?")
    if base_query and not signed.startswith(base_query + b"&"):
        raise ProtocolError("bad-signature")
    expected = sign(base + b"?" + signed, secret)
    if not hmac.compare_digest(expected, signature.upper()):
        raise ProtocolError("bad-signature")


def _carried(parameters: Mapping[str, str], registration: Registration) -> dict[str, str]:
    """What the hand-back needs: the challenge, how to answer it, and the gateway's https base."""
    carried: dict[str, str] = {}
    secure = _checked_base(parameters, registration)
    if secure:
        carried["ssl"] = secure
    challenge = parameters.get("challenge", "")
    if challenge:
        keyed_challenge(challenge, None)
        carried["challenge"] = challenge.lower()
    if parameters.get("pap") == "1":
        carried["pap"] = "1"
    return carried


def _checked_base(parameters: Mapping[str, str], registration: Registration) -> str | None:
    """Return the https base, if one is told; refuse every address that is not the site's own."""
    if "ssl" in parameters:
        return _own_https(parameters["ssl"], registration)
    address = parameters.get("uamip", "")
    if address:
        told = (address, _port(parameters.get("uamport", "")))
        if told != _host_and_port(registration.login_address):
            raise ProtocolError("foreign-address")
    return None


def _own_https(base: str, registration: Registration) -> str:
    own_host, _ = _host_and_port(registration.login_address)
    try:
        parts = urlsplit(base)
        host, port = parts.hostname, parts.port
    except ValueError as fault:
        raise ProtocolError("foreign-address") from fault
    if parts.scheme != "https" or host != own_host or parts.username is not None:
        raise ProtocolError("foreign-address")
    named = f"[{host}]" if ":" in host else host
    return f"https://{named}:{port}" if port else f"https://{named}"


def _base(registration: Registration, carried: Mapping[str, str]) -> str:
    if "ssl" in carried:
        return _own_https(carried["ssl"], registration)
    host, port = _host_and_port(registration.login_address)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _host_and_port(login_address: str) -> tuple[str, int]:
    parts = urlsplit(f"//{login_address}")
    return parts.hostname or "", parts.port or DEFAULT_PORT


def _port(text: str) -> int:
    if not text:
        return DEFAULT_PORT
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else -1


def _refusal(parameters: Mapping[str, str]) -> Refusal:
    reason = "reject" if parameters["res"] == "reject" else parameters.get("reason", "")
    return REFUSALS.get(reason, Refusal.OTHER)


def _format(fields: Mapping[str, str]) -> str:
    return "&".join(f"{name}={quote(value, safe=_UNESCAPED)}" for name, value in fields.items())
