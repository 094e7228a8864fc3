"""Announced maintenance as it is kept: written by console and command line, read by supervision.

In the caller's transaction, with the audit line or not at all. A window that is ended keeps what it
covered: its end moves, its row stays.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from territory.database.tables import maintenance, site
from territory.health.maintenance import Window


@dataclass(frozen=True, slots=True)
class Announcement:
    """A window, and who announced it for what."""

    window: Window
    why: str
    asked_by: str
    """Login or professional address."""
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Announced:
    """A window that is not over."""

    id: UUID
    announcement: Announcement
    site_code: str | None
    """None: the whole territory."""
    site_name: str | None

    def has_begun(self, now: datetime) -> bool:
        """Whether it goes on, or is still to come."""
        return self.announcement.window.begins_at <= now


async def announce(db: AsyncConnection, announcement: Announcement) -> UUID:
    """Write a window and return its name."""
    window, identifier = announcement.window, uuid4()
    await db.execute(
        insert(maintenance).values(
            id=identifier,
            site_id=window.site_id,
            begins_at=window.begins_at,
            ends_at=window.ends_at,
            why=announcement.why,
            asked_by=announcement.asked_by,
            asked_at=announcement.asked_at,
        )
    )
    return identifier


async def load_announced(
    db: AsyncConnection, now: datetime, organisation_id: UUID | None = None
) -> list[Announced]:
    """Return the windows that are not over, the first to end first.

    Of an organisation, those of its sites and those of the whole territory.
    """
    query = (
        select(maintenance, site.c.code, site.c.name)
        .outerjoin(site, site.c.id == maintenance.c.site_id)
        .where(maintenance.c.ends_at > now)
        .order_by(maintenance.c.ends_at, maintenance.c.id)
    )
    if organisation_id is not None:
        own = site.c.organisation_id == organisation_id
        query = query.where(or_(maintenance.c.site_id.is_(None), own))
    return [
        Announced(
            row.id,
            Announcement(
                Window(row.site_id, row.begins_at, row.ends_at),
                row.why,
                row.asked_by,
                row.asked_at,
            ),
            row.code,
            row.name,
        )
        for row in await db.execute(query)
    ]


async def end_window(
    db: AsyncConnection, window_id: UUID, now: datetime, organisation_id: UUID | None = None
) -> bool:
    """End a window now, or before it begins; False where none goes on or is to come.

    An organisation ends those of its own sites alone.
    """
    own = select(site.c.id).where(site.c.organisation_id == organisation_id)
    statement = (
        update(maintenance)
        .where(maintenance.c.id == window_id, maintenance.c.ends_at > now)
        .values(ends_at=func.greatest(maintenance.c.begins_at, now))
    )
    if organisation_id is not None:
        statement = statement.where(maintenance.c.site_id.in_(own))
    return (await db.execute(statement)).rowcount > 0
