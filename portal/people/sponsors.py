"""Rows of guests who wait for a person of the place: asked, answered once, then an account.

Who is let in is an account of its own that is over when its right is: the person who vouched is
account data, what the guest said of themselves is civil identity, each sealed and each where it
belongs, where this role reads neither. The row of the question, which names that account, forgets
both as it is answered for, and leaves with a later one.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID, uuid4

from portal.people.accounts import AccountKeys
from portal.records import DEADLINE_SECONDS, Pool, Row, reaching

SPONSOR: Final = "sponsor"
"""Kind of an account, and who told of its holder."""
KEPT: Final = timedelta(hours=1)
"""How long a question that is over may still be looked at."""

_LISTED: Final = """
    SELECT o.sponsors FROM territory.organisation o
    JOIN territory.site s ON s.organisation_id = o.id WHERE s.id = $1
"""
_ASK: Final = """
    WITH over AS (DELETE FROM live.sponsor_request WHERE expires_at < $6)
    INSERT INTO live.sponsor_request (id, site_id, link_digest, host_sealed, words_sealed,
        asked_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $7, $8)
"""
_FIELDS: Final = """
    SELECT id, site_id, host_sealed, words_sealed, expires_at, answered_at, is_approved, account_id
    FROM live.sponsor_request
"""
_ANSWER: Final = """
    UPDATE live.sponsor_request SET answered_at = $2, is_approved = $3
    WHERE link_digest = $1 AND answered_at IS NULL AND expires_at > $2
    RETURNING id
"""
_WITHDRAW: Final = """
    UPDATE live.sponsor_request SET expires_at = $2, host_sealed = '', words_sealed = ''
    WHERE id = $1 AND answered_at IS NULL AND expires_at > $2
"""
_ENTER: Final = """
    UPDATE live.sponsor_request SET account_id = $2, host_sealed = '', words_sealed = ''
    WHERE id = $1 AND is_approved AND account_id IS NULL RETURNING id
"""
_KNOWN: Final = "SELECT account_id FROM live.sponsor_request WHERE id = $1"
_ACCOUNT: Final = """
    INSERT INTO account.account (id, kind, key, subject_sealed, created_at, last_used_at)
    VALUES ($1, $2, $3, $4, $5, $5)
"""
_PERSON: Final = "SELECT account.record_person($1, $2, $3, $4)"
_END: Final = "SELECT account.close($1, $2)"


@dataclass(frozen=True, slots=True)
class SponsorRequest:
    """A guest who asked to be let in."""

    id: UUID
    """The challenge their visit carries."""
    site_id: UUID
    """Where."""
    host_sealed: bytes = field(repr=False)
    """Whom they asked, sealed; empty once they are in, or took it back."""
    words_sealed: bytes = field(repr=False)
    """Who they say they are, sealed; empty once they are in, or took it back."""
    expires_at: datetime
    """Worth nothing after."""
    answered_at: datetime | None = None
    """None: not yet."""
    is_approved: bool | None = None
    """What was answered."""
    account_id: UUID | None = None
    """Who the guest is, once let in."""


@dataclass(frozen=True, slots=True)
class Entering:
    """A guest who has been let in, and goes in."""

    asked: SponsorRequest
    """Their question, as it was just read."""
    words: str = field(repr=False)
    """Who they say they are."""
    until: datetime
    """When their right ends, and with it their account."""


@reaching
async def load_sponsors(pool: Pool, site_id: UUID) -> tuple[str, ...]:
    """Return who may let guests in at a site: domains and addresses."""
    return tuple(await pool.fetchval(_LISTED, site_id, timeout=DEADLINE_SECONDS) or ())


@reaching
async def record_question(pool: Pool, asked: SponsorRequest, link: str, now: datetime) -> None:
    """Write a question; those that are long over leave."""
    await pool.execute(
        _ASK,
        *(asked.id, asked.site_id, digest_of(link), asked.host_sealed, asked.words_sealed),
        *(now - KEPT, now, asked.expires_at),
        timeout=DEADLINE_SECONDS,
    )


@reaching
async def load_question(pool: Pool, challenge: UUID) -> SponsorRequest | None:
    """Return a question by the challenge of its visit, or None."""
    query = f"{_FIELDS} WHERE id = $1"
    return _read(await pool.fetchrow(query, challenge, timeout=DEADLINE_SECONDS))


@reaching
async def find_question(pool: Pool, link: str) -> SponsorRequest | None:
    """Return the question that a link leads to, or None."""
    query = f"{_FIELDS} WHERE link_digest = $1"
    return _read(await pool.fetchrow(query, digest_of(link), timeout=DEADLINE_SECONDS))


@reaching
async def answer_question(pool: Pool, link: str, now: datetime, *, approves: bool) -> bool:
    """Write the one answer a link may give; False: it was given before, or is too late."""
    arguments = (digest_of(link), now, approves)
    return await pool.fetchval(_ANSWER, *arguments, timeout=DEADLINE_SECONDS) is not None


@reaching
async def withdraw_question(pool: Pool, challenge: UUID, now: datetime) -> None:
    """Take back a question that nobody has answered: its link is worth nothing, its words leave."""
    await pool.execute(_WITHDRAW, challenge, now, timeout=DEADLINE_SECONDS)


@reaching
async def enter(pool: Pool, keys: AccountKeys, entering: Entering, now: datetime) -> UUID | None:
    """Return the account of a guest who is let in, made once; None: nobody let them in."""
    asked = entering.asked
    claims = keys.seal(json.dumps({"says": entering.words}, ensure_ascii=False))
    key = keys.of(SPONSOR, asked.id.hex)
    async with pool.acquire(timeout=DEADLINE_SECONDS) as db, db.transaction():
        account_id = uuid4()
        if await db.fetchval(_ENTER, asked.id, account_id, timeout=DEADLINE_SECONDS) is None:
            # Their button was pressed twice: they are in already.
            known: UUID | None = await db.fetchval(_KNOWN, asked.id, timeout=DEADLINE_SECONDS)
            return known
        row = (account_id, SPONSOR, key, asked.host_sealed, now)
        await db.execute(_ACCOUNT, *row, timeout=DEADLINE_SECONDS)
        await db.execute(_PERSON, account_id, SPONSOR, claims, now, timeout=DEADLINE_SECONDS)
        await db.execute(_END, account_id, entering.until, timeout=DEADLINE_SECONDS)
    return account_id


def digest_of(link: str) -> bytes:
    """Return what a link's 128 random bits are kept as: 32 octets."""
    return sha256(link.encode()).digest()


def _read(row: Row | None) -> SponsorRequest | None:
    return SponsorRequest(**dict(row)) if row else None
