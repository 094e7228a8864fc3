"""What plans limit and places keep to, as the database holds it, ready to be judged by.

Read beside the hot path, by what looks after sessions that are open already (`coa_watcher.py`) and
by the rights a CoA-Request tells. A plan's own hours stand before its place's; holidays are those
of the place's département.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final, Protocol
from uuid import UUID

from radius.rights import Plan
from territory.errors import ProtocolError
from territory.identifiers import InseeCode
from territory.rules.opening_hours import Hours, Timetable, parse_closed_days
from territory.rules.quotas import Amounts, Limits
from territory.vocabulary import AtEnd, OnPublicHolidays

PLANS: Final = """
select id, day_seconds, month_seconds, day_octets, month_octets, devices, hours, public_holidays,
    at_end, slow_upload_bps, slow_download_bps
from territory.plan
"""
SITES: Final = "select id, plan_id, insee, hours, closed_days from territory.site"

NO_LIMITS: Final = Limits()
_AT_ENDS: Final = frozenset(AtEnd)


class Row(Protocol):
    """A row of a query: asyncpg's, or a mapping."""

    def __getitem__(self, name: str, /) -> Any:
        """Return a column's value."""


class Rulebook:
    """The limits of every plan, and the hours of a site under a plan."""

    def __init__(self, plans: Iterable[Row], sites: Iterable[Row]) -> None:
        """Take the rows of `PLANS` and `SITES`."""
        self._plans = {row["id"]: row for row in plans}
        self._sites = {row["id"]: row for row in sites}
        self._limits = {row["id"]: _limits(row) for row in self._plans.values()}
        self._hours: dict[Timetable, Hours | None] = {}
        self._places: dict[tuple[UUID, UUID], Hours | None] = {}

    def limits_of(self, plan_id: UUID) -> Limits:
        """Return what a plan limits."""
        return self._limits.get(plan_id, NO_LIMITS)

    def hours_of(self, plan_id: UUID, site_id: UUID) -> Hours | None:
        """Return the hours of a site under a plan; None: always open."""
        where = plan_id, site_id
        if where not in self._places:
            plan, site = self._plans.get(plan_id), self._sites.get(site_id)
            self._places[where] = self._hold(plan, site) if plan and site else None
        return self._places[where]

    def _hold(self, plan: Row, site: Row) -> Hours | None:
        """Return hours, one for all who keep the same; what cannot be held shuts nobody out."""
        try:
            table = _timetable(plan, site)
            if table is not None and table not in self._hours:
                self._hours[table] = Hours(table)
        except (ValueError, ProtocolError):
            return None
        return self._hours[table] if table else None


NO_RULES: Final = Rulebook((), ())


def slowed(plan: Plan, limits: Limits) -> Plan:
    """Return a plan at its slow rates; a rate it does not name stays as it is."""
    return replace(
        plan,
        upload_bps=limits.slow_upload_bps or plan.upload_bps,
        download_bps=limits.slow_download_bps or plan.download_bps,
    )


def _limits(plan: Row) -> Limits:
    amounts = ("day_seconds", "month_seconds", "day_octets", "month_octets")
    return Limits(
        amounts=Amounts(*(plan[name] for name in amounts)),
        devices=plan["devices"],
        at_end=_at_end(plan["at_end"]),
        slow_upload_bps=plan["slow_upload_bps"],
        slow_download_bps=plan["slow_download_bps"],
    )


def _at_end(word: str) -> AtEnd:
    """Return what happens at the end; a newer version's word is taken for the strictest."""
    return AtEnd(word) if word in _AT_ENDS else AtEnd.CUT


def _timetable(plan: Row, site: Row) -> Timetable | None:
    """Return the timetable of a site under a plan; None: always open.

    Raises:
        ValueError, ProtocolError: what is written, which `socle apply` refuses, cannot be read.
    """
    hours = plan["hours"] or site["hours"] or ""
    closed = plan["public_holidays"] != OnPublicHolidays.AS_USUAL
    if not (hours or closed or site["closed_days"]):
        return None
    spans = tuple(parse_closed_days(text) for text in site["closed_days"])
    departement = InseeCode(site["insee"]).departement if site["insee"] else ""
    return Timetable(hours, departement, spans, closed)
