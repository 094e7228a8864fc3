"""When a large part of the territory falls silent at once, the cause is common. Pure.

    sites whose every answer stopped within the last two intervals, against those that answer
      half of them or more, and five at least  ->  begins
    half of those it took are back             ->  over; what stays silent has a fault of its own

Sites are counted, not pieces: one town hall with thirty access points is one line. What fell silent
long before, what may sleep, and what is being worked on, is no part of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

LEAST_SITES = 5
SHARE = 0.5
"""Of the sites that could fall silent, those that did."""


@dataclass(frozen=True, slots=True)
class CommonOutage:
    """One that goes on."""

    began_at: datetime
    sites: frozenset[str]
    """Codes of the sites it took."""


def watch(
    outage: CommonOutage | None,
    silent_since: Mapping[str, datetime | None],
    interval: timedelta,
    now: datetime,
) -> CommonOutage | None:
    """Return the outage that goes on, or begins; None: there is none.

    `silent_since` has each site that ever answered and is due to: None while any of its equipment
    answers, else since when nothing does.
    """
    silent = {code: since for code, since in silent_since.items() if since is not None}
    if outage is not None:
        return _goes_on(outage, silent, interval)
    fresh = {code: since for code, since in silent.items() if now - since <= 2 * interval}
    living = len(silent_since) - len(silent)
    if len(fresh) < LEAST_SITES or len(fresh) < SHARE * (len(fresh) + living):
        return None
    return CommonOutage(min(fresh.values()), frozenset(fresh))


def _goes_on(
    outage: CommonOutage, silent: Mapping[str, datetime], interval: timedelta
) -> CommonOutage | None:
    still = outage.sites & silent.keys()
    if len(still) < SHARE * len(outage.sites):
        return None
    last = outage.began_at + 2 * interval
    joined = {code for code, since in silent.items() if outage.began_at <= since <= last}
    return replace(outage, sites=outage.sites | joined)
