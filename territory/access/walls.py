"""Links for screens on walls, as rows: read-only, with an end, taken away by one button.

A television cannot sign in, and an operator's sign-in must not stay open on one. A wall link opens
the live page alone, without its actions and without the sites that are off the public map. It is
made once and shown once; the table keeps only its SHA-256.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, RowMapping, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from territory.access.operators import Actor, Operator, record
from territory.access.store import TOUCH_EVERY, digest_token, new_token
from territory.database.tables import operator, organisation, wall_link

LONGEST_NAME: Final = 60
LIVES: Final = {days: timedelta(days=days) for days in (7, 30, 90, 365)}
"""How long a link may last, by its days."""
KEPT_AFTER: Final = timedelta(days=30)
"""An ended link stays in the list so long; the audit log keeps what was done with it."""
OPENED_ANEW: Final = timedelta(hours=12)
"""A screen that was dark so long is told in the audit log when it opens again."""


@dataclass(frozen=True, slots=True)
class Wall:
    """A link, as operators see it."""

    id: UUID
    name: str
    """Where the screen hangs."""
    organisation_id: UUID | None
    """Whose sites it shows; None: the territory's."""
    organisation: str
    """Its name; empty: the territory's."""
    made_by: str
    """An operator's name."""
    made_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    """Taken away, or its maker's account was closed; None: neither."""
    last_used_at: datetime | None
    """None: nobody has opened it."""
    token_digest: bytes

    def is_open(self, now: datetime) -> bool:
        """Whether it still shows anything."""
        return self.ended_at is None and now < self.expires_at


_WALLS: Final = (
    select(
        wall_link,
        organisation.c.name.label("organisation"),
        operator.c.display_name.label("maker"),
        func.least(wall_link.c.revoked_at, operator.c.disabled_at).label("ended_at"),
    )
    .join_from(wall_link, operator, operator.c.id == wall_link.c.made_by)
    .outerjoin(organisation, organisation.c.id == wall_link.c.organisation_id)
)


def _in_force(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        wall_link.c.revoked_at.is_(None),
        wall_link.c.expires_at > now,
        operator.c.disabled_at.is_(None),
    )


async def load_walls(db: AsyncConnection, organisation_id: UUID | None) -> list[Wall]:
    """Return the links of an organisation (None: of all), the latest first."""
    query = _WALLS.order_by(wall_link.c.made_at.desc())
    if organisation_id is not None:
        query = query.where(wall_link.c.organisation_id == organisation_id)
    return [_wall(row) for row in (await db.execute(query)).mappings()]


async def load_open_walls(
    db: AsyncConnection, digests: Collection[bytes], now: datetime
) -> list[Wall]:
    """Return those of the digests' links that are in force."""
    query = _WALLS.where(wall_link.c.token_digest.in_(digests), *_in_force(now))
    return [_wall(row) for row in (await db.execute(query)).mappings()]


async def open_wall(db: AsyncConnection, token: str, now: datetime) -> Wall | None:
    """Return the link of a token, marked as used; None: unknown, ended, taken away."""
    for wall in await load_open_walls(db, [digest_token(token)], now):
        last = wall.last_used_at
        if last is None or now - last >= TOUCH_EVERY:
            used = update(wall_link).where(wall_link.c.id == wall.id)
            await db.execute(used.values(last_used_at=now))
        if last is None or now - last >= OPENED_ANEW:
            await record(db, Actor(None, "wall link"), "wall.opened", wall.name, now)
        return wall
    return None


async def make_wall(
    db: AsyncConnection, by: Operator, name: str, life: timedelta, now: datetime
) -> str:
    """Return the token of a new link on what ``by`` may see; long ended ones are cleared."""
    token = new_token()
    await db.execute(delete(wall_link).where(wall_link.c.expires_at <= now - KEPT_AFTER))
    values = {
        "id": uuid4(),
        "token_digest": digest_token(token),
        "name": name,
        "organisation_id": by.organisation_id,
        "made_by": by.id,
        "made_at": now,
        "expires_at": now + life,
    }
    await db.execute(insert(wall_link).values(values))
    await record(db, Actor(by.id, by.login), "wall.made", name, now, days=life.days)
    return token


async def revoke_wall(db: AsyncConnection, by: Operator, wall_id: UUID, now: datetime) -> bool:
    """Take a link away; False: there is none that ``by`` could have made, or it had ended."""
    mine = wall_link.c.id == wall_id
    if by.organisation_id is not None:
        mine &= wall_link.c.organisation_id == by.organisation_id
    still = update(wall_link).where(mine, wall_link.c.revoked_at.is_(None))
    revoke = still.values(revoked_at=now).returning(wall_link.c.name)
    name = (await db.execute(revoke)).scalar_one_or_none()
    if name is None:
        return False
    await record(db, Actor(by.id, by.login), "wall.revoked", name, now)
    return True


def _wall(row: RowMapping) -> Wall:
    return Wall(
        id=row["id"],
        name=row["name"],
        organisation_id=row["organisation_id"],
        organisation=row["organisation"] or "",
        made_by=row["maker"],
        made_at=row["made_at"],
        expires_at=row["expires_at"],
        ended_at=row["ended_at"],
        last_used_at=row["last_used_at"],
        token_digest=bytes(row["token_digest"]),
    )
