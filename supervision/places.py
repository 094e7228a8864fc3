"""Where equipment stands: when its place may sleep, and when work on it is announced.

Read anew at each round; hours are held from one round to the next, one for all who keep the same.
What is written of hours and cannot be held lets nobody sleep: the description's own check refuses
it long before.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncEngine

from territory.database.connect import transaction
from territory.database.tables import maintenance, plan, site
from territory.health.maintenance import Window, under_maintenance
from territory.rules.opening_hours import Hours, Written, hours_of

AROUND = timedelta(minutes=15)
"""Before closing and after opening: staff switches things off early, and on late."""

_SITES = select(
    site.c.id,
    site.c.hours,
    site.c.closed_days,
    site.c.insee,
    plan.c.hours.label("plan_hours"),
    plan.c.public_holidays,
).join(plan, plan.c.id == site.c.plan_id)


class Places:
    """All sites, as they were last read; before that, none sleeps and nothing is announced."""

    def __init__(self) -> None:
        self._written: dict[UUID, Written] = {}
        self._held: dict[Written, _Held | None] = {}
        self._windows: tuple[Window, ...] = ()

    async def load(self, engine: AsyncEngine, now: datetime) -> None:
        """Read hours, and the maintenance that is not over.

        Raises:
            Unavailable: the database does not answer; what was known before stays.
        """
        announced = select(maintenance).where(maintenance.c.ends_at > now)
        async with transaction(engine) as connection:
            sites = (await connection.execute(_SITES)).all()
            windows = (await connection.execute(announced)).all()
        self._written = {row.id: _written(row) for row in sites}
        kept = set(self._written.values())
        self._held = {each: held for each, held in self._held.items() if each in kept}
        self._windows = tuple(Window(w.site_id, w.begins_at, w.ends_at) for w in windows)

    def may_sleep(self, site_id: UUID, now: datetime) -> bool:
        """Whether nobody is due to be served at a site."""
        written = self._written.get(site_id)
        if written is None:
            return False
        if written not in self._held:
            self._held[written] = _hold(written)
        held = self._held[written]
        return held is not None and held.may_sleep(now)

    def planned(self, site_id: UUID, now: datetime) -> bool:
        """Whether work is announced at a site."""
        return under_maintenance(self._windows, site_id, now)


class _Held:
    """One timetable, asked in the order of time a little before and a little after now."""

    def __init__(self, written: Written, hours: Hours) -> None:
        self._before, self._after = hours, hours_of(written) or hours

    def may_sleep(self, now: datetime) -> bool:
        """Whether the place is closed, or just opens, or is about to close."""
        is_open = self._before.is_open(now - AROUND) and self._after.is_open(now + AROUND)
        return not is_open


def _hold(written: Written) -> _Held | None:
    try:
        hours = hours_of(written)
    except ValueError:
        return None
    return _Held(written, hours) if hours else None


def _written(row: Row[*tuple[Any, ...]]) -> Written:
    days: Iterable[str] = row.closed_days
    return Written(row.plan_hours, row.hours, tuple(days), row.public_holidays, row.insee)
