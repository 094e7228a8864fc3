"""A challenge: a code that was sent and is awaited. The rules; rows: `portal.people.challenges`.

    new ──sent──> awaited ──right answer──> proven, once
                     │ ▲
                     │ └── another code, after a pause, a few times
                     └── too many answers, or too late ──> over

It belongs to one visit, so to one device at one site: a code is worth nothing anywhere else, and
who has somebody else's visit signed has no code. Answers are counted before they are looked at. A
code is six digits, good for ten minutes and five answers (CNIL 2022-100; the code is compared as a
keyed digest, in constant time). A link carries 128 bits.
"""

import hmac
import secrets
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

LIFETIME: Final = timedelta(minutes=10)
"""From the first code sent; another code does not prolong it."""
MOST_ANSWERS: Final = 5
"""Looked at, of all codes of one challenge together."""
MOST_SENDS: Final = 3
"""Codes sent for one challenge."""
PAUSE: Final = timedelta(seconds=60)
"""Between two of them."""
CODE_DIGITS: Final = 6
WORD_LETTERS: Final = 6
_LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"
_LONGEST_TEXT, _MOST_WORDS = 500, 5


@dataclass(frozen=True, slots=True)
class Challenge:
    """One, as its row holds it."""

    id: UUID
    """Opaque; the visit carries it."""
    visit_id: UUID
    """Whose."""
    code_digest: bytes = field(repr=False)
    """Of the code, or of the word that the guest is to text."""
    link_digest: bytes | None = field(repr=False)
    """Of the link's secret."""
    contact_sealed: bytes | None = field(repr=False)
    """The address or number, sealed; None: proven, or not yet known."""
    attempts: int
    """Answers looked at."""
    sends: int
    """Codes sent."""
    sent_at: datetime
    """The last of them."""
    created_at: datetime
    """The first of them."""
    expires_at: datetime
    """Over from then on."""
    heard_at: datetime | None = None
    """The guest's own message came then."""
    proven_at: datetime | None = None
    """Answered rightly then."""
    contact_id: UUID | None = None
    """Whose it proved to be."""
    newsletter: str | None = None
    """Version of the words beside the box that was ticked; None: it was not."""

    def is_over(self, now: datetime) -> bool:
        """Whether no answer to it is looked at any more."""
        return now >= self.expires_at or self.attempts >= MOST_ANSWERS

    def wait_seconds(self, now: datetime) -> int | None:
        """Return how long until another code may be asked for; None: no more for this one."""
        if self.is_over(now) or self.sends >= MOST_SENDS or self.proven_at is not None:
            return None
        return max(0, -int((now - self.sent_at - PAUSE).total_seconds() // 1))


def digest(key: bytes, kind: str, secret: str, challenge: UUID | None = None) -> bytes:
    """Return the keyed digest of a secret, for one use and one challenge (HMAC-SHA256, RFC 2104).

    Args:
        key: the keyring's "challenge", or "contact".
        kind: what the secret is: `code`, `link`, `word`, `email`, `phone`.
        secret: as `read_code` or a contact's own form leaves it.
        challenge: whose; None: it is what finds the row.
    """
    whose = challenge.bytes if challenge else b""
    return hmac.digest(key, kind.encode() + b"\0" + whose + secret.encode(), sha256)


def is_same(one: bytes | None, other: bytes) -> bool:
    """Whether two digests are equal, in a time that tells nothing of where they differ."""
    return one is not None and hmac.compare_digest(one, other)


def fresh_code() -> str:
    """Return a code that nobody can foresee."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"


def word_of(key: bytes, challenge: UUID) -> str:
    """Return the word a guest is to text for a challenge: letters that make no word by chance.

    It is made of the challenge, so it can be shown again and is written nowhere.
    """
    made = digest(key, "letters", "", challenge)
    return "".join(_LETTERS[octet % len(_LETTERS)] for octet in made[:WORD_LETTERS])


def words_in(text: str) -> list[str]:
    """Return what may be such words in a message that came, in capitals; a few at most."""
    found = (word for word in text[:_LONGEST_TEXT].upper().split() if len(word) == WORD_LETTERS)
    return [word for word in found if set(word) <= set(_LETTERS)][:_MOST_WORDS]


def read_code(typed: str) -> str | None:
    """Return the code that was typed, with whatever blanks between, in the digits of whatever
    script; None: it is none."""
    code = "".join(typed.split()).replace("-", "")
    if len(code) != CODE_DIGITS or not code.isdecimal():
        return None
    return "".join(str(unicodedata.decimal(digit)) for digit in code)
