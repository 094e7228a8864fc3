"""What supervision keeps in the database: states with their changes, samples, and what is purged.

A batch is one transaction: a state and the change that led to it are kept together or not at all.
Written again, after an answer that got lost, a change that is there stays as it is. What is about a
site that is gone meanwhile is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    Interval,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    column,
    delete,
    exists,
    func,
    literal_column,
    select,
    text,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert
from sqlalchemy.ext.asyncio import AsyncEngine

from supervision.findings import Batch, Change, Finding, told
from territory.database.connect import transaction
from territory.database.tables import (
    access_point,
    equipment_state,
    maintenance,
    nas,
    session,
    site,
    site_sample,
    state_change,
)
from territory.errors import Unavailable
from territory.health.reasons import Reason
from territory.health.states import State

CHANGES_KEPT: Final = timedelta(days=400)
"""Thirteen months: a year's availability, by whole months."""
SAMPLES_KEPT: Final = timedelta(days=8)
_MOST_DELETED: Final = 20_000
"""Rows of a table that one purge deletes."""


@dataclass(frozen=True, slots=True)
class Sample:
    """How a site is at an instant."""

    site_id: UUID
    open_sessions: int
    round_trip_seconds: float | None
    state: State


class Refused(Exception):
    """The database takes one of these rows for no row: waiting would not help."""


_ROW_REFUSED: Final = ("22", "23")
"""SQLSTATE classes: data exception, integrity constraint violation."""


async def record(engine: AsyncEngine, batch: Batch) -> None:
    """Keep states, and the changes of state with what led to them.

    Raises:
        Unavailable: the database does not answer, and nothing of it is kept.
        Refused: it refuses a row, and nothing of it is kept.
    """
    try:
        await _record(engine, batch)
    except Unavailable as fault:
        refusal = getattr(fault.__cause__, "orig", None)
        if str(getattr(refusal, "sqlstate", "")).startswith(_ROW_REFUSED):
            raise Refused(str(fault)) from fault
        raise


async def _record(engine: AsyncEngine, batch: Batch) -> None:
    states = sorted((_state_row(each) for each in batch.findings), key=lambda row: row[:2])
    changes = [_change_row(each) for each in batch.changes]
    async with transaction(engine) as connection:
        if changes:
            await connection.execute(_ADD_CHANGES, _arrays(_CHANGE, changes))
        if states:
            await connection.execute(_KEEP_STATES, _arrays(_STATE, states))


async def record_samples(engine: AsyncEngine, samples: Sequence[Sample], at: datetime) -> None:
    """Keep how each site is; a site that has a sample of this instant keeps it.

    Raises:
        Unavailable: the database does not answer, and none is kept.
    """
    rows = [
        (each.site_id, at, each.open_sessions, each.round_trip_seconds, each.state.value)
        for each in samples
    ]
    if rows:
        async with transaction(engine) as connection:
            await connection.execute(_ADD_SAMPLES, _arrays(_SAMPLE, rows))


async def open_sessions(engine: AsyncEngine) -> dict[UUID, int]:
    """Return how many sessions are open at each site that has some.

    Raises:
        Unavailable: the database does not answer.
    """
    query = select(session.c.site_id, func.count()).where(session.c.ended_at.is_(None))
    async with transaction(engine) as connection:
        rows = (await connection.execute(query.group_by(session.c.site_id))).all()
    return dict(map(tuple, rows))


async def purge(engine: AsyncEngine, now: datetime) -> None:
    """Delete what is kept no longer, a bounded part of it at a time.

    The last change of each piece stays, however old: it says how the piece has been since.

    Raises:
        Unavailable: the database does not answer.
    """
    later = state_change.alias()
    replaced = exists().where(
        later.c.equipment_id == state_change.c.equipment_id, later.c.at > state_change.c.at
    )
    old = (
        (state_change, and_(state_change.c.at < now - CHANGES_KEPT, replaced)),
        (site_sample, site_sample.c.at < now - SAMPLES_KEPT),
        (maintenance, maintenance.c.ends_at < now - CHANGES_KEPT),
    )
    async with transaction(engine) as connection:
        for table, too_old in old:
            await connection.execute(_some_of(table, too_old))


async def forget_strangers(engine: AsyncEngine) -> None:
    """Drop the state of equipment that is no longer described.

    Raises:
        Unavailable: the database does not answer.
    """
    known = union_all(select(access_point.c.id), select(nas.c.id)).subquery()
    gone = equipment_state.c.equipment_id.not_in(select(known.c.id))
    async with transaction(engine) as connection:
        await connection.execute(delete(equipment_state).where(gone))


async def forget_unwatched(engine: AsyncEngine, limit: datetime, interval: timedelta) -> None:
    """Say of what was last judged before `limit` that nobody knows since: nobody watched.

    It is unknown from when its next look was due, an interval after its last; a change says so.

    Raises:
        Unavailable: the database does not answer.
    """
    reason = Reason.NOT_WATCHED
    told_in = {"limit": limit, "pause": interval, "words": str(reason.value), "code": reason.code}
    async with transaction(engine) as connection:
        await connection.execute(_FORGET_UNWATCHED, told_in)


