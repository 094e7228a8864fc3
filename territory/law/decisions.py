"""A decision on injunctions as somebody records it: what it must say, and what it destroys. Pure.

A decree keeps traffic data a year; a finding that there is none ends what is older than three
months at the next purge, for good. So a decision names who took it, when, and where it can be read,
and whoever records it is shown first what will be gone.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from territory.database.tables.columns import Category
from territory.law.durations import (
    Duration,
    InjunctionState,
    Law,
    Period,
    add_months,
    end_of,
)

LONGEST = Duration(12)
"""What one injunction covers at most (CPCE L34-1 III)."""
AHEAD = timedelta(days=30)
"""How long before the end of what is decided somebody is asked for the next decision."""
_MOST_LETTERS = 200


class Flaw(StrEnum):
    """What may be wrong with a decision; the value is the command line's sentence."""

    DAYS = "the first day not covered comes after the first day covered"
    LENGTH = "an injunction covers a year at most, and so does a finding that there is none"
    GROUND = "the decree's number or the decision, in 1 to 200 characters"
    SOURCE = "where it is published or filed, in 1 to 200 characters"
    AUTHOR = "who decided, in 1 to 200 characters"
    DATE = "a decision was taken today or before"

    @property
    def french(self) -> str:
        """The pages' sentence."""
        return _FRENCH[self]


_FRENCH = {
    Flaw.DAYS: "Le premier jour non couvert vient après le premier jour couvert.",
    Flaw.LENGTH: "Une décision couvre un an au plus.",
    Flaw.GROUND: "Le numéro du décret, ou la décision, est nécessaire (200 caractères au plus).",
    Flaw.SOURCE: "Dites où la décision est publiée ou classée (200 caractères au plus).",
    Flaw.AUTHOR: "Dites qui a décidé (200 caractères au plus).",
    Flaw.DATE: "Une décision date d'aujourd'hui ou d'avant.",
}


@dataclass(frozen=True, slots=True)
class Decision:
    """That an injunction covers some days, or that none does, and on whose word."""

    period: Period
    source: str
    """Where it is published or filed."""
    decided_by: str
    """Who decided: the DPO, an administrator, as a professional."""
    decided_on: date


def flaws_of(decision: Decision, today: date) -> tuple[Flaw, ...]:
    """Return all that is wrong with a decision; nothing: it may be recorded."""
    period = decision.period
    checks = (
        (Flaw.DAYS, period.until > period.first),
        (Flaw.LENGTH, period.until <= add_months(period.first, LONGEST.months)),
        (Flaw.GROUND, _is_said(period.ground)),
        (Flaw.SOURCE, _is_said(decision.source)),
        (Flaw.AUTHOR, _is_said(decision.decided_by)),
        (Flaw.DATE, decision.decided_on <= today),
    )
    return tuple(flaw for flaw, holds in checks if not holds)


def _is_said(text: str) -> bool:
    return 0 < len(text.strip()) <= _MOST_LETTERS


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is known of injunctions today, for whoever has to decide."""

    state: InjunctionState
    ground: str
    decided_until: date
    """From then on nothing is decided; today: nothing is."""
    undecided_from: date | None
    """The first day of the past year that no decision covers."""
    lost_from: date | None
    """The first day on which data would be lost if no injunction covered that day."""

    def asks(self, today: date) -> bool:
        """Whether a decision is to be recorded: one is missing, or will be within thirty days."""
        return self.undecided_from is not None or self.decided_until - today <= AHEAD


def coverage(law: Law, today: date) -> Coverage:
    """Return what is known of injunctions on `today`, the past year included."""
    state, ground = law.injunction(today)
    kept = law.rules[Category.TRAFFIC].kept
    undecided = law.first_undecided(add_months(today, -kept.months), today + timedelta(days=1))
    lost = end_of(law, Category.TRAFFIC, undecided).lost_from if undecided else None
    return Coverage(state, ground, law.decided_until(today), undecided, lost)


def days_ended(law: Law, decision: Decision, today: date) -> tuple[date, date] | None:
    """Return the first and last day whose traffic data a decision would end at once, or None.

    Only days that `law`, without it, still keeps.
    """
    changed = law.with_periods([decision.period])
    first = max(decision.period.first, add_months(today, -LONGEST.months))
    span = range((min(decision.period.until, today) - first).days)
    days = [
        day
        for day in (first + timedelta(days=number) for number in span)
        if end_of(changed, Category.TRAFFIC, day).has_come(today)
        and not end_of(law, Category.TRAFFIC, day).has_come(today)
    ]
    return (days[0], days[-1]) if days else None
