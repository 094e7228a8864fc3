"""The one-shot credential of an admission: an opaque name, and a password derived from it.

Nothing is stored beside the name: portal and RADIUS hold the same key and derive the same
password, so a right password is known before the database is asked, and CHAP needs no
recoverable secret at rest. The name is random, so it says nothing about the guest and ties
accounting to the admission even where a NAS drops `Class`.
"""

import base64
import hashlib
import hmac
import re

NAME_OCTETS = 16
"""Octets of chance a user name is made of: 128 bits."""
PASSWORD_CHARACTERS = 26
"""26 characters of base32 carry 130 bits and pass through every gateway unescaped."""

_NAME_CHARACTERS = 26
_NAME = re.compile(rf"[a-z2-7]{{{_NAME_CHARACTERS}}}")


def new_user_name(random: bytes) -> str:
    """Return the opaque User-Name made of `random` (16 octets): 26 characters of `a-z2-7`.

    Raises:
        ValueError: fewer than 16 octets, which would make names guessable.
    """
    if len(random) < NAME_OCTETS:
        raise ValueError(f"a user name takes {NAME_OCTETS} octets of chance, got {len(random)}")
    return _base32(random[:NAME_OCTETS])[:_NAME_CHARACTERS]


def is_user_name(text: str) -> bool:
    """Whether `text` can be one of our user names; others need not be looked up."""
    return _NAME.fullmatch(text) is not None


def credential_password(key: bytes, user_name: str) -> str:
    """Return the password of `user_name`: HMAC-SHA256 (RFC 2104) under `key`, 26 characters.

    `key` is the keyring's key for "credential"; any text is accepted as a name, since RADIUS
    derives before it knows whether the name exists.
    """
    digest = hmac.new(key, user_name.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
    return _base32(digest)[:PASSWORD_CHARACTERS]


def _base32(octets: bytes) -> str:
    return base64.b32encode(octets).decode().rstrip("=").lower()
