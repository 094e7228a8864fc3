"""How long each legal category is kept: calendar arithmetic over dated data (law.toml).

What `retention` purges by and what the guests' pages say is read from the same file. Read when a
purge is planned, never when a day is sealed: a decree entered late thus extends all that is still
held. Traffic data of a day that no recorded decision covers is kept, and its state
`unknown` is an alert, because keeping too little and keeping too much carry the same penalty
(CPCE L39-3) and only one of the two can be mended. It is kept for the year of an injunction and no
longer: no decree could ask for more (CPCE L34-1 III).

A term in months or years ends on the day of the same number, or on the month's last day where
there is none, at midnight of that day (code de procédure civile art. 641 and 642). A day's segment
may be purged from the morning after, in UTC.
"""

import calendar
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from territory.database.tables.columns import Category
from territory.errors import ConfigurationError, Fault

SHIPPED = Path(__file__).with_name("law.toml")
"""The dated data as it is delivered."""

_DURATION = re.compile(r"([1-9]\d*) (month|months|year|years)")


class InjunctionState(StrEnum):
    """What is known, for one date, of an injunction to keep traffic data (CPCE L34-1 III)."""

    IN_FORCE = "in force"
    ENDED = "ended"
    """Decided: no injunction covers this date."""
    UNKNOWN = "unknown"
    """No decision is recorded for this date: kept, and an alert each day."""


@dataclass(frozen=True, slots=True)
class Duration:
    """A number of calendar months."""

    months: int

    def __str__(self) -> str:
        years, rest = divmod(self.months, 12)
        return f"{years} an{'s' if years > 1 else ''}" if not rest else f"{self.months} mois"


@dataclass(frozen=True, slots=True)
class Rule:
    """What the law says of one category."""

    category: Category
    french: str
    """Its name in French, for pages and papers."""
    kept: Duration
    """From the event named by `start` on."""
    kept_without_injunction: Duration | None
    """Traffic data only: where no injunction covers the date."""
    at_most: Duration | None
    """Where a territory may keep it longer by its settings: no longer than this."""
    start: str
    """The event its time runs from, in words."""
    source: str
    """The text it comes from."""


@dataclass(frozen=True, slots=True)
class Period:
    """A recorded decision: an injunction covers, or none covers, these dates."""

    state: InjunctionState
    first: date
    """The first day covered."""
    until: date
    """The first day no longer covered."""
    ground: str
    """The decree's number, or the decision."""


@dataclass(frozen=True, slots=True)
class Law:
    """The dated data, from the shipped file and the territory's own."""

    rules: Mapping[Category, Rule]
    periods: tuple[Period, ...]

    def with_periods(self, periods: Iterable[Period]) -> "Law":
        """Return this law with decisions that were recorded elsewhere added."""
        every = sorted((*self.periods, *periods), key=lambda period: period.first)
        return Law(self.rules, tuple(every))

    def keeping(self, category: Category, months: int) -> "Law":
        """Return this law with another term for a category that the law lets a territory set.

        Raises:
            ConfigurationError: shorter than the rule's, or longer than it allows.
        """
        rule = self.rules[category]
        most = rule.at_most or rule.kept
        if not rule.kept.months <= months <= most.months:
            expected = f"expected {rule.kept.months} to {most.months} months, found {months}"
            raise ConfigurationError([Fault(f"retention.{category}_months", expected)])
        return Law({**self.rules, category: replace(rule, kept=Duration(months))}, self.periods)

    def first_undecided(self, since: date, until: date) -> date | None:
        """Return the first date from `since` on, before `until`, that no decision covers."""
        day = since
        while day < until:
            if self.injunction(day)[0] is InjunctionState.UNKNOWN:
                return day
            day = max(day + timedelta(days=1), self.decided_until(day))
        return None

    def injunction(self, day: date) -> tuple[InjunctionState, str]:
        """Return what is known for `day`, and the decree or decision that says so.

        Where periods overlap, an injunction wins over a finding that there is none.
        """
        covering = [p for p in self.periods if p.first <= day < p.until]
        for state in (InjunctionState.IN_FORCE, InjunctionState.ENDED):
            for period in covering:
                if period.state is state:
                    return state, period.ground
        if day < min((p.first for p in self.periods), default=day):
            return InjunctionState.ENDED, "avant la première injonction"
        return InjunctionState.UNKNOWN, "aucune décision enregistrée"

    def decided_until(self, day: date) -> date:
        """Return the first date from `day` on that no recorded decision covers."""
        while covering := [p.until for p in self.periods if p.first <= day < p.until]:
            day = max(covering)
        return day


