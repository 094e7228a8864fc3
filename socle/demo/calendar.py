"""How far each day of the demonstration has come on the way from a session to nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from socle.demo.page import Day
from territory.database.tables import segment

GRACE = timedelta(days=2)
_MOST_DAYS = 8


@dataclass(frozen=True, slots=True)
class Sealed:
    """What the archive's index says of one day."""

    rows: int
    """Slices sealed."""
    segments: int
    purged: int
    """Segments whose key is destroyed."""


def describe(day: date, today: date, sealed: Sealed | None) -> Day:
    """Return in words how far `day` has come."""
    if sealed and sealed.purged == sealed.segments:
        return Day(day, "effacée", "les clés sont détruites ; le manifeste signé le prouve")
    if sealed:
        kept = f"{sealed.rows} tranche(s) sous {sealed.segments} scellé(s)"
        left = f", {sealed.purged} déjà illisible(s)" if sealed.purged else ""
        return Day(day, "scellée", kept + left)
    if day == today:
        return Day(day, "ouverte", "les sessions d'aujourd'hui s'y ajoutent")
    return Day(day, "délai de grâce", f"sera scellée le {day + GRACE + timedelta(days=1):%d/%m/%Y}")


async def load_days(engine: AsyncEngine, today: date) -> list[Day]:
    """Return the last days on which anything happened, newest first, today among them."""
    async with engine.connect() as connection:
        rows = await connection.execute(
            select(
                segment.c.day,
                func.sum(segment.c.rows),
                func.count(),
                func.count(segment.c.purged_at),
            )
            .where(segment.c.rows > 0)
            .group_by(segment.c.day)
        )
        sealed = {day: Sealed(int(n), count, purged) for day, n, count, purged in rows}
        recorded = await connection.execute(
            text("SELECT DISTINCT (received_at AT TIME ZONE 'UTC')::date FROM source.event")
        )
        open_days: Iterable[date] = recorded.scalars().all()
    days = sorted({today, *open_days, *sealed}, reverse=True)[:_MOST_DAYS]
    return [describe(day, today, sealed.get(day)) for day in days]
