"""What agents hand on to the desk because a gendarme came: written, listed, taken in.

The console's role writes a row and never reads its content back; the desk's reads it and notes that
it did. The content is sealed at rest with the master key, the scanned act in it.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from territory.access.operators import Operator
from territory.database.locks import Lock
from territory.database.tables import transmission

_PARIS: Final = ZoneInfo("Europe/Paris")
_MOST: Final = 200
_SHOWN: Final = (
    transmission.c.id,
    transmission.c.year,
    transmission.c.number,
    transmission.c.sent_at,
    transmission.c.operator_id,
    transmission.c.login,
    transmission.c.organisation_id,
    transmission.c.site,
    transmission.c.document_sha256,
    transmission.c.received_at,
)
"""What the console may read back."""


@dataclass(frozen=True, slots=True)
class Content:
    """What the agent wrote down, and the act; the desk's alone to read."""

    authority: str
    """Who came: service, unit, name and rank."""
    reference: str
    """The authority's own number; empty: none was seen."""
    known: str
    """What is asked, as it was said; empty: see the act."""
    site: str = ""
    """Code of the place; empty: not told. The console may read it back, and nothing else."""
    document: bytes = b""
    """The scanned act; empty: none."""


@dataclass(frozen=True, slots=True)
class Transmission:
    """One of them, without its content."""

    id: UUID
    name: str
    """`T-2026-0001`."""
    sent_at: datetime
    operator_id: UUID
    login: str
    organisation_id: UUID | None
    site: str
    """Code of the place; empty: not told."""
    document_sha256: str | None
    """Of the scanned act, in hexadecimal; None: there is none."""
    received_at: datetime | None
    """Taken in at the desk at; None: it waits."""


async def send(
    db: AsyncConnection,
    content: Content,
    by: Operator,
    seal: Callable[[str], bytes],
    now: datetime,
) -> Transmission:
    """Write what was handed over, with the year's next number; return its receipt."""
    await db.execute(select(func.pg_advisory_xact_lock(Lock.TRANSMISSIONS)))
    year = now.astimezone(_PARIS).year
    last = select(func.coalesce(func.max(transmission.c.number), 0)).where(
        transmission.c.year == year
    )
    document = content.document
    told = {**asdict(content), "document": base64.b64encode(document).decode()}
    row = {
        "id": uuid4(),
        "year": year,
        "number": (await db.execute(last)).scalar_one() + 1,
        "sent_at": now,
        "operator_id": by.id,
        "login": by.login,
        "organisation_id": by.organisation_id,
        "site": content.site,
        "document_sha256": sha256(document).digest() if document else None,
    }
    sealed = seal(json.dumps(told))
    await db.execute(insert(transmission).values(**row, content_sealed=sealed))
    return await load_receipt(db, row["id"])


async def load_receipt(db: AsyncConnection, transmission_id: UUID) -> Transmission:
    """Return one, without its content."""
    query = select(*_SHOWN).where(transmission.c.id == transmission_id)
    return _shown((await db.execute(query)).mappings().one())


async def load_sent(db: AsyncConnection, by: Operator) -> list[Transmission]:
    """Return those of the operator's organisation, else their own, the last first."""
    own = transmission.c.operator_id == by.id
    if by.organisation_id is not None:
        own = transmission.c.organisation_id == by.organisation_id
    query = select(*_SHOWN).where(own).order_by(transmission.c.sent_at.desc()).limit(_MOST)
    return [_shown(row) for row in (await db.execute(query)).mappings()]


async def load_waiting(db: AsyncConnection) -> list[Transmission]:
    """Return those that the desk has not taken in, the oldest first."""
    query = select(*_SHOWN).where(transmission.c.received_at.is_(None))
    ordered = query.order_by(transmission.c.sent_at).limit(_MOST)
    return [_shown(row) for row in (await db.execute(ordered)).mappings()]


async def read_content(
    db: AsyncConnection, transmission_id: UUID, unseal: Callable[[bytes], str]
) -> Content:
    """Return what the agent wrote and the act; the desk's role alone may."""
    query = select(transmission.c.content_sealed).where(transmission.c.id == transmission_id)
    told = json.loads(unseal((await db.execute(query)).scalar_one()))
    return Content(**{**told, "document": base64.b64decode(told["document"])})


async def take_in(db: AsyncConnection, transmission_id: UUID, login: str, now: datetime) -> bool:
    """Note that the desk has it; return whether it waited until now."""
    waits = (transmission.c.id == transmission_id, transmission.c.received_at.is_(None))
    done = await db.execute(
        update(transmission).where(*waits).values(received_at=now, received_by=login)
    )
    return done.rowcount > 0


def _shown(row: RowMapping) -> Transmission:
    told = {key: row[key] for key in row if key not in ("year", "number", "document_sha256")}
    digest = row["document_sha256"]
    name = f"T-{row['year']}-{row['number']:04d}"
    return Transmission(**told, name=name, document_sha256=digest.hex() if digest else None)
