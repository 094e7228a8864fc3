"""Challenges' rows: made, answered, sent again, settled once; rules: `identification.challenge`.

An answer is counted by the same statement that returns what it is compared with, so a thousand
answers at once are five looked at, over all processes. What settles a challenge is a function of
the database: it alone moves the address or number to where this role cannot read it.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from portal.identification.challenge import LIFETIME, MOST_ANSWERS, MOST_SENDS, PAUSE, Challenge
from portal.records import DEADLINE_SECONDS, Pool, reaching
from portal.visit import Visit
from territory.errors import Unavailable

_FIELDS = """id, visit_id, code_digest, link_digest, contact_sealed, attempts, sends, sent_at,
    created_at, expires_at, heard_at, proven_at, contact_id, newsletter"""
_INSERT = """
    INSERT INTO live.challenge (id, method, visit_id, device, site_id, contact_digest,
        contact_sealed, code_digest, link_digest, sends, sent_at, created_at, expires_at,
        newsletter)
    VALUES ($1, $2, $3, $4::text::macaddr, $5, $6, $7, $8, $9, $10, $11, $11, $12, $13)
"""
_FOUND = " FROM live.challenge WHERE id = $1 AND visit_id = $2"
_COUNT_ANSWER = """
    UPDATE live.challenge SET attempts = attempts + 1
    WHERE id = $1 AND visit_id = $2 AND expires_at > $3 AND attempts < $4 AND proven_at IS NULL
    RETURNING
"""
_SEND_AGAIN = """
    UPDATE live.challenge SET code_digest = $3, link_digest = $4, sends = sends + 1, sent_at = $5
    WHERE id = $1 AND visit_id = $2 AND expires_at > $5 AND attempts < $6 AND sends < $7
        AND sent_at <= $8 AND proven_at IS NULL AND contact_sealed IS NOT NULL
    RETURNING
"""
_UNSENT = "UPDATE live.challenge SET sent_at = sent_at - $2::interval WHERE id = $1"
_JUST_SENT = """
    SELECT id FROM live.challenge
    WHERE site_id = $1 AND visit_id = $2 AND method = $3 AND contact_digest = $4
        AND created_at > $5 AND sent_at > $6 AND sends > 0 AND attempts < $7
        AND proven_at IS NULL AND contact_sealed IS NOT NULL
        AND newsletter IS NOT DISTINCT FROM $8
    ORDER BY sent_at DESC LIMIT 1
"""
_AWAITED = """
    SELECT id FROM live.challenge
    WHERE site_id = $1 AND visit_id = $2 AND method = $3 AND expires_at > $4 AND proven_at IS NULL
    ORDER BY created_at DESC LIMIT 1
"""
_HEAR = """
    UPDATE live.challenge SET contact_digest = $2, contact_sealed = $3, heard_at = $4
    WHERE code_digest = ANY($1::bytea[]) AND contact_digest IS NULL AND heard_at IS NULL
        AND method = 'sms_code' AND expires_at > $4
"""
_PROVE = "SELECT live.prove_challenge($1, $2, $3, $4)"


@dataclass(frozen=True, slots=True)
class Fresh:
    """A challenge that is about to be made."""

    id: UUID
    """Opaque."""
    method: str
    """`email_code` or `sms_code`."""
    code_digest: bytes = field(repr=False)
    """Of the code, or of the word that the guest is to text."""
    link_digest: bytes | None = field(default=None, repr=False)
    """Of the link's secret."""
    contact_digest: bytes | None = field(default=None, repr=False)
    """Of the address or number; None: the guest has yet to write from it."""
    contact_sealed: bytes | None = field(default=None, repr=False)
    """The address or number, sealed."""
    newsletter: str | None = None
    """Version of the words beside the box that was ticked; None: it was not."""


@reaching
async def record_challenge(
    pool: Pool, fresh: Fresh, visit: Visit, site_id: UUID, now: datetime
) -> None:
    """Write a challenge of a visit; a word that is awaited counts as nothing sent."""
    await pool.execute(
        _INSERT,
        fresh.id,
        fresh.method,
        visit.id,
        str(visit.device),
        site_id,
        fresh.contact_digest,
        fresh.contact_sealed,
        fresh.code_digest,
        fresh.link_digest,
        int(fresh.contact_sealed is not None),
        now,
        now + LIFETIME,
        fresh.newsletter,
        timeout=DEADLINE_SECONDS,
    )


