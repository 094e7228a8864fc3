"""The one place that knows pyrage: age files (age-encryption.org/v1) as octets in, octets out.

Everything sealed here opens with `age -d -i IDENTITY`, and the reverse.
"""

import hashlib
from pathlib import Path

import pyrage

from territory.errors import ConfigurationError, Fault

_SECRET = "AGE-SECRET-KEY-1"  # noqa: S105 - how an identity begins, not one
_FINGERPRINT_DIGITS = 32


class CannotOpen(Exception):
    """This identity does not open this, or its octets were changed."""


def new_identity() -> str:
    """Return a fresh X25519 identity, `AGE-SECRET-KEY-1...`."""
    return str(pyrage.x25519.Identity.generate())


def recipient_of(identity: str) -> str:
    """Return the public key, `age1...`, of an identity."""
    return str(_identity(identity).to_public())


def fingerprint_of(recipient: str) -> str:
    """Return what people compare of a public key: 128 bits of its text's SHA-256, by fours."""
    digest = hashlib.sha256(recipient.encode()).hexdigest()[:_FINGERPRINT_DIGITS]
    return " ".join(digest[at : at + 4] for at in range(0, _FINGERPRINT_DIGITS, 4))


def is_recipient(text: str) -> bool:
    """Whether `text` is a public key one can seal to."""
    try:
        pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        return False
    return True


def seal(content: bytes, *recipients: str) -> bytes:
    """Return `content` encrypted to public keys, any one of whose identities opens it."""
    to = [pyrage.x25519.Recipient.from_str(recipient) for recipient in recipients]
    return bytes(pyrage.encrypt(content, to))


def open_sealed(sealed: bytes, identity: str) -> bytes:
    """Return what was sealed to the public key of `identity`.

    Raises:
        CannotOpen: another key, or changed octets; never a part of the content.
    """
    try:
        return bytes(pyrage.decrypt(sealed, [_identity(identity)]))
    except pyrage.DecryptError as fault:
        raise CannotOpen(str(fault)) from fault


def read_identity(path: Path) -> str:
    """Return the identity in a file as `age-keygen` writes it, comments left out.

    Raises:
        ConfigurationError: the file cannot be read or holds none.
    """
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as fault:
        raise ConfigurationError(
            [Fault(str(path), f"expected an age identity: {fault}")]
        ) from fault
    for line in lines:
        if line.startswith(_SECRET) and _is_identity(line.strip()):
            return line.strip()
    raise ConfigurationError([Fault(str(path), f"expected a line that begins with {_SECRET}")])


def _is_identity(text: str) -> bool:
    try:
        pyrage.x25519.Identity.from_str(text)
    except pyrage.IdentityError:
        return False
    return True


def _identity(text: str) -> pyrage.x25519.Identity:
    try:
        return pyrage.x25519.Identity.from_str(text)
    except pyrage.IdentityError as fault:
        raise CannotOpen("not an age identity") from fault
