"""What somebody outside saw of a guest of the demonstration: an address of a place, at a time.

Read while the day is open, since nobody can read it afterwards: it is what an authority would have
noted of an attack, from the logs of whoever was attacked.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from socle.demo.guests import VISITOR
from territory.database.tables import Category, nas, segment, session, site, site_public_address

_OF_A_DAY: Final = tuple(map(str, (Category.SOURCE, Category.TRAFFIC, Category.SECURITY)))
"""What is sealed of a day itself, and ends within the year."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One guest's address on the Internet."""

    place: str
    """The site's name: what the authority does not know."""
    address: str
    at: datetime
    """Within the guest's session, UTC, to the second."""


async def look(engine: AsyncEngine) -> Sighting | None:
    """Return the latest session of a guest, the visitor's own first; None: nobody was online.

    Synthetic guests have a NAS of their own, which is no site's: they are nobody.
    """
    known = site_public_address.c
    query = (
        select(site.c.name, known.address, session.c.started_at, session.c.last_seen_at)
        .join_from(session, nas, nas.c.id == session.c.nas_id)
        .join(site, site.c.id == session.c.site_id)
        .join(site_public_address, known.site_id == session.c.site_id)
        .where(known.valid_until.is_(None))
        .order_by((session.c.device == VISITOR.mac).desc(), session.c.last_seen_at.desc())
        .limit(1)
    )
    async with engine.connect() as db:
        row = (await db.execute(query)).one_or_none()
    if row is None:
        return None
    middle = row.started_at + (row.last_seen_at - row.started_at) / 2
    return Sighting(row.name, str(row.address), middle.replace(microsecond=0))


async def segments_of(engine: AsyncEngine, day: date) -> list[bool]:
    """Return whether each sealed segment of a day is destroyed; nothing: it is not sealed yet."""
    about = segment.c.day == day, segment.c.category.in_(_OF_A_DAY)
    query = select(segment.c.purged_at).where(*about)
    async with engine.connect() as db:
        return [instant is not None for instant in (await db.execute(query)).scalars()]
