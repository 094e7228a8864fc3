"""The console's reads of what RADIUS could not use; for who sees the whole territory."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.console.discards import Discard, SetAside
from territory.database.tables import discard, nas, set_aside

RECENT = timedelta(days=1)
MOST_ROWS = 200


async def load_discards(db: AsyncConnection, now: datetime) -> list[Discard]:
    """Packets discarded since yesterday, by address and reason, the latest first."""
    query = (
        select(
            discard.c.source_address,
            discard.c.reason,
            func.sum(discard.c.packets).label("packets"),
            func.min(discard.c.first_at).label("first_at"),
            func.max(discard.c.last_at).label("last_at"),
            func.max(discard.c.packet_kind).label("packet_kind"),
            func.max(discard.c.claimed_name).label("claimed_name"),
        )
        .where(discard.c.last_at > now - RECENT)
        .group_by(discard.c.source_address, discard.c.reason)
        .order_by(func.max(discard.c.last_at).desc())
        .limit(MOST_ROWS)
    )
    return [
        Discard(
            str(row["source_address"]),
            row["reason"],
            int(row["packets"]),
            row["first_at"],
            row["last_at"],
            row["packet_kind"],
            row["claimed_name"],
        )
        for row in (await db.execute(query)).mappings()
    ]


async def load_set_aside(db: AsyncConnection) -> list[SetAside]:
    """Accounting packets that wait to be looked at, the latest first."""
    query = (
        select(set_aside.c.received_at, nas.c.code, set_aside.c.reason)
        .join_from(set_aside, nas, set_aside.c.nas_id == nas.c.id)
        .order_by(set_aside.c.received_at.desc())
        .limit(MOST_ROWS)
    )
    return [SetAside(row[0], row[1], row[2]) for row in await db.execute(query)]
