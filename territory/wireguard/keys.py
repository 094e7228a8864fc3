"""WireGuard's keys as text: 32 octets in base64, as the `wg` tool prints them."""

import base64
import binascii
import secrets
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

KEY_OCTETS: Final = 32


@dataclass(frozen=True, slots=True)
class KeyPair:
    """What one end of a tunnel proves itself with (Curve25519, RFC 7748 §6.1)."""

    private: str = field(repr=False)
    public: str


def new_pair() -> KeyPair:
    """Return a pair made by chance."""
    private = _text(X25519PrivateKey.generate().private_bytes_raw())
    return KeyPair(private, public_of(private))


def new_preshared_key() -> str:
    """Return the symmetric key two ends mix into every handshake, made by chance."""
    return _text(secrets.token_bytes(KEY_OCTETS))


def public_of(private: str) -> str:
    """Return the public key of a private one.

    Raises:
        ValueError: what was expected.
    """
    octets = base64.b64decode(parse_key(private))
    return _text(X25519PrivateKey.from_private_bytes(octets).public_key().public_bytes_raw())


def parse_key(text: str) -> str:
    """Return a key as it is written.

    Raises:
        ValueError: what was expected.
    """
    try:
        octets = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        octets = b""
    if len(octets) != KEY_OCTETS:
        raise ValueError("a WireGuard key: 32 octets in base64")
    return _text(octets)


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode()
