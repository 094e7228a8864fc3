"""The one-shot credential of an admission: an opaque name, and a password derived from it.

Nothing is stored beside the name: portal and RADIUS hold the same key and derive the same
password, so a right password is known before the database is asked, and CHAP needs no
recoverable secret at rest. The name is random, so it says nothing about the guest and ties
accounting to the admission even where a NAS drops `Class`. One that begins with `0`, which no
guest's does, is a synthetic guest's: wherever it is read, it says so.
"""

import hashlib
import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import _Hash

NAME_OCTETS = 16
"""Octets of chance a user name is made of: 128 bits."""
CHARACTERS = 26
"""Of a name (base32, 128 bits) and of a password (hexadecimal, 104 bits): unescaped everywhere."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = [high + low for high in _LETTERS for low in _LETTERS]
_SHIFTS = range(120, -1, -10)
_OCTETS = 17
_SPARE_BITS = 6
_BLOCK = 64
_INNER = bytes(octet ^ 0x36 for octet in range(256))
_OUTER = bytes(octet ^ 0x5C for octet in range(256))
_NAME = re.compile(rf"[0a-z2-7][a-z2-7]{{{CHARACTERS - 1}}}")
_PROBE = "0"


def new_user_name(random: bytes) -> str:
    """Return the opaque User-Name made of `random` (16 octets): 26 characters of `a-z2-7`.

    Raises:
        ValueError: fewer than 16 octets, which would make names guessable.
    """
    if len(random) < NAME_OCTETS:
        raise ValueError(f"a user name takes {NAME_OCTETS} octets of chance, got {len(random)}")
    return _base32(random[:NAME_OCTETS])


def new_probe_name(random: bytes) -> str:
    """Return the same for a synthetic guest: 123 bits of chance after its mark.

    Raises:
        ValueError: fewer than 16 octets.
    """
    return _PROBE + new_user_name(random)[1:]


def is_probe_name(user_name: str) -> bool:
    """Whether one of our user names is a synthetic guest's."""
    return user_name.startswith(_PROBE)


def is_user_name(text: str) -> bool:
    """Whether `text` can be one of our user names; others need not be looked up."""
    return _NAME.fullmatch(text) is not None


def credential_password(key: bytes, user_name: str) -> str:
    """Return the password of `user_name`: HMAC-SHA256 (RFC 2104) under `key`, 26 characters.

    `key` is the keyring's key for "credential"; any text is accepted as a name, since RADIUS
    derives before it knows whether the name exists.
    """
    fed_inner, fed_outer = _keyed(key)
    inner, outer = fed_inner.copy(), fed_outer.copy()
    inner.update(user_name.encode("utf-8", "surrogatepass"))
    outer.update(inner.digest())
    return outer.hexdigest()[:CHARACTERS]


@lru_cache(maxsize=4)
def _keyed(key: bytes) -> "tuple[_Hash, _Hash]":
    """Return HMAC's inner and outer SHA-256, fed with `key` already (RFC 2104 §4).

    `hmac.digest` sets both up for every password, which takes four times as long.
    """
    block = (key if len(key) <= _BLOCK else hashlib.sha256(key).digest()).ljust(_BLOCK, b"\0")
    return hashlib.sha256(block.translate(_INNER)), hashlib.sha256(block.translate(_OUTER))


def _base32(octets: bytes) -> str:
    """Return the first 26 characters of base32 (RFC 4648 §6) in lower case, ten bits at a time."""
    number = int.from_bytes(octets[:_OCTETS].ljust(_OCTETS, b"\0"), "big") >> _SPARE_BITS
    return "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])
