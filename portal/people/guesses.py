"""How often somebody may be wrong where guessing pays: codes and tickets, over all processes.

A guess is counted, durably, before it is looked at, and forgiven where it was right: so that of a
thousand asked at once no more are looked at than may be. Whoever guesses is a keyed digest, so that
no address is written down; a window of time is part of it, so that a row is never reset, and
retention takes it away within a day (`live.guess`). Where the count cannot be written, nobody may
guess.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

from portal.records import DEADLINE_SECONDS, Pool, reaching

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

# In the order of the keys: two processes never wait for each other crosswise. Where one limit is
# reached nothing is counted: whoever is shut out uses up nothing of those who stand behind the same
# address, or at the same site.
_COUNT: Final = """
    WITH asked AS (SELECT * FROM unnest($1::bytea[], $3::integer[]) AS a(key, most))
    INSERT INTO live.guess AS g (key, began_at, guesses)
    SELECT key, $2, 1 FROM asked
    WHERE NOT EXISTS (SELECT FROM asked a JOIN live.guess known USING (key)
        WHERE known.guesses >= a.most)
    ORDER BY key
    ON CONFLICT (key) DO UPDATE SET guesses = g.guesses + 1
    RETURNING key, guesses
"""
_COUNTED: Final = "SELECT key, guesses FROM live.guess WHERE key = ANY($1::bytea[])"
_FORGIVE: Final = "UPDATE live.guess SET guesses = guesses - 1 WHERE key = ANY($1::bytea[])"


@dataclass(frozen=True, slots=True)
class Limit:
    """How many wrong guesses a window of time allows."""

    name: str
    """At what, and of whom: one word for each count."""
    most: int
    """Within a window."""
    window: timedelta
    """Windows follow each other, and each begins at nought."""


@dataclass(frozen=True, slots=True)
class Guesser:
    """Somebody who guesses, under one limit."""

    limit: Limit
    """How often they may."""
    who: str
    """A source, a device, a place."""

    def digest(self, key: bytes, now: datetime) -> bytes:
        """Return what names them in this window: 32 octets (HMAC-SHA256, RFC 2104)."""
        window = (now - _EPOCH) // self.limit.window
        return hmac.digest(key, f"{self.limit.name}\0{window}\0{self.who}".encode(), sha256)


@reaching
async def may_guess(pool: Pool, key: bytes, guessers: Sequence[Guesser], now: datetime) -> bool:
    """Count a guess of each, and say whether it may be looked at.

    `key` is the keyring's key for "guess".
    """
    limits = {one.digest(key, now): one.limit.most for one in guessers}
    asked = (list(limits), now, list(limits.values()))
    rows = await pool.fetch(_COUNT, *asked, timeout=DEADLINE_SECONDS)
    return bool(rows) and all(row["guesses"] <= limits[bytes(row["key"])] for row in rows)


@reaching
async def has_left(pool: Pool, key: bytes, guesser: Guesser, now: datetime) -> bool:
    """Whether one more would be looked at; nothing is counted."""
    rows = await pool.fetch(_COUNTED, [guesser.digest(key, now)], timeout=DEADLINE_SECONDS)
    return all(row["guesses"] < guesser.limit.most for row in rows)


@reaching
async def forgive(pool: Pool, key: bytes, guessers: Sequence[Guesser], now: datetime) -> None:
    """Take a guess back that was right."""
    digests = sorted(one.digest(key, now) for one in guessers)
    await pool.execute(_FORGIVE, digests, timeout=DEADLINE_SECONDS)
