"""Reads a month's facts from the database, with the portal's rights: counts, states, hours.

One statement for each kind of fact, whatever the number of sites; then `facts_of` and what follows
it think, for some milliseconds a site: not on the event loop. The opening hours are those that are
described today, also for a month long gone.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, RowMapping, Uuid, any_, cast, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from territory.database.tables import daily_count, maintenance, organisation, plan, site
from territory.indicators.figures import Facts, Organisation, Place, Visits
from territory.indicators.month import Month
from territory.indicators.reach import Body
from territory.rules.availability import Change, Span, availability, open_spans
from territory.rules.opening_hours import Written, hours_of

_MOST_REMEMBERED: Final = 1024
"""Timetables of a month."""
_CHANGES: Final = text("""
    SELECT site_id, kind, equipment_id, previous, state, at FROM live.state_change
    WHERE site_id = ANY(:sites) AND at >= :begin AND at < :end ORDER BY at, number
""")
"""Also of what is no longer described: its outage was one."""
_STANDING: Final = text("""
    SELECT piece.site_id, piece.kind, piece.id AS equipment_id, coalesce(
        (SELECT c.previous FROM live.state_change c
            WHERE c.equipment_id = piece.id AND c.site_id = piece.site_id AND c.at >= :end
            ORDER BY c.at, c.number LIMIT 1),
        CASE WHEN s.since < :begin THEN s.state END) AS state
    FROM (
        SELECT site_id, 'nas' AS kind, id FROM territory.nas WHERE site_id = ANY(:sites)
        UNION ALL
        SELECT site_id, 'access_point', id FROM territory.access_point WHERE site_id = ANY(:sites)
    ) piece
    LEFT JOIN live.equipment_state s ON s.kind = piece.kind AND s.equipment_id = piece.id
""")
"""How each piece stood that did not change in the month: what its next change left, else what it
is now; history need not reach back to its last change, which may be years ago."""
_USE: Final = text("""
    SELECT site_id, sum(sessions)::bigint AS sessions, sum(seconds)::bigint AS seconds
    FROM live.site_use(:first, :last) GROUP BY site_id
""")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was read of a month."""

    organisations: tuple[Organisation, ...]
    sites: Sequence[RowMapping]
    """Theirs, with what they and their plans say of hours."""
    looked_at: Span
    """The month."""
    changes: Mapping[UUID, Sequence[Change]]
    """Of the state of equipment, by site."""
    planned: Mapping[UUID | None, Sequence[Span]]
    """Announced maintenance, by site; None: of all."""
    use: Mapping[UUID, RowMapping]
    """Sessions and seconds online, by site."""
    visits: tuple[Visits, ...]


async def load_month(db: AsyncConnection, month: Month, organisation_id: UUID | None) -> Loaded:
    """Return what is known of a month that is over.

    `organisation_id`: of this one alone; None: of the territory.
    """
    days = {"first": month.first_day, "last": month.last_day}
    sites = await _sites(db, organisation_id)
    identifiers = [row["id"] for row in sites]
    return Loaded(
        organisations=await _organisations(db, organisation_id),
        sites=sites,
        looked_at=(month.begin, month.end),
        changes=await _changes(db, identifiers, (month.begin, month.end)),
        planned=await _planned(db, month.begin, month.end),
        use={row["site_id"]: row for row in (await db.execute(_USE, days)).mappings()},
        visits=await _visits(db, month, identifiers),
    )


async def counted_months(db: AsyncConnection, last: Month) -> tuple[Month, Month]:
    """Return the first and the latest month, up to `last`, that anything was counted in; `last`
    where there is none."""
    day = daily_count.c.day
    over = select(func.max(day)).where(day <= last.last_day).scalar_subquery()
    first = select(func.min(day)).where(day <= last.last_day).scalar_subquery()
    days = (await db.execute(select(first, over))).one()
    begin, latest = (Month(each.replace(day=1)) if each else last for each in days)
    return begin, latest


def facts_of(loaded: Loaded) -> Facts:
    """Return the facts that were read, hours and states laid over each other."""
    planned = loaded.planned
    everywhere = planned.get(None, ())
    places = tuple(
        _place(
            row,
            loaded.looked_at,
            loaded.changes.get(row["id"], ()),
            (*planned.get(row["id"], ()), *everywhere),
            loaded.use,
        )
        for row in loaded.sites
    )
    return Facts(loaded.organisations, places, loaded.visits)


