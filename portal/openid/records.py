"""Sign-ins at identity providers that are under way: their rows, and that each is answered once.

A row holds no secret: state, nonce, verifier and code are derived from its identifier. What it does
hold is the signed visit, since the provider's answer brings nothing but the state back.
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from portal.records import DEADLINE_SECONDS, Pool, Row, reaching

_OPEN = """
    WITH over AS (DELETE FROM live.openid_request WHERE expires_at < $6)
    INSERT INTO live.openid_request (id, provider, plain, visit, begun_from, expires_at)
    VALUES ($1, $2, $3, $4, $5, $7)
"""
_ROW = """
    SELECT id, provider, visit, begun_from, answered_at, account_id FROM live.openid_request
"""
_CLAIM = """
    UPDATE live.openid_request SET answered_at = $2
    WHERE id = $1 AND answered_at IS NULL AND expires_at > $2
    RETURNING id, provider, visit, begun_from, answered_at, account_id
"""
_VOUCH = "UPDATE live.openid_request SET account_id = $2 WHERE id = $1"


@dataclass(frozen=True, slots=True)
class OpenidRequest:
    """One sign-in at a provider."""

    id: UUID
    """The challenge its visit carries."""
    provider: str
    """Code of the provider."""
    visit: str = field(repr=False)
    """The visit it belongs to, signed."""
    begun_from: bytes
    """Keyed digest of where it was begun from."""
    answered_at: datetime | None = None
    """When the provider answered; None: not yet."""
    account_id: UUID | None = None
    """Whom it vouched for; None: nobody, or not yet."""


@reaching
async def open_request(
    pool: Pool, request: OpenidRequest, plain: str, now: datetime, expires_at: datetime
) -> None:
    """Write a sign-in that begins; those that are over leave."""
    arguments = (request.id, request.provider, plain, request.visit, request.begun_from)
    await pool.execute(_OPEN, *arguments, now, expires_at, timeout=DEADLINE_SECONDS)


@reaching
async def load_request(pool: Pool, challenge: UUID, now: datetime) -> OpenidRequest | None:
    """Return a sign-in that is not over, or None."""
    query = f"{_ROW} WHERE id = $1 AND expires_at > $2"
    return _read(await pool.fetchrow(query, challenge, now, timeout=DEADLINE_SECONDS))


@reaching
async def find_request(pool: Pool, plain: str, now: datetime) -> OpenidRequest | None:
    """Return the sign-in that a plain address leads to, unless it is over or answered."""
    query = f"{_ROW} WHERE plain = $1 AND expires_at > $2 AND answered_at IS NULL"
    return _read(await pool.fetchrow(query, plain, now, timeout=DEADLINE_SECONDS))


@reaching
async def claim_request(pool: Pool, challenge: UUID, now: datetime) -> OpenidRequest | None:
    """Take the one answer a sign-in may have; None: it is over, or was answered before."""
    return _read(await pool.fetchrow(_CLAIM, challenge, now, timeout=DEADLINE_SECONDS))


@reaching
async def record_vouched(pool: Pool, challenge: UUID, account_id: UUID) -> None:
    """Write whom the provider vouched for."""
    await pool.execute(_VOUCH, challenge, account_id, timeout=DEADLINE_SECONDS)


def _read(row: Row | None) -> OpenidRequest | None:
    return OpenidRequest(**dict(row)) if row else None
