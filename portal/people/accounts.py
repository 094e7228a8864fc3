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
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from portal.records import DEADLINE_SECONDS, Pool, Row, reaching
from portal.visit import Visit

if TYPE_CHECKING:
    import asyncpg

    Connection = asyncpg.pool.PoolConnectionProxy[Row]

ACCOUNT, OPENID_CONNECT = "account", "openid_connect"
"""Kinds: a password of ours, or an identity provider's word."""

_KNOWN = """
    INSERT INTO account.account (id, kind, key, provider, subject_sealed, created_at, last_used_at)
    VALUES ($1, $2, $3, $4, $5, $6, $6)
    ON CONFLICT (key) WHERE closed_at IS NULL DO UPDATE SET last_used_at = excluded.last_used_at
    RETURNING id
"""
_FIND = """
    SELECT id, password_hash FROM account.account WHERE key = $1 AND closed_at IS NULL
"""
_USED = "UPDATE account.account SET last_used_at = $2 WHERE id = $1"
_SETTLE = """
    UPDATE live.challenge SET contact_sealed = NULL WHERE id = $1 AND contact_sealed IS NOT NULL
    RETURNING id
"""
_SETTLED = """
    SELECT contact_digest FROM live.challenge
    WHERE id = $1 AND visit_id = $2 AND method = 'account' AND contact_sealed IS NULL
"""
_CHOOSE = """
    INSERT INTO account.account (id, kind, key, password_hash, created_at, last_used_at)
    VALUES ($1, $2, $3, $4, $5, $5)
    ON CONFLICT (key) WHERE closed_at IS NULL DO UPDATE
    SET password_hash = excluded.password_hash, last_used_at = excluded.last_used_at
    RETURNING id
"""
_IS_OPEN = "SELECT EXISTS (SELECT FROM account.account WHERE id = $1 AND closed_at IS NULL)"
_CLOSE = "SELECT account.close($1, $2)"
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


@dataclass(frozen=True, slots=True)
class Account:
    """An open account with a password."""

    id: UUID
    """Opaque; admissions name it."""
    password_hash: str | None = field(repr=False)
    """Argon2id, encoded; None: its holder signs in elsewhere."""


@reaching
async def find_account(pool: Pool, key: bytes) -> Account | None:
    """Return the open account of whom a digest stands for, or None."""
    row = await pool.fetchrow(_FIND, key, timeout=DEADLINE_SECONDS)
    return Account(**dict(row)) if row else None


@reaching
async def record_use(pool: Pool, account_id: UUID, now: datetime) -> None:
    """Write that its holder has just signed in."""
    await pool.execute(_USED, account_id, now, timeout=DEADLINE_SECONDS)


@reaching
async def set_password(
    pool: Pool, challenge: UUID, key: bytes, told: tuple[str, bytes], now: datetime
) -> UUID | None:
    """Settle a challenge, once, and return the account with its password; None: settled before.

    `told`: the password's hash, and its holder's civil identity, sealed.
    """
    async with pool.acquire(timeout=DEADLINE_SECONDS) as db, db.transaction():
        if await db.fetchval(_SETTLE, challenge, timeout=DEADLINE_SECONDS) is None:
            return None
        return await choose_password(db, key, told, now)


async def choose_password(
    db: "Connection", key: bytes, told: tuple[str, bytes], now: datetime
) -> UUID:
    """Return the account of a key with its password, made where there is none; in a transaction.

    `told`: as for `set_password`.
    """
    encoded, claims = told
    arguments = (uuid4(), ACCOUNT, key, encoded, now)
    account_id: UUID = await db.fetchval(_CHOOSE, *arguments, timeout=DEADLINE_SECONDS)
    await db.execute(_PERSON, account_id, "guest", claims, now, timeout=DEADLINE_SECONDS)
    return account_id


@reaching
async def settled_key(pool: Pool, visit: Visit) -> bytes | None:
    """Return the key of the account whose password a visit has chosen; None: it has chosen none."""
    arguments = (visit.challenge, visit.id)
    key: bytes | None = await pool.fetchval(_SETTLED, *arguments, timeout=DEADLINE_SECONDS)
    return key


@reaching
async def is_open(pool: Pool, account_id: UUID) -> bool:
    """Return whether there is an account of this identifier that is not over."""
    return bool(await pool.fetchval(_IS_OPEN, account_id, timeout=DEADLINE_SECONDS))


@reaching
async def close_account(pool: Pool, account_id: UUID, now: datetime) -> None:
    """End an account: its password goes at once, its dates when the law says."""
    await pool.execute(_CLOSE, account_id, now, timeout=DEADLINE_SECONDS)


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
