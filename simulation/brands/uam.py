"""The words between a CoovaChilli gateway, a browser and a portal (UAM), as pure functions.

The gateway writes a redirect, signed with the secret it shares with the portal; the portal
sends the browser back to /logon with a password that was mixed with the gateway's challenge.
Orders, escaping and hashes are those of the gateway's published behaviour and of the exchange
recorded in tests/data/portal/coovachilli-1.7.txt, against which they are tested.
"""

import hashlib
from collections.abc import Mapping, Sequence
from itertools import cycle

from simulation.credentials import Chap, Credential, Pap

UNESCAPED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*")
"""The octets that the gateway leaves as they are; others become % and lower-case hex."""

PASSWORD_OCTETS = 128
"""The longest password that the gateway takes."""

CHALLENGE_OCTETS = 16


def escape(text: str) -> str:
    """Return `text` as the gateway writes it into an address, UTF-8, lower-case hex."""
    return "".join(
        chr(octet) if octet in UNESCAPED else f"%{octet:02x}"
        for octet in text.encode("utf-8", "surrogateescape")
    )


def signature(address: str, uam_secret: str) -> str:
    """Return `md`: upper-case hex MD5 of everything before "&md=" and the secret."""
    return hashlib.md5(address.encode() + uam_secret.encode()).hexdigest().upper()


def redirect(uam_server: str, fields: Sequence[tuple[str, str]], uam_secret: str) -> str:
    """Return the address the browser is sent to, with its signature last.

    Fields without a value are left out; their order is the caller's.
    """
    query = "&".join(f"{name}={escape(value)}" for name, value in fields if value)
    address = uam_server + ("&" if "?" in uam_server else "?") + query
    return f"{address}&md={signature(address, uam_secret)}" if uam_secret else address


def mixed_challenge(challenge: bytes, uam_secret: str) -> bytes:
    """Return the 16 octets that hide a password and answer a CHAP: the challenge, or its MD5
    with the secret where there is one."""
    if not uam_secret:
        return challenge
    return hashlib.md5(challenge + uam_secret.encode()).digest()


def read_credential(query: Mapping[str, str], mixed: bytes) -> Credential | None:
    """Return what a /logon carries, or None when it carries nothing that can be read.

    `response` (CHAP) goes before `password` (PAP), as in the gateway.
    """
    response = _octets(query.get("response"))
    if response is not None and len(response) == CHALLENGE_OCTETS:
        ident = query.get("ident", "0")
        return Chap(
            int(ident) & 0xFF if ident.isascii() and ident.isdigit() else 0, response, mixed
        )
    hidden = _octets(query.get("password"))
    if hidden is None or len(hidden) > PASSWORD_OCTETS:
        return None
    plain = bytes(octet ^ key for octet, key in zip(hidden, cycle(mixed), strict=False))
    return Pap(plain.rstrip(b"\0"))


def _octets(hexadecimal: str | None) -> bytes | None:
    try:
        return bytes.fromhex(hexadecimal) if hexadecimal else None
    except ValueError:
        return None
