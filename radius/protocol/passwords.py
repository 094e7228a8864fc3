"""How a password travels: hidden (PAP), or as the answer to a challenge (CHAP)."""

import hmac
from typing import Final

from radius.protocol.authenticators import SharedSecret, md5
from territory.errors import ProtocolError

_BLOCK: Final = 16
_MAX_HIDDEN: Final = 128
_CHAP_OCTETS: Final = 17


def hide(password: bytes, secret: SharedSecret, request_authenticator: bytes) -> bytes:
    """Return User-Password's value: 16 to 128 octets (RFC 2865 §5.2).

    Raises:
        ValueError: longer than 128 octets.
    """
    if len(password) > _MAX_HIDDEN:
        raise ValueError(f"a password holds {_MAX_HIDDEN} octets, not {len(password)}")
    padded = password.ljust(max(1, -(-len(password) // _BLOCK)) * _BLOCK, b"\0")
    hidden = b""
    previous = request_authenticator
    for at in range(0, len(padded), _BLOCK):
        previous = _xor(padded[at : at + _BLOCK], secret.keystream(previous))
        hidden += previous
    return hidden


def reveal(hidden: bytes, secret: SharedSecret, request_authenticator: bytes) -> bytes:
    """Return the password of User-Password's value, without its padding (RFC 2865 §5.2).

    Raises:
        ProtocolError: `user-password-length`: not 16 to 128 octets in blocks of 16.
    """
    size = len(hidden)
    if not 0 < size <= _MAX_HIDDEN or size % _BLOCK:
        raise ProtocolError("user-password-length")
    stream = secret.keystream(request_authenticator)
    for end in range(_BLOCK, size, _BLOCK):
        stream += secret.keystream(hidden[end - _BLOCK : end])
    return _xor(hidden, stream).rstrip(b"\0")


def chap_response(identifier: int, password: bytes, challenge: bytes) -> bytes:
    """Return CHAP-Password's value, 17 octets: identifier, MD5 (RFC 2865 §5.3, RFC 1994 §4.1)."""
    octet = bytes((identifier,))
    return octet + md5(octet + password + challenge).digest()


def chap_matches(response: bytes, password: bytes, challenge: bytes) -> bool:
    """Whether CHAP-Password's value answers `challenge` with `password`.

    Raises:
        ProtocolError: `chap-password-length`: not 17 octets.
    """
    if len(response) != _CHAP_OCTETS:
        raise ProtocolError("chap-password-length")
    return hmac.compare_digest(chap_response(response[0], password, challenge), response)


def _xor(left: bytes, right: bytes) -> bytes:
    mixed = int.from_bytes(left, "big") ^ int.from_bytes(right, "big")
    return mixed.to_bytes(len(left), "big")
