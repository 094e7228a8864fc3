"""Guests' accounts: found by a keyed digest, named by an opaque identifier, apart from who it is.

Whoever comes back is the same account as long as it is open. Civil identity goes through a function
of the database to where the portal cannot read it, sealed, and only where there is any to keep.
"""

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from uuid import UUID, uuid4

from portal.records import DEADLINE_SECONDS, Pool, reaching

OPENID_CONNECT = "openid_connect"

_KNOWN = """
    INSERT INTO account.account (id, kind, key, provider, subject_sealed, created_at, last_used_at)
    VALUES ($1, $2, $3, $4, $5, $6, $6)
    ON CONFLICT (key) WHERE closed_at IS NULL DO UPDATE SET last_used_at = excluded.last_used_at
    RETURNING id
"""
_PERSON = "SELECT account.record_person($1, $2, $3, $4)"


@dataclass(frozen=True, slots=True)
class AccountKeys:
    """What accounts are found by and sealed with."""

    digest: bytes = field(repr=False)
    """The keyring's "account"."""
    seal: Callable[[str], bytes] = field(repr=False)
    """The keyring's."""

    def of(self, *parts: str) -> bytes:
        """Return the digest of what an account's holder is known by: 32 octets (HMAC-SHA256)."""
        return hmac.new(self.digest, "\0".join(parts).encode(), sha256).digest()


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom an identity provider vouches for."""

    provider: str
    """Its code."""
    issuer: str
    """Its identifier."""
    subject: str = field(repr=False)
    """Its own name for the person."""
    kept: Mapping[str, str] = field(repr=False)
    """Claims that the territory keeps."""


@reaching
async def account_of(pool: Pool, keys: AccountKeys, holder: Holder, now: datetime) -> UUID:
    """Return the open account of whom a provider vouches for, made at the first sign-in."""
    async with pool.acquire(timeout=DEADLINE_SECONDS) as db, db.transaction():
        account_id: UUID = await db.fetchval(
            _KNOWN,
            uuid4(),
            OPENID_CONNECT,
            keys.of(OPENID_CONNECT, holder.issuer, holder.subject),
            holder.provider,
            keys.seal(holder.subject),
            now,
            timeout=DEADLINE_SECONDS,
        )
        if holder.kept:
            claims = keys.seal(json.dumps(dict(holder.kept), ensure_ascii=False))
            await db.execute(
                _PERSON, account_id, holder.provider, claims, now, timeout=DEADLINE_SECONDS
            )
    return account_id