async def ask_database(engine: AsyncEngine) -> None:
    """Return when the database answers.

    Raises:
        Unavailable: it does not.
    """
    async with transaction(engine) as connection:
        await connection.execute(select(1))


def _some_of(table: Table, too_old: ColumnElement[bool]) -> Any:
    row: ColumnElement[Any] = literal_column("ctid")
    some = select(row).select_from(table).where(too_old).limit(_MOST_DELETED)
    return delete(table).where(row.in_(some))


_STATE = tuple(equipment_state.c)
_CHANGE = tuple(each for each in state_change.c if each is not state_change.c.number)
_SAMPLE = tuple(site_sample.c)


def _state_row(finding: Finding) -> tuple[Any, ...]:
    """The values of `_STATE`, in its order."""
    return (
        finding.equipment.kind.value,
        finding.equipment.id,
        finding.verdict.state.value,
        str(finding.verdict.reason.value),
        finding.standing.since,
        finding.checked_at,
        finding.round_trip_seconds,
        finding.verdict.reason.code,
        finding.verdict.consequence,
        finding.planned,
    )


def _change_row(change: Change) -> tuple[Any, ...]:
    """The values of `_CHANGE`, in its order."""
    finding = change.finding
    return (
        change.id,
        finding.equipment.kind.value,
        finding.equipment.id,
        finding.equipment.site_id,
        change.previous.value if change.previous else None,
        finding.verdict.state.value,
        finding.verdict.reason.code,
        finding.verdict.consequence,
        finding.planned,
        finding.checked_at,
        told(finding.evidence, finding.checked_at),
    )


_Columns = tuple[Column[Any], ...]


def _arrays(columns: _Columns, rows: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    """What `_rows` takes for these rows."""
    found = zip(columns, zip(*rows, strict=True), strict=True)
    return {f"{each.name}_rows": list(values) for each, values in found}


def _rows(columns: _Columns) -> Select[Any]:
    """Any number of rows, an array for each column, so that the statement stays prepared.

    They come in their order, less those whose site is gone.
    """
    arrays = [bindparam(f"{each.name}_rows", type_=ARRAY(each.type)) for each in columns]
    names = [column(each.name, each.type) for each in columns]
    rows = func.unnest(*arrays).table_valued(*names, with_ordinality="place").render_derived()
    found = select(*(rows.c[each.name] for each in columns)).order_by(rows.c.place)
    if "site_id" in rows.c:
        found = found.join(site, site.c.id == rows.c.site_id)
    return found


def _keep_states() -> Insert:
    """The last known round trip stays where there is no new one."""
    statement = insert(equipment_state).from_select(_STATE, _rows(_STATE))
    fresh, kept = statement.excluded, equipment_state.c
    known = func.coalesce(fresh.round_trip_seconds, kept.round_trip_seconds)
    values = {each.name: fresh[each.name] for each in _STATE if not each.primary_key}
    return statement.on_conflict_do_update(
        index_elements=[kept.kind, kept.equipment_id],
        set_=values | {"round_trip_seconds": known},
    )


def _once(table: Table, columns: _Columns) -> Insert:
    statement = insert(table).from_select(columns, _rows(columns))
    return statement.on_conflict_do_nothing()


_FORGET_UNWATCHED = text("""
    WITH known AS (
        SELECT kind, equipment_id, state AS previous, checked_at + :pause AS lost_at
        FROM live.equipment_state WHERE checked_at < :limit AND state <> 'unknown' FOR UPDATE
    ), lost AS (
        UPDATE live.equipment_state state SET state = 'unknown', reason = :words,
            reason_code = :code, consequence = true, planned = false, since = lost_at
        FROM known WHERE (state.kind, state.equipment_id) = (known.kind, known.equipment_id)
        RETURNING state.kind, state.equipment_id, previous, lost_at
    ), described AS (
        SELECT 'nas' AS kind, id, site_id FROM territory.nas
        UNION ALL SELECT 'access_point', id, site_id FROM territory.access_point
    )
    INSERT INTO live.state_change (id, kind, equipment_id, site_id, previous, state, reason,
        consequence, planned, at, evidence)
    SELECT gen_random_uuid(), kind, equipment_id, site_id, previous, 'unknown', :code,
        true, false, lost_at, '{}'
    FROM lost JOIN described USING (kind) WHERE id = equipment_id
""").bindparams(
    bindparam("limit", type_=DateTime(timezone=True)),
    bindparam("pause", type_=Interval),
    bindparam("words", type_=Text),
    bindparam("code", type_=Text),
)
_KEEP_STATES = _keep_states()
_ADD_CHANGES = _once(state_change, _CHANGE)
_ADD_SAMPLES = _once(site_sample, _SAMPLE)