async def _organisations(db: AsyncConnection, own: UUID | None) -> tuple[Organisation, ...]:
    query = select(organisation).order_by(organisation.c.name)
    if own is not None:
        query = query.where(organisation.c.id == own)
    rows = (await db.execute(query)).mappings()
    return tuple(
        Organisation(row["code"], row["name"], Body(row["kind"], row["siren"])) for row in rows
    )


async def _sites(db: AsyncConnection, own: UUID | None) -> Sequence[RowMapping]:
    query = (
        select(
            site,
            organisation.c.code.label("organisation"),
            plan.c.hours.label("plan_hours"),
            plan.c.public_holidays,
        )
        .join_from(site, organisation, site.c.organisation_id == organisation.c.id)
        .join(plan, site.c.plan_id == plan.c.id)
        .order_by(site.c.name, site.c.code)
    )
    if own is not None:
        query = query.where(organisation.c.id == own)
    return (await db.execute(query)).mappings().all()


async def _changes(
    db: AsyncConnection, sites: list[UUID], looked_at: Span
) -> Mapping[UUID, Sequence[Change]]:
    begin, end = looked_at
    asked = {"sites": sites, "begin": begin, "end": end}
    found: dict[UUID, list[Change]] = defaultdict(list)
    changed = set()
    for row in (await db.execute(_CHANGES, asked)).mappings():
        piece = row["kind"], row["equipment_id"]
        changed.add(piece)
        found[row["site_id"]].append(Change(*piece, row["previous"], row["state"], row["at"]))
    for row in (await db.execute(_STANDING, asked)).mappings():
        piece = row["kind"], row["equipment_id"]
        if row["state"] is not None and piece not in changed:
            found[row["site_id"]].append(Change(*piece, None, row["state"], begin))
    return found


async def _planned(
    db: AsyncConnection, begin: datetime, end: datetime
) -> Mapping[UUID | None, list[Span]]:
    query = select(maintenance.c.site_id, maintenance.c.begins_at, maintenance.c.ends_at).where(
        maintenance.c.begins_at < end, maintenance.c.ends_at > begin
    )
    found: dict[UUID | None, list[Span]] = defaultdict(list)
    for row in (await db.execute(query)).mappings():
        found[row["site_id"]].append((row["begins_at"], row["ends_at"]))
    return found


async def _visits(db: AsyncConnection, month: Month, sites: list[UUID]) -> tuple[Visits, ...]:
    counted = daily_count.c
    of = counted.site_id, counted.step, counted.method, counted.language, counted.reason
    query = (
        select(*of, cast(func.sum(counted.visits), BigInteger))
        .where(
            counted.day.between(month.first_day, month.last_day),
            counted.site_id == any_(cast(sites, ARRAY(Uuid))),
        )
        .group_by(*of)
    )
    return tuple(Visits(*row) for row in (await db.execute(query)).all())


def _place(
    row: RowMapping,
    looked_at: Span,
    changes: Sequence[Change],
    planned: Sequence[Span],
    use: Mapping[UUID, RowMapping],
) -> Place:
    spans = _open(_written(row), *looked_at)
    used = use.get(row["id"])
    return Place(
        id=row["id"],
        name=row["name"],
        organisation=row["organisation"],
        insee=row["insee"],
        listed=row["listed"],
        open_seconds=sum((end - begin).total_seconds() for begin, end in spans),
        availability=availability(changes, spans, planned),
        sessions=used["sessions"] if used else 0,
        seconds=used["seconds"] if used else 0,
    )


def _written(row: RowMapping) -> Written:
    return Written(
        row["plan_hours"],
        row["hours"],
        tuple(row["closed_days"]),
        row["public_holidays"],
        row["insee"],
    )


@lru_cache(maxsize=_MOST_REMEMBERED)
def _open(written: Written, begin: datetime, end: datetime) -> tuple[Span, ...]:
    """Return when a site is open; one whose hours cannot be held is always, as guests are let in
    then. Remembered, since places of a kind share their hours, and a page is followed by its PDF.
    """
    try:
        hours = hours_of(written)
    except ValueError:
        hours = None
    return tuple(open_spans(hours, begin, end))
