"""The equipment to watch, and where its health is kept: supervision's one seam to the database.

Reads what the territory describes and what RADIUS saw, writes `live.equipment_state`. Nothing it
reads is about a guest: of sessions, only whether they are open and how long they have been quiet.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Row,
    Select,
    and_,
    bindparam,
    case,
    column,
    delete,
    func,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from supervision.health import RadiusFacts, Standing, State, Verdict
from territory.database.tables import (
    access_point,
    equipment_state,
    nas,
    nas_seen,
    plan,
    session,
    site,
)
from territory.errors import Unavailable

PATIENCE_INTERIMS = 2.5
"""A session is overdue once it missed this many interim records."""


class Kind(StrEnum):
    """What a piece of equipment is."""

    ACCESS_POINT = "access_point"
    NAS = "nas"


@dataclass(frozen=True, slots=True)
class Equipment:
    """One thing to watch."""

    kind: Kind
    id: UUID
    code: str
    site_code: str
    address: IPv4Address | IPv6Address | None
    """Where it is pinged; None where there is no address, or one that proves nothing."""
    radius: RadiusFacts | None
    """None for an access point."""
    standing: Standing | None
    """Its last judgement; None before the first."""

    @property
    def key(self) -> tuple[Kind, UUID]:
        """What tells it from all others."""
        return self.kind, self.id


@dataclass(frozen=True, slots=True)
class Finding:
    """One judgement to be kept."""

    equipment: Equipment
    verdict: Verdict
    checked_at: datetime
    round_trip_seconds: float | None
    """None when it did not answer, or was not pinged: the last known one is kept."""

    @property
    def changed(self) -> bool:
        """Whether the state is another than before; the first judgement is a change too."""
        standing = self.equipment.standing
        return standing is None or standing.state is not self.verdict.state


async def load_fleet(engine: AsyncEngine, now: datetime) -> tuple[Equipment, ...]:
    """Return all that is to be watched, NAS first, with what RADIUS saw until `now`.

    Raises:
        Unavailable: the database does not answer.
    """
    async with _connected(engine) as connection:
        nas_rows = (await connection.execute(_nas_query(now))).all()
        access_point_rows = (await connection.execute(_ACCESS_POINTS)).all()
    return (
        *(_equipment(Kind.NAS, row, _radius_facts(row)) for row in nas_rows),
        *(_equipment(Kind.ACCESS_POINT, row, None) for row in access_point_rows),
    )


async def record_findings(engine: AsyncEngine, findings: Sequence[Finding]) -> None:
    """Keep these judgements; `since` moves only where the state changes.

    Raises:
        Unavailable: the database does not answer, and none of them is kept.
    """
    rows = sorted((_row(finding) for finding in findings), key=itemgetter(0, 1))
    if not rows:
        return
    columns = zip(_KEPT, zip(*rows, strict=True), strict=True)
    values = {f"{each.name}_rows": list(found) for each, found in columns}
    async with _connected(engine) as connection:
        await connection.execute(_UPSERT, values)


async def forget_strangers(engine: AsyncEngine) -> None:
    """Drop the state of equipment that is no longer described.

    Raises:
        Unavailable: the database does not answer.
    """
    known = union_all(select(access_point.c.id), select(nas.c.id)).subquery()
    gone = equipment_state.c.equipment_id.not_in(select(known.c.id))
    async with _connected(engine) as connection:
        await connection.execute(delete(equipment_state).where(gone))


async def ask_database(engine: AsyncEngine) -> None:
    """Return when the database answers.

    Raises:
        Unavailable: it does not.
    """
    async with _connected(engine) as connection:
        await connection.execute(select(1))


@asynccontextmanager
async def _connected(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    try:
        async with engine.begin() as connection:
            yield connection
    except (DBAPIError, OSError, TimeoutError) as fault:
        raise Unavailable(f"database.url: the database does not answer: {fault}") from fault


def _standing_of(kind: Kind, equipment_id: Any) -> Any:
    return and_(
        equipment_state.c.kind == kind.value, equipment_state.c.equipment_id == equipment_id
    )


_STANDING_COLUMNS = (equipment_state.c.state, equipment_state.c.round_trip_seconds)

_ACCESS_POINTS = (
    select(
        access_point.c.id,
        access_point.c.code,
        site.c.code.label("site_code"),
        access_point.c.management_address.label("address"),
        *_STANDING_COLUMNS,
    )
    .join(site, site.c.id == access_point.c.site_id)
    .outerjoin(equipment_state, _standing_of(Kind.ACCESS_POINT, access_point.c.id))
)


def _nas_query(now: datetime) -> Select[*tuple[Any, ...]]:
    patience_seconds = plan.c.interim_seconds * PATIENCE_INTERIMS
    overdue = session.c.last_seen_at < now - func.make_interval(0, 0, 0, 0, 0, 0, patience_seconds)
    sessions = (
        select(
            session.c.nas_id,
            func.count().label("open_sessions"),
            func.count().filter(overdue).label("overdue_sessions"),
        )
        .join(nas, nas.c.id == session.c.nas_id)
        .join(site, site.c.id == nas.c.site_id)
        .join(plan, plan.c.id == site.c.plan_id)
        .where(session.c.ended_at.is_(None))
        .group_by(session.c.nas_id)
        .subquery()
    )
    return (
        select(
            nas.c.id,
            nas.c.code,
            site.c.code.label("site_code"),
            nas.c.source_address.label("address"),
            func.greatest(nas_seen.c.last_access_at, nas_seen.c.last_accounting_at).label(
                "last_heard_at"
            ),
            func.coalesce(sessions.c.open_sessions, 0).label("open_sessions"),
            func.coalesce(sessions.c.overdue_sessions, 0).label("overdue_sessions"),
            patience_seconds.label("patience_seconds"),
            *_STANDING_COLUMNS,
        )
        .join(site, site.c.id == nas.c.site_id)
        .join(plan, plan.c.id == site.c.plan_id)
        .outerjoin(nas_seen, nas_seen.c.nas_id == nas.c.id)
        .outerjoin(sessions, sessions.c.nas_id == nas.c.id)
        .outerjoin(equipment_state, _standing_of(Kind.NAS, nas.c.id))
    )


def _radius_facts(row: Row[*tuple[Any, ...]]) -> RadiusFacts:
    return RadiusFacts(
        row.last_heard_at,
        row.open_sessions,
        row.overdue_sessions,
        timedelta(seconds=float(row.patience_seconds)),
    )


def _equipment(kind: Kind, row: Row[*tuple[Any, ...]], radius: RadiusFacts | None) -> Equipment:
    standing = None
    if row.state is not None:
        standing = Standing(State(row.state), row.round_trip_seconds is not None)
    return Equipment(
        kind, row.id, row.code, row.site_code, _pingable(row.address), radius, standing
    )


def _pingable(address: object) -> IPv4Address | IPv6Address | None:
    """An address that proves something: this machine answers for its loopback ones itself."""
    if address is None:
        return None
    parsed = ip_address(str(address).partition("/")[0])
    return None if parsed.is_loopback or parsed.is_unspecified else parsed


def _row(finding: Finding) -> tuple[Any, ...]:
    """The values of `_KEPT`, in its order."""
    return (
        finding.equipment.kind.value,
        finding.equipment.id,
        finding.verdict.state.value,
        str(finding.verdict.reason.value),
        finding.checked_at,
        finding.checked_at,
        finding.round_trip_seconds,
    )


_KEPT = tuple(equipment_state.c)


def _upsert() -> Insert:
    """One statement for any number of rows: an array for each column, so that it stays prepared."""
    arrays = [bindparam(f"{each.name}_rows", type_=ARRAY(each.type)) for each in _KEPT]
    rows = func.unnest(*arrays).table_valued(*(column(each.name, each.type) for each in _KEPT))
    statement = insert(equipment_state).from_select(_KEPT, select(rows.render_derived()))
    fresh, kept = statement.excluded, equipment_state.c
    return statement.on_conflict_do_update(
        index_elements=[kept.kind, kept.equipment_id],
        set_={
            "state": fresh.state,
            "reason": fresh.reason,
            "since": case((kept.state == fresh.state, kept.since), else_=fresh.since),
            "checked_at": fresh.checked_at,
            "round_trip_seconds": func.coalesce(fresh.round_trip_seconds, kept.round_trip_seconds),
        },
    )


_UPSERT = _upsert()
