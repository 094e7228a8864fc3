"""Looks into the database each second and notes in the journal what has changed there.

It reads as the owner, so that the page can show the very rows that each component wrote.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.sql import Select

from socle.demo.journal import Journal, Kind
from territory.clock import Clock
from territory.database.tables import (
    access_point,
    audit_entry,
    equipment_state,
    nas,
    segment,
    session,
    site,
)

_PAUSE_SECONDS = 1.0
_MOST_ROWS = 200

Facts = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Watched:
    """A table the page shows changes of."""

    kind: Kind
    query: Select[Any]
    key: str
    """Column that names a row."""
    state: Callable[[Row[Any]], str]
    """What must change for the row to be shown again, and what is then said of it."""
    place: Callable[[Row[Any]], str]
    hidden: frozenset[str] = frozenset()
    """Columns that are not shown."""


def _session_state(row: Row[Any]) -> str:
    return "live.session : session terminée" if row.ended_at else "live.session : session ouverte"


def _segment_state(row: Row[Any]) -> str:
    rows = f"{row.rows} tranche(s)"
    if row.purged_at:
        return f"journée du {row.day} ({row.category}) : clé détruite, {rows} illisible(s)"
    return f"journée du {row.day} ({row.category}) scellée : {rows}"


_SESSIONS = (
    select(
        session.c.session_key,
        site.c.code.label("site"),
        session.c.user_name,
        session.c.device,
        session.c.address,
        session.c.started_at,
        session.c.ended_at,
        session.c.session_seconds,
        session.c.upload_octets,
        session.c.download_octets,
        session.c.terminate_cause,
    )
    .join(site, site.c.id == session.c.site_id)
    .order_by(session.c.last_seen_at.desc())
)
_EQUIPMENT = (
    select(
        equipment_state.c.equipment_id,
        site.c.code.label("site"),
        equipment_state.c.kind,
        equipment_state.c.state,
        equipment_state.c.reason,
        equipment_state.c.since,
    )
    .outerjoin(nas, nas.c.id == equipment_state.c.equipment_id)
    .outerjoin(access_point, access_point.c.id == equipment_state.c.equipment_id)
    .join(site, site.c.id.in_([nas.c.site_id, access_point.c.site_id]))
)
_SEGMENTS = (
    select(
        segment.c.object_name,
        segment.c.day,
        segment.c.category,
        segment.c.rows,
        segment.c.sealed_sha256,
        segment.c.recipient,
        segment.c.sealed_at,
        segment.c.purged_at,
    )
    .where(segment.c.rows > 0)
    .order_by(segment.c.sealed_at.desc())
)
_AUDIT = (
    select(
        audit_entry.c.number,
        audit_entry.c.actor,
        audit_entry.c.action,
        audit_entry.c.subject,
        audit_entry.c.digest,
    )
    .where(audit_entry.c.action.not_like("archive.%"))
    .order_by(audit_entry.c.number.desc())
)

WATCHED = (
    Watched(Kind.ROW, _SESSIONS, "session_key", _session_state, lambda row: str(row.site)),
    Watched(
        Kind.ROW,
        _EQUIPMENT,
        "equipment_id",
        lambda row: f"live.equipment_state : {row.state}, {row.reason}",
        lambda row: str(row.site),
        frozenset({"equipment_id"}),
    ),
    Watched(Kind.ARCHIVE, _SEGMENTS, "object_name", _segment_state, lambda _: "archive"),
    Watched(
        Kind.ROW,
        _AUDIT,
        "number",
        lambda row: f"audit.entry : {row.action} {row.subject}",
        lambda _: "audit",
    ),
)


async def watch(engine: AsyncEngine, journal: Journal, clock: Clock) -> None:
    """Note every change of the watched tables until cancelled."""
    seen: list[dict[str, str]] = [{} for _ in WATCHED]
    while True:
        async with engine.connect() as connection:
            for watched, before in zip(WATCHED, seen, strict=True):
                await _note_changes(connection, watched, before, journal, clock)
        await asyncio.sleep(_PAUSE_SECONDS)


async def _note_changes(
    connection: AsyncConnection,
    watched: Watched,
    before: dict[str, str],
    journal: Journal,
    clock: Clock,
) -> None:
    rows = (await connection.execute(watched.query.limit(_MOST_ROWS))).all()
    for row in reversed(rows):
        key = str(row._mapping[watched.key])
        state = watched.state(row)
        if before.get(key) != state:
            before[key] = state
            facts = _facts(row._mapping, watched.hidden)
            journal.note(clock.now(), watched.kind, watched.place(row), state, facts)


def _facts(values: Mapping[str, Any], hidden: frozenset[str]) -> Facts:
    shown = ((k, v) for k, v in values.items() if v is not None and k not in hidden)
    return [(name, _text(value)) for name, value in shown]


def _text(value: object) -> str:
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value)