@dataclass(frozen=True, slots=True)
class End:
    """When what was recorded on one day, in one category, must be gone."""

    on: date | None
    """The first day it may not exist, in UTC; None while that is not known."""
    ground: str
    """Which rule, and which decree, says so."""
    lost_from: date | None = None
    """With `on` unknown: the day it would have to go if no injunction covers it."""
    at_latest: date | None = None
    """With `on` unknown: the day it must go whatever is decided: no decree keeps longer."""

    @property
    def last(self) -> date | None:
        """The first day it may not exist, whatever is decided."""
        return self.on or self.at_latest

    def has_come(self, today: date) -> bool:
        """Whether it must be gone on `today`."""
        return self.last is not None and self.last <= today


def end_of(law: Law, category: Category, day: date) -> End:
    """Return when a segment of `category` with the facts of `day` must be purged."""
    rule = law.rules[category]
    if rule.kept_without_injunction is None:
        return End(_morning_after(day, rule.kept), rule.source)
    state, ground = law.injunction(day)
    short = _morning_after(day, rule.kept_without_injunction)
    match state:
        case InjunctionState.IN_FORCE:
            return End(_morning_after(day, rule.kept), f"{rule.source} ; décret {ground}")
        case InjunctionState.ENDED:
            return End(short, f"{rule.source} ; {ground}")
        case InjunctionState.UNKNOWN:
            latest = _morning_after(day, rule.kept)
            return End(None, f"{rule.source} ; {ground}", lost_from=short, at_latest=latest)


def add_months(day: date, months: int) -> date:
    """Return the day of the same number `months` later, or that month's last day (CPC art. 641)."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _morning_after(day: date, duration: Duration) -> date:
    return add_months(day, duration.months) + timedelta(days=1)


def load_law(*more: Path) -> Law:
    """Return the shipped data with the entries of each of `more` that exists added to it.

    Raises:
        ConfigurationError: a file cannot be read as what law.toml is, with every fault in it.
    """
    shipped = tomllib.loads(SHIPPED.read_text())
    rules = {Category(name): _rule(name, entry) for name, entry in shipped["category"].items()}
    periods = [*_periods(shipped, SHIPPED.name)]
    for path in more:
        if path.exists():
            periods += _periods(_read(path), str(path))
    return Law(rules, tuple(sorted(periods, key=lambda period: period.first)))


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except (OSError, ValueError) as fault:
        raise ConfigurationError([Fault(str(path), f"expected TOML: {fault}")]) from fault


def _rule(name: str, entry: Mapping[str, str]) -> Rule:
    shorter, longest = entry.get("kept_without_injunction"), entry.get("at_most")
    return Rule(
        category=Category(name),
        french=entry["french"],
        kept=parse_duration(entry["kept"]),
        kept_without_injunction=parse_duration(shorter) if shorter else None,
        at_most=parse_duration(longest) if longest else None,
        start=entry["from"],
        source=entry["source"],
    )


def parse_duration(text: str) -> Duration:
    """Return `3 months` or `1 year` as a duration.

    Raises:
        ValueError: anything else.
    """
    found = _DURATION.fullmatch(text)
    if not found:
        raise ValueError(f"a duration such as '3 months' or '1 year', found {text!r}")
    count, unit = found.groups()
    return Duration(int(count) * (12 if unit.startswith("year") else 1))


def _periods(entries: Mapping[str, Any], place: str) -> Iterable[Period]:
    kinds = (("injunction", InjunctionState.IN_FORCE), ("no_injunction", InjunctionState.ENDED))
    faults: list[Fault] = []
    for key, state in kinds:
        for index, entry in enumerate(entries.get(key, [])):
            try:
                yield _period(state, entry)
            except (KeyError, TypeError, ValueError) as fault:
                faults.append(Fault(f"{place}: {key}[{index}]", _expected(fault)))
    if faults:
        raise ConfigurationError(faults)


def _period(state: InjunctionState, entry: Mapping[str, Any]) -> Period:
    first, until = entry["from"], entry["until"]
    if type(first) is not date or type(until) is not date or until <= first:
        raise ValueError("`from` and `until` as dates, the second after the first")
    return Period(state, first, until, str(entry.get("decree") or entry["source"]))


def _expected(fault: Exception) -> str:
    return f"expected {fault}" if isinstance(fault, ValueError) else "expected from, until, source"
