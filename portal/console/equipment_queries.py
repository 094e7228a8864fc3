"""The console's reads of equipment wherever it stands: the most pressing, never all of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.console.estate import AccessPoint, Nas
from portal.console.queries import (
    Scope,
    access_point_query,
    nas_query,
    read_access_point,
    read_nas,
)
from territory.database.tables import access_point, equipment_state, nas, nas_seen, site
from territory.health.states import State

MOST_ROWS: Final = 200
"""What fails in a large territory stands on top; the rest is found by its site."""
_RANK: Final = case(
    {state.value: state.rank for state in State},
    value=func.coalesce(equipment_state.c.state, State.UNKNOWN.value),
)
Part = TypeVar("Part", Nas, AccessPoint)


@dataclass(frozen=True, slots=True)
class Standing(Generic[Part]):
    """A piece of equipment, and where it stands."""

    site_code: str
    site_name: str
    part: Part


async def load_worst_nas(db: AsyncConnection, scope: Scope) -> list[Standing[Nas]]:
    """The NAS of a scope, the worst first, at most ``MOST_ROWS``."""
    rows = (await db.execute(_worst(nas_query(_sites_of(scope)), nas))).mappings()
    return [Standing(row["site_code"], row["site_name"], read_nas(row)) for row in rows]


async def load_worst_access_points(
    db: AsyncConnection, scope: Scope
) -> list[Standing[AccessPoint]]:
    """The access points of a scope, the worst first, at most ``MOST_ROWS``."""
    query = _worst(access_point_query(_sites_of(scope)), access_point)
    rows = (await db.execute(query)).mappings()
    return [Standing(row["site_code"], row["site_name"], read_access_point(row)) for row in rows]


def _sites_of(scope: Scope) -> Select[Any]:
    return scope.narrow(select(site.c.id))


def _worst(query: Select[Any], part: Any) -> Select[Any]:
    """The query's equipment with its site, the worst first, then by site."""
    return (
        query.add_columns(site.c.code.label("site_code"), site.c.name.label("site_name"))
        .join(site, site.c.id == part.c.site_id)
        .order_by(None)
        .order_by(_RANK.desc(), site.c.name, part.c.code)
        .limit(MOST_ROWS)
    )


async def load_checked_at(db: AsyncConnection) -> datetime | None:
    """When supervision last looked at anything; None: never."""
    newest = select(func.max(equipment_state.c.checked_at))
    found: datetime | None = (await db.execute(newest)).scalar()
    return found


async def load_nas_to_look_at(db: AsyncConnection, scope: Scope) -> list[Nas]:
    """The NAS of a scope that send unsigned requests, change their secret or were never heard."""
    worth = or_(
        nas_seen.c.unsigned_packets > 0,
        nas.c.rotation_began_at.is_not(None),
        func.coalesce(nas_seen.c.last_access_at, nas_seen.c.last_accounting_at).is_(None),
    )
    query = nas_query(_sites_of(scope)).where(worth)
    return [read_nas(row) for row in (await db.execute(query)).mappings()]
