"""The audit log: who did what, appended through one SQL function and chained by digests.

An entry's digest is SHA-256 over the digest before it and the entry's canonical text (the fields
joined by U+001F). :func:`verify` recomputes the chain from what was read, so a changed, removed or
inserted line shows as the first number that no longer fits. The end of the chain cannot vouch for
itself: who owns the database may cut the last lines off, and each day's manifest signs it. Its
beginning moves: the oldest lines leave at their term, and an anchor keeps the digest that the first
one left follows; the archive's chain has signed that too.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Text, cast, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from territory.database.tables import audit_anchor, audit_entry

GENESIS = bytes(32)
"""The digest before entry 1."""
SEPARATOR = "\x1f"

_APPEND = text(
    "SELECT audit.append(CAST(:at AS timestamptz), CAST(:operator_id AS uuid), :actor, :action,"
    " :subject, CAST(:detail AS jsonb))"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log."""

    number: int
    """1, 2, 3... without a gap."""
    at: datetime
    operator_id: UUID | None
    actor: str
    """The operator's login, or the component that acted by itself."""
    action: str
    subject: str
    detail: str
    """JSON as PostgreSQL writes jsonb: the digest is over these exact characters."""
    previous_digest: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class Act:
    """What is about to be written."""

    action: str
    """A stable word such as ``operator.added``."""
    subject: str
    """A code, login or identifier; never a guest's data."""
    detail: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What recomputing the chain found."""

    checked: int
    """Entries that fit, from the first one looked at."""
    broken_at: int | None
    """Number of the first entry that does not fit; None: all fit."""


def canonical(entry: Entry) -> str:
    """The text whose SHA-256, after the previous digest, is the entry's digest."""
    at = entry.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    operator = str(entry.operator_id) if entry.operator_id else ""
    fields = (str(entry.number), at, operator, entry.actor, entry.action, entry.subject)
    return SEPARATOR.join((*fields, entry.detail))


def digest_of(entry: Entry) -> bytes:
    """SHA-256 over the previous digest and the canonical text; 32 octets."""
    return hashlib.sha256(entry.previous_digest + canonical(entry).encode()).digest()


def verify(
    entries: Iterable[Entry], *, after_number: int = 0, after_digest: bytes = GENESIS
) -> Verdict:
    """Recompute the chain over ``entries`` in order, from the one after ``after_number``."""
    number, digest, checked = after_number, after_digest, 0
    for entry in entries:
        follows = entry.number == number + 1 and entry.previous_digest == digest
        if not follows or digest_of(entry) != entry.digest:
            return Verdict(checked, number + 1 if entry.number > number + 1 else entry.number)
        number, digest, checked = entry.number, entry.digest, checked + 1
    return Verdict(checked, None)


async def append(
    db: AsyncConnection, at: datetime, operator_id: UUID | None, actor: str, act: Act
) -> int:
    """Append one line in the caller's transaction: the act and its line live or fail together."""
    values = {
        "at": at,
        "operator_id": operator_id,
        "actor": actor,
        "action": act.action,
        "subject": act.subject,
        "detail": json.dumps(act.detail),
    }
    return int((await db.execute(_APPEND, values)).scalar_one())


async def load_anchor(db: AsyncConnection) -> tuple[int, bytes]:
    """Number and digest of the last line that left at its term; 0 and GENESIS: none did."""
    query = (
        select(audit_anchor.c.number, audit_anchor.c.digest)
        .order_by(audit_anchor.c.number.desc())
        .limit(1)
    )
    row = (await db.execute(query)).one_or_none()
    return (row.number, row.digest) if row else (0, GENESIS)


async def load_entries(db: AsyncConnection, *, after: int = 0, limit: int = 1000) -> list[Entry]:
    """At most ``limit`` entries numbered above ``after``, in order."""
    columns = [column for column in audit_entry.c if column.name != "detail"]
    query = (
        select(*columns, cast(audit_entry.c.detail, Text).label("detail"))
        .where(audit_entry.c.number > after)
        .order_by(audit_entry.c.number)
        .limit(limit)
    )
    return [Entry(**row) for row in (await db.execute(query)).mappings()]
