"""Rows of guests who agreed to an organisation's letters: given, shown, withdrawn by them.

    box ticked + address proven ──> consent.newsletter ──> the organisation's list (console)
                                          │
              "mes données", or the link in each letter ──> withdrawn: the address goes at once

The link names the row and is signed (HMAC-SHA256), so that it can be made again for each letter and
nobody can make one for another. It works as long as there are letters, and says the same after.
"""

import base64
import binascii
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID, uuid4

from portal.places import Newsletter
from portal.records import DEADLINE_SECONDS, Pool, reaching
from territory.keyring import Keyring

KEY: Final = "newsletter"
"""What the keyring derives the key of links for."""
LINK_PATH: Final = "/lettre/"
_ID_OCTETS: Final = 16
_SIGNATURE_OCTETS: Final = 16
_LONGEST_LINK: Final = 64

_GIVE: Final = """
    INSERT INTO consent.newsletter (id, guest_id, organisation_id, address_sealed, version, sender,
        purpose, language, given_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (guest_id, organisation_id) WHERE withdrawn_at IS NULL DO UPDATE
    SET address_sealed = excluded.address_sealed, version = excluded.version,
        sender = excluded.sender, purpose = excluded.purpose, language = excluded.language,
        given_at = excluded.given_at
"""
_WITHDRAW: Final = """
    UPDATE consent.newsletter SET withdrawn_at = $2, address_sealed = NULL
    WHERE {which} = $1 AND withdrawn_at IS NULL
"""
_OF_GUEST: Final = """
    SELECT n.sender, n.purpose, n.given_at, n.withdrawn_at, o.name AS organisation
    FROM consent.newsletter n JOIN territory.organisation o ON o.id = n.organisation_id
    WHERE n.guest_id = $1 ORDER BY n.given_at
"""


@dataclass(frozen=True, slots=True)
class ListKeys:
    """What an organisation's list is made with."""

    link: bytes = field(repr=False)
    """Signs the link of each reader."""
    open: Callable[[bytes], str] = field(repr=False)
    """Opens an address."""

    @classmethod
    def of(cls, keyring: Keyring) -> "ListKeys":
        """Return the keys of a keyring."""
        return cls(keyring.derive(KEY), keyring.open)


@dataclass(frozen=True, slots=True)
class Consent:
    """What a guest agreed to, with the address that they have just proven."""

    guest_id: UUID
    """The contact or account."""
    organisation_id: UUID
    """Who may write."""
    address_sealed: bytes = field(repr=False)
    """Where to, sealed."""
    words: Newsletter
    """What stood beside the box."""
    language: str
    """Of the page."""


@reaching
async def record_consent(pool: Pool, given: Consent, now: datetime) -> None:
    """Write a consent; one that stands is renewed, with the words of now."""
    words = given.words
    await pool.execute(
        _GIVE,
        *(uuid4(), given.guest_id, given.organisation_id, given.address_sealed, words.version),
        *(words.sender, words.purpose, given.language, now),
        timeout=DEADLINE_SECONDS,
    )


@reaching
async def withdraw(pool: Pool, consent_id: UUID, now: datetime) -> None:
    """End one consent; one that is over stays as it ended."""
    statement = _WITHDRAW.format(which="id")
    await pool.execute(statement, consent_id, now, timeout=DEADLINE_SECONDS)


@reaching
async def withdraw_all(pool: Pool, guest_id: UUID, now: datetime) -> None:
    """End every consent of a contact or account."""
    statement = _WITHDRAW.format(which="guest_id")
    await pool.execute(statement, guest_id, now, timeout=DEADLINE_SECONDS)


@reaching
async def load_consents(pool: Pool, guest_id: UUID) -> tuple[dict[str, Any], ...]:
    """Return what a contact or account agreed to, the oldest first, withdrawn or not."""
    rows = await pool.fetch(_OF_GUEST, guest_id, timeout=DEADLINE_SECONDS)
    return tuple(map(dict, rows))


def link_of(consent_id: UUID, key: bytes) -> str:
    """Return the path that ends a consent, for each letter that it allows."""
    token = base64.urlsafe_b64encode(consent_id.bytes + _signature(consent_id.bytes, key))
    return LINK_PATH + token.decode().rstrip("=")


def read_link(token: str, key: bytes) -> UUID | None:
    """Return the consent that a link of ours names; None: it is not ours."""
    if len(token) > _LONGEST_LINK:
        return None
    try:
        octets = base64.b64decode(token + "=" * (-len(token) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    named, signature = octets[:_ID_OCTETS], octets[_ID_OCTETS:]
    is_ours = hmac.compare_digest(signature, _signature(named, key))
    return UUID(bytes=named) if is_ours and len(named) == _ID_OCTETS else None


def _signature(octets: bytes, key: bytes) -> bytes:
    return hmac.digest(key, octets, sha256)[:_SIGNATURE_OCTETS]
