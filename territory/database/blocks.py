"""Blocks: a device, a ticket, an account or an admission that may not go online, and until when.

Written by the command line (and by whoever else may), read by RADIUS with its directory, and by the
portal before it grants. Writing one tells both on the channel `territory`, and asks that whatever
it names be disconnected; both happen in the caller's transaction, with the audit line or not at
all. An expired block holds nobody back; retention takes its row away.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from territory.database.commands import InTransaction, Request, Target, ask_disconnect
from territory.database.tables import admission, block
from territory.identifiers import MacAddress

_CHANNEL: Final = "territory"
_ASKED_BY: Final = "block"


class BlockKind(StrEnum):
    """What may be blocked."""

    DEVICE = "device"
    TICKET = "ticket"
    ACCOUNT = "account"
    ADMISSION = "admission"


@dataclass(frozen=True, slots=True)
class Block:
    """Who may not go online."""

    id: UUID
    kind: BlockKind
    subject: MacAddress | UUID
    """A device's address; else the identifier of a ticket, account or admission."""
    reason: str
    """In words, for colleagues."""
    author: str
    """Who decided it."""
    created_at: datetime
    until: datetime | None
    """None: until it is lifted."""


def new_block(
    kind: BlockKind, subject: MacAddress | UUID, reason: str, author: str, now: datetime
) -> Block:
    """Return a block without an end; `dataclasses.replace` gives it one."""
    return Block(uuid4(), kind, subject, reason, author, now, None)


async def record_block(db: AsyncConnection, wanted: Block) -> None:
    """Write a block, tell RADIUS and the portal, and ask that what it names be disconnected."""
    is_device = isinstance(wanted.subject, MacAddress)
    await db.execute(
        insert(block).values(
            id=wanted.id,
            kind=wanted.kind.value,
            device=str(wanted.subject) if is_device else None,
            subject_id=None if is_device else wanted.subject,
            reason=wanted.reason,
            author=wanted.author,
            created_at=wanted.created_at,
            until=wanted.until,
        )
    )
    await _tell(db)
    request = Request(_ASKED_BY, wanted.created_at)
    for target in await _targets(db, wanted):
        await ask_disconnect(InTransaction(db), target, request)


async def remove_block(db: AsyncConnection, block_id: UUID) -> bool:
    """Lift a block; False where there was none."""
    gone = (await db.execute(delete(block).where(block.c.id == block_id))).rowcount > 0
    if gone:
        await _tell(db)
    return gone


async def load_blocks(db: AsyncConnection, now: datetime) -> list[Block]:
    """Return the blocks in force, the newest first."""
    query = (
        select(block)
        .where(or_(block.c.until.is_(None), block.c.until > now))
        .order_by(block.c.created_at.desc(), block.c.id)
    )
    return [
        Block(
            id=row["id"],
            kind=BlockKind(row["kind"]),
            subject=MacAddress.parse(row["device"]) if row["device"] else row["subject_id"],
            reason=row["reason"],
            author=row["author"],
            created_at=row["created_at"],
            until=row["until"],
        )
        for row in (await db.execute(query)).mappings()
    ]


async def _targets(db: AsyncConnection, wanted: Block) -> list[Target]:
    """Return whose sessions a block ends: a ticket's and an account's are those of each right."""
    if isinstance(wanted.subject, MacAddress):
        return [Target(device=wanted.subject)]
    if wanted.kind is BlockKind.ADMISSION:
        return [Target(admission_id=wanted.subject)]
    query = select(admission.c.id).where(
        admission.c.guest_id == wanted.subject, admission.c.ends_at > wanted.created_at
    )
    return [Target(admission_id=found) for found in (await db.execute(query)).scalars()]


async def _tell(db: AsyncConnection) -> None:
    await db.execute(text("SELECT pg_notify(:channel, '')"), {"channel": _CHANNEL})
