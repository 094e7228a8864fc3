"""Reads how much of the last thirty days a site was there for its guests: three queries. Shell."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, Select, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.console.estate import Site
from portal.console.site_page.nas_reading import rows_of
from territory.database.tables import maintenance, plan, state_change
from territory.database.tables import site as site_table
from territory.rules.availability import Availability, Change, availability, open_spans
from territory.rules.opening_hours import Hours, Written, hours_of

MONTH: Final = timedelta(days=30)
MOST_CHANGES: Final = 2_000
"""Beyond, the time before the oldest of them is left out: nothing would be sure of it."""


async def load_availability(db: AsyncConnection, site: Site, now: datetime) -> Availability | None:
    """Return how the last thirty days went by, in opening hours; None: it was never judged."""
    moves = await rows_of(db, _moves(site.id, now - MONTH))
    begin = moves[-1]["at"] if len(moves) == MOST_CHANGES else now - MONTH
    moved = {row["equipment_id"] for row in moves}
    changes = [*(_change(row) for row in moves), *_standing(site, moved)]
    if not changes:
        return None
    windows = await rows_of(db, windows_of(site.id, begin))
    counted = open_spans(await _hours(db, site.id), begin, now)
    return availability(changes, counted, [(row["begins_at"], row["ends_at"]) for row in windows])


def _moves(site_id: UUID, since: datetime) -> Select[Any]:
    """Changes of state, the latest first, without what led to them."""
    change = state_change.c
    return (
        select(change.kind, change.equipment_id, change.previous, change.state, change.at)
        .where(change.site_id == site_id, change.at > since)
        .order_by(change.at.desc(), change.number.desc())
        .limit(MOST_CHANGES)
    )


def _change(row: RowMapping) -> Change:
    return Change(row["kind"], row["equipment_id"], row["previous"], row["state"], row["at"])


def _standing(site: Site, moved: set[UUID]) -> Sequence[Change]:
    """What did not change in all that time stands as it is."""
    parts = [("nas", each.id, each.reading) for each in site.nas]
    parts += [("access_point", each.id, each.reading) for each in site.access_points]
    return [
        Change(kind, equipment, None, reading.health.value, reading.since)
        for kind, equipment, reading in parts
        if equipment not in moved and reading.since is not None
    ]


def windows_of(site_id: UUID, since: datetime) -> Select[Any]:
    """Announced maintenance of a site that was not over then, in order."""
    concerned = or_(maintenance.c.site_id.is_(None), maintenance.c.site_id == site_id)
    return (
        select(maintenance.c.begins_at, maintenance.c.ends_at, maintenance.c.why)
        .where(concerned, maintenance.c.ends_at > since)
        .order_by(maintenance.c.begins_at)
    )


async def _hours(db: AsyncConnection, site_id: UUID) -> Hours | None:
    """When the site is due to be open; None: always."""
    query = (
        select(
            plan.c.hours.label("plan_hours"),
            plan.c.public_holidays,
            site_table.c.hours,
            site_table.c.closed_days,
            site_table.c.insee,
        )
        .join_from(site_table, plan, site_table.c.plan_id == plan.c.id)
        .where(site_table.c.id == site_id)
    )
    row = (await db.execute(query)).one()
    return hours_of(
        Written(row.plan_hours, row.hours, row.closed_days, row.public_holidays, row.insee)
    )
