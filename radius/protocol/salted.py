"""Tunnel-Password: a password hidden with a salt of its own (RFC 2868 §3.5).

Pure: the salt is passed in. Other attributes that vendors hide in the same way share it.
"""

from typing import Final

from radius.protocol.authenticators import SharedSecret
from territory.errors import ProtocolError

SALT_OCTETS: Final = 2
MAX_PASSWORD_OCTETS: Final = 239
"""Fifteen blocks less the length octet: what fits beside tag and salt."""
_BLOCK: Final = 16
_SALT_BIT: Final = 0x80


def hide_salted(
    password: bytes, secret: SharedSecret, request_authenticator: bytes, salt: bytes
) -> bytes:
    """Return the salt and the hidden password: 2 octets and blocks of 16.

    Args:
        password: at most 239 octets.
        secret: the NAS's.
        request_authenticator: 16 octets, of the request that is answered.
        salt: 2 octets, no two alike in one packet; its first bit is set here, as it must be.

    Raises:
        ValueError: the password is too long, or the salt is not 2 octets.
    """
    if len(password) > MAX_PASSWORD_OCTETS or len(salt) != SALT_OCTETS:
        raise ValueError(f"{MAX_PASSWORD_OCTETS} octets of password and {SALT_OCTETS} of salt")
    salt = bytes((salt[0] | _SALT_BIT, salt[1]))
    plain = bytes((len(password),)) + password
    plain = plain.ljust(-(-len(plain) // _BLOCK) * _BLOCK, b"\0")
    hidden = b""
    previous = request_authenticator + salt
    for at in range(0, len(plain), _BLOCK):
        previous = _xor(plain[at : at + _BLOCK], secret.keystream(previous))
        hidden += previous
    return salt + hidden


def reveal_salted(hidden: bytes, secret: SharedSecret, request_authenticator: bytes) -> bytes:
    """Return the password hidden by `hide_salted`.

    Raises:
        ProtocolError: `salted-length`: no salt and blocks of 16; `salted-password`: its length
            octet says more than there is, so it was hidden with another secret.
    """
    blocks = hidden[SALT_OCTETS:]
    if not blocks or len(blocks) % _BLOCK:
        raise ProtocolError("salted-length")
    plain = b""
    previous = request_authenticator + hidden[:SALT_OCTETS]
    for at in range(0, len(blocks), _BLOCK):
        block = blocks[at : at + _BLOCK]
        plain += _xor(block, secret.keystream(previous))
        previous = block
    if plain[0] >= len(plain):
        raise ProtocolError("salted-password")
    return plain[1 : 1 + plain[0]]


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
