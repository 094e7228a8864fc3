"""A sheet that has just been made travels sealed in its page's address, and is kept nowhere.

The seed of its codes (`territory.rules.ticket_codes`) is encrypted and authenticated (AES-256-GCM,
NIST SP 800-38D) for that sheet, for the operator who made it, and for half an hour: long enough to
print it, or to wait at the counter until its guest is online. After that nobody can show the codes
again; lost ones are revoked, and others made.
"""

import base64
import binascii
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.tickets.office import key_of
from territory.keyring import Keyring
from territory.rules.ticket_codes import SEED_OCTETS

LIFE: Final = timedelta(minutes=30)
LONGEST: Final = 128
"""Characters of a sealed seed; more is none."""
_NONCE_OCTETS: Final = 12
_TIME_OCTETS: Final = 8


@dataclass(frozen=True, slots=True)
class TicketKeys:
    """What makes and shows tickets."""

    digest: bytes
    """Of what is stored of a code."""
    sheet: bytes
    """Seals a sheet's seed; 32 octets."""

    @classmethod
    def of(cls, keyring: Keyring) -> "TicketKeys":
        """Return the keys of a keyring."""
        return cls(key_of(keyring), keyring.derive("ticket sheet"))


def seal_seed(seed: bytes, sheet_id: UUID, operator_id: UUID, key: bytes, now: datetime) -> str:
    """Return a sheet's seed, sealed for whoever made it, as part of an address."""
    until = int((now + LIFE).timestamp()).to_bytes(_TIME_OCTETS, "big")
    nonce = secrets.token_bytes(_NONCE_OCTETS)
    sealed = AESGCM(key).encrypt(nonce, seed + until, sheet_id.bytes + operator_id.bytes)
    return base64.urlsafe_b64encode(nonce + sealed).decode().rstrip("=")


def open_seed(
    sealed: str, sheet_id: UUID, operator_id: UUID, key: bytes, now: datetime
) -> bytes | None:
    """Return a sheet's seed; None: sealed for another, for another sheet, or too long ago."""
    if not sealed or len(sealed) > LONGEST:
        return None
    try:
        octets = base64.b64decode(sealed + "=" * (-len(sealed) % 4), b"-_", validate=True)
        whose = sheet_id.bytes + operator_id.bytes
        opened = AESGCM(key).decrypt(octets[:_NONCE_OCTETS], octets[_NONCE_OCTETS:], whose)
    except (binascii.Error, ValueError, InvalidTag):
        return None
    until = datetime.fromtimestamp(int.from_bytes(opened[SEED_OCTETS:], "big"), UTC)
    return opened[:SEED_OCTETS] if now < until else None
