"""Sign-ins and sign-in links as rows: opaque random tokens out, only their SHA-256 in.

Whoever reads the tables can neither take over a browser's sign-in nor use a link.
"""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Select, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from territory.access.operators import Operator, as_operator
from territory.database.tables import operator, sign_in, sign_in_link

LINK_LIFE = timedelta(minutes=15)
LONGEST_TOKEN = 64
"""Characters; a longer one is nobody's."""
TOUCH_EVERY = timedelta(minutes=1)
"""A page's use is written down at most this often."""


class Application(StrEnum):
    """A site of its own for operators, with its own cookie."""

    CONSOLE = "console"
    DESK = "desk"
    DEMO = "demo"


@dataclass(frozen=True, slots=True)
class Lives:
    """How long a sign-in lasts."""

    idle: timedelta = timedelta(minutes=30)
    absolute: timedelta = timedelta(hours=10)


@dataclass(frozen=True, slots=True)
class SignIn:
    """An operator's browser that is signed in."""

    operator: Operator
    token_digest: bytes
    """SHA-256 of the cookie; 32 octets."""
    created_at: datetime
    last_used_at: datetime
    proved_at: datetime | None = None
    """Its second factor was given at; None: not, or none is asked."""


def new_token() -> str:
    """256 random bits, 43 characters safe in an address."""
    return secrets.token_urlsafe(32)


def digest_token(token: str) -> bytes:
    """What is stored of a token; 32 octets."""
    return hashlib.sha256(token[:LONGEST_TOKEN].encode("utf-8", "replace")).digest()


async def open_sign_in(
    db: AsyncConnection, operator_id: UUID, application: Application, lives: Lives, now: datetime
) -> str:
    """The cookie's token of a new sign-in; rows that have ended are cleared on the way."""
    token = new_token()
    values = {
        "token_digest": digest_token(token),
        "operator_id": operator_id,
        "application": application.value,
        "created_at": now,
        "last_used_at": now,
        "expires_at": now + lives.absolute,
    }
    await db.execute(delete(sign_in).where(sign_in.c.expires_at <= now))
    await db.execute(insert(sign_in).values(values))
    return token


async def load_sign_in(
    db: AsyncConnection, token: str, application: Application, lives: Lives, now: datetime
) -> SignIn | None:
    """The sign-in of a cookie; None: unknown, ended, idle too long, disabled."""
    digests = [digest_token(token)]
    return next(iter(await load_lasting(db, digests, application, lives, now)), None)


async def touch_sign_in(db: AsyncConnection, found: SignIn, now: datetime) -> None:
    """Mark a sign-in as used now."""
    if now - found.last_used_at >= TOUCH_EVERY:
        used = update(sign_in).where(sign_in.c.token_digest == found.token_digest)
        await db.execute(used.values(last_used_at=now))


async def load_lasting(
    db: AsyncConnection,
    digests: Collection[bytes],
    application: Application,
    lives: Lives,
    now: datetime,
) -> list[SignIn]:
    """Those of the digests' sign-ins that have not ended."""
    query = _lasting(application, lives, now).where(sign_in.c.token_digest.in_(digests))
    return [_sign_in(row) for row in (await db.execute(query)).mappings()]


def _lasting(application: Application, lives: Lives, now: datetime) -> Select[tuple[object, ...]]:
    return (
        select(
            operator,
            sign_in.c.token_digest,
            sign_in.c.last_used_at,
            sign_in.c.created_at.label("opened_at"),
            sign_in.c.proved_at,
        )
        .join_from(sign_in, operator, sign_in.c.operator_id == operator.c.id)
        .where(
            sign_in.c.application == application.value,
            sign_in.c.expires_at > now,
            sign_in.c.last_used_at > now - lives.idle,
            operator.c.disabled_at.is_(None),
        )
    )


def _sign_in(row: RowMapping) -> SignIn:
    digest, used = bytes(row["token_digest"]), row["last_used_at"]
    return SignIn(as_operator(row), digest, row["opened_at"], used, row["proved_at"])


async def close_sign_in(db: AsyncConnection, token_digest: bytes) -> None:
    """End one browser's sign-in."""
    await db.execute(delete(sign_in).where(sign_in.c.token_digest == token_digest))


async def mint_link(
    db: AsyncConnection, operator_id: UUID, application: Application | str, now: datetime
) -> str:
    """The token of a new link, good once within 15 minutes; late ones are cleared on the way."""
    token = new_token()
    application = Application(application)
    await db.execute(delete(sign_in_link).where(sign_in_link.c.expires_at <= now))
    values = {
        "token_digest": digest_token(token),
        "operator_id": operator_id,
        "application": application.value,
        "expires_at": now + LINK_LIFE,
    }
    await db.execute(insert(sign_in_link).values(values))
    return token


async def is_link_usable(
    db: AsyncConnection, token: str, application: Application, now: datetime
) -> bool:
    """Whether the link would open the door now; nothing is used up."""
    query = select(sign_in_link.c.operator_id).where(*_usable(token, application, now))
    return (await db.execute(query)).one_or_none() is not None


async def consume_link(
    db: AsyncConnection, token: str, application: Application, now: datetime
) -> Operator | None:
    """Whom the link signs in, once; None: unknown, used, late, or its operator is disabled."""
    use = (
        update(sign_in_link)
        .where(*_usable(token, application, now))
        .values(used_at=now)
        .returning(sign_in_link.c.operator_id)
    )
    operator_id = (await db.execute(use)).scalar_one_or_none()
    if operator_id is None:
        return None
    query = select(operator).where(operator.c.id == operator_id, operator.c.disabled_at.is_(None))
    row = (await db.execute(query)).mappings().one_or_none()
    return as_operator(row) if row else None


def _usable(token: str, application: Application, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        sign_in_link.c.token_digest == digest_token(token),
        sign_in_link.c.application == application.value,
        sign_in_link.c.used_at.is_(None),
        sign_in_link.c.expires_at > now,
    )
