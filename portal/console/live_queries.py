"""What the live page reads: every site in a few rows each, the day's changes, its samples.

One reading serves all who look, so it is not scoped; `portal.console.live_picture` shows each their
own. Samples are read for one viewer at a time, and are.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Select, Table, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.console.live_picture import Line, Picture, Spot
from portal.console.queries import Scope
from territory.communes.national_list import national_list
from territory.database.tables import (
    access_point,
    equipment_state,
    nas,
    session,
    site,
    site_sample,
    state_change,
)
from territory.health.states import State, site_state

DAY: Final = timedelta(days=1)
SAMPLE_EVERY: Final = timedelta(minutes=5)
LINES_READ: Final = 200
_KINDS: Final = ("nas", "access_point")
_FAILING: Final = (State.DOWN, State.DEGRADED)


@dataclass(frozen=True, slots=True)
class _Part:
    """The equipment of one kind that is in one state, at one site."""

    kind: str
    state: State
    first_since: datetime | None
    last_since: datetime | None
    culprit: str
    reason: str
    planned: bool


async def load_picture(db: AsyncConnection, now: datetime) -> Picture:
    """Return every site with its state, and the changes of the last day."""
    spots = await load_spots(db)
    lines = (await db.execute(_changes(now - DAY))).mappings()
    checked_at = (await db.execute(select(func.max(equipment_state.c.checked_at)))).scalar()
    by_code = {spot.code: spot for spot in spots}
    return Picture(by_code, [_line(row) for row in lines], now, checked_at)


async def load_spots(db: AsyncConnection) -> list[Spot]:
    """Return every site with its state, what fails there and how many are online."""
    parts: defaultdict[UUID, list[_Part]] = defaultdict(list)
    for row in (await db.execute(_PARTS)).mappings():
        parts[row["site_id"]].append(_part(row))
    sessions = {row[0]: row[1] for row in await db.execute(_SESSIONS)}
    rows = (await db.execute(_SITES)).mappings().all()
    return [_spot(row, parts[row["id"]], sessions.get(row["id"], 0)) for row in rows]


def _described(kind: str, table: Table, name: ColumnElement[str]) -> Select[Any]:
    """Each piece of equipment of a kind, judged or not."""
    state = equipment_state.c
    mine = (state.kind == kind) & (state.equipment_id == table.c.id)
    return select(
        table.c.site_id,
        literal(kind).label("kind"),
        name.label("name"),
        func.coalesce(state.state, State.UNKNOWN.value).label("state"),
        state.since,
        state.reason_code,
        func.coalesce(state.consequence, False).label("consequence"),
        func.coalesce(state.planned, False).label("planned"),
    ).outerjoin_from(table, equipment_state, mine)


def _parts_query() -> Select[Any]:
    each = union_all(
        _described("nas", nas, nas.c.code),
        _described("access_point", access_point, access_point.c.name),
    ).subquery()

    def first(of: ColumnElement[Any]) -> ColumnElement[Any]:
        # What fails by itself before what only hangs on it, then what failed first.
        return func.array_agg(aggregate_order_by(of, each.c.consequence, each.c.since, each.c.name))

    return select(
        *(each.c.site_id, each.c.kind, each.c.state),
        func.min(each.c.since).label("first_since"),
        func.max(each.c.since).label("last_since"),
        first(each.c.name).label("names"),
        first(each.c.reason_code).label("reasons"),
        func.bool_and(each.c.planned).label("planned"),
    ).group_by(each.c.site_id, each.c.kind, each.c.state)


_PARTS: Final = _parts_query()
_SITES: Final = select(
    *(site.c.id, site.c.code, site.c.name, site.c.insee, site.c.organisation_id),
    *(site.c.listed, site.c.latitude, site.c.longitude),
)
_SESSIONS: Final = (
    select(session.c.site_id, func.count())
    .where(session.c.ended_at.is_(None))
    .group_by(session.c.site_id)
)


def _part(row: RowMapping) -> _Part:
    return _Part(
        row["kind"],
        State(row["state"]),
        row["first_since"],
        row["last_since"],
        row["names"][0],
        row["reasons"][0] or "",
        row["planned"],
    )


def _spot(row: RowMapping, parts: Sequence[_Part], sessions: int) -> Spot:
    nas_states, radio_states = (
        [part.state for part in parts if part.kind == kind] for kind in _KINDS
    )
    state = site_state(nas_states, radio_states)
    failing = sorted(
        (part for part in parts if part.state in _FAILING),
        key=lambda part: (-part.state.rank, _KINDS.index(part.kind)),
    )
    worst = failing[0] if failing else None
    return Spot(
        code=row["code"],
        name=row["name"],
        commune=_commune_name(row["insee"]),
        organisation_id=row["organisation_id"],
        listed=row["listed"],
        at=None if row["latitude"] is None else (row["latitude"], row["longitude"]),
        state=state,
        since=_since(failing, parts),
        culprit=worst.culprit if worst else "",
        reason=worst.reason if worst else "",
        planned=bool(failing) and all(part.planned for part in failing),
        sessions=sessions,
    )


def _since(failing: Iterable[_Part], parts: Iterable[_Part]) -> datetime | None:
    """What fails, since the first of it did; what is well, since the last of it is."""
    broken = [part.first_since for part in failing if part.first_since]
    if broken:
        return min(broken)
    return max((part.last_since for part in parts if part.last_since), default=None)


def _commune_name(insee: str | None) -> str:
    commune = national_list().find(insee) if insee else None
    return commune.name if commune else insee or ""


def _changes(since: datetime) -> Select[Any]:
    """What failed or recovered by itself, the latest first."""
    change = state_change.c
    return (
        select(
            *(change.number, change.at, change.state, change.planned, site.c.code),
            func.coalesce(access_point.c.name, nas.c.code, "").label("equipment"),
        )
        .join_from(state_change, site, site.c.id == change.site_id)
        .outerjoin(access_point, access_point.c.id == change.equipment_id)
        .outerjoin(nas, nas.c.id == change.equipment_id)
        .where(change.at > since, change.previous.is_not(None), ~change.consequence)
        .order_by(change.number.desc())
        .limit(LINES_READ)
    )


def _line(row: RowMapping) -> Line:
    return Line(
        row["number"],
        row["at"],
        row["code"],
        row["equipment"],
        State(row["state"]),
        row["planned"],
    )


@dataclass(frozen=True, slots=True)
class Sample:
    """A moment of a site, or of all of a scope together."""

    at: datetime
    counts: dict[str, int]
    """Sites by state."""
    sessions: int


async def load_day(db: AsyncConnection, scope: Scope, now: datetime) -> list[Sample]:
    """Return the last day of a scope's sites together, a sample every five minutes."""
    sample = site_sample.c
    query = scope.narrow(
        select(sample.at, sample.state, func.count(), func.sum(sample.open_sessions))
        .join_from(site_sample, site, site.c.id == sample.site_id)
        .where(sample.at > now - DAY)
        .group_by(sample.at, sample.state)
        .order_by(sample.at)
    )
    samples: dict[datetime, Sample] = {}
    for at, state, sites, sessions in await db.execute(query):
        known = samples.get(at, Sample(at, {}, 0))
        counts = {**known.counts, state: sites}
        samples[at] = Sample(at, counts, known.sessions + int(sessions))
    return list(samples.values())


async def load_days(
    db: AsyncConnection, scope: Scope, codes: Sequence[str], now: datetime
) -> dict[str, list[Sample]]:
    """Return the last day of some sites of a scope, each by itself, by its code."""
    sample = site_sample.c
    query = scope.narrow(
        select(site.c.code, sample.at, sample.state, sample.open_sessions)
        .join_from(site_sample, site, site.c.id == sample.site_id)
        .where(sample.at > now - DAY, site.c.code.in_(codes))
        .order_by(sample.at)
    )
    days: dict[str, list[Sample]] = {}
    for code, at, state, sessions in await db.execute(query):
        days.setdefault(code, []).append(Sample(at, {state: 1}, sessions))
    return days