@reaching
async def load_challenge(pool: Pool, visit: Visit) -> Challenge | None:
    """Return the challenge a visit carries, if it is that visit's."""
    return await _one(pool, "SELECT " + _FIELDS + _FOUND, visit.challenge, visit.id)


@reaching
async def find_just_sent(
    pool: Pool, fresh: Fresh, visit: Visit, site_id: UUID, now: datetime
) -> UUID | None:
    """Return the challenge by which the same visit has just had a code sent to the same contact.

    None: there is none for that contact and what was ticked beside it, and a code may be sent.
    Whoever presses a button twice waits for one code, and no form gets round the pause.
    """
    who = (site_id, visit.id, fresh.method, fresh.contact_digest)
    since = (now - LIFETIME, now - PAUSE)
    found: UUID | None = await pool.fetchval(
        _JUST_SENT, *who, *since, MOST_ANSWERS, fresh.newsletter, timeout=DEADLINE_SECONDS
    )
    return found


@asynccontextmanager
async def sending(pool: Pool, challenge: UUID) -> AsyncIterator[None]:
    """Hold while a challenge's code goes out; where it does not, another may be asked for at once.

    Raises:
        Unavailable: whatever the sending raised.
    """
    try:
        yield
    except Unavailable:
        await _take_back(pool, challenge)
        raise


@reaching
async def _take_back(pool: Pool, challenge: UUID) -> None:
    await pool.execute(_UNSENT, challenge, PAUSE, timeout=DEADLINE_SECONDS)


@reaching
async def find_awaited(
    pool: Pool, visit_id: UUID, site_id: UUID, method: str, now: datetime
) -> UUID | None:
    """Return the last challenge of a visit by a method that is awaited still; None: there is none.

    Args:
        pool: where.
        visit_id: whose.
        site_id: at which site.
        method: its name.
        now: when.
    """
    found: UUID | None = await pool.fetchval(
        _AWAITED, site_id, visit_id, method, now, timeout=DEADLINE_SECONDS
    )
    return found


@reaching
async def count_answer(pool: Pool, visit: Visit, now: datetime) -> Challenge | None:
    """Count an answer, and return what to compare it with; None: it is not to be looked at."""
    return await _one(pool, _COUNT_ANSWER + _FIELDS, visit.challenge, visit.id, now, MOST_ANSWERS)


@reaching
async def replace_code(
    pool: Pool, visit: Visit, digests: Sequence[bytes | None], now: datetime
) -> Challenge | None:
    """Have another code, and another link, take the place of the last; None: not (yet) allowed."""
    code, link = digests
    return await _one(
        pool,
        _SEND_AGAIN + _FIELDS,
        *(visit.challenge, visit.id, code, link, now),
        *(MOST_ANSWERS, MOST_SENDS, now - PAUSE),
    )


@reaching
async def settle(pool: Pool, visit: Visit, now: datetime, until: datetime) -> UUID | None:
    """Settle a challenge that was answered rightly, and return its contact; None: it is over.

    Args:
        pool: where.
        visit: whose.
        now: when.
        until: the right that the contact earns ends then.
    """
    contact: UUID | None = await pool.fetchval(
        _PROVE, visit.challenge, visit.id, now, until, timeout=DEADLINE_SECONDS
    )
    return contact


@reaching
async def hear_word(
    pool: Pool, words: Sequence[bytes], contact: tuple[bytes, bytes], now: datetime
) -> bool:
    """Note whose number a word came from; say whether it was awaited.

    Args:
        pool: where.
        words: digests of what may be the word.
        contact: digest of the number, and the number sealed.
        now: when.
    """
    done = await pool.execute(_HEAR, list(words), *contact, now, timeout=DEADLINE_SECONDS)
    return str(done) != "UPDATE 0"


async def _one(pool: Pool, query: str, *arguments: object) -> Challenge | None:
    row = await pool.fetchrow(query, *arguments, timeout=DEADLINE_SECONDS)
    return Challenge(**dict(row)) if row else None
