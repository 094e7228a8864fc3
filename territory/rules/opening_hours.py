"""When a place is open: OSM's `opening_hours`, with France's holidays, on the place's own clock.

The grammar and the calendar arithmetic are the `opening_hours` library's. What it cannot know is
put into words it does know before it reads them: `PH` and `SH` become the dates of the public and
school holidays of the place's département (territory.rules.holidays), for the years around the
instant that is asked about. So `SH Mo-Fr 10:00-12:00` means what OSM says it means, weekdays within
the holidays. School holidays that no order has set yet count as term time.

Everything a description may say is checked by `hours_faults`, in words; what cannot be held
exactly (sunrise, `unknown`, holidays moved by days) is refused there, never guessed. Closed days
shut the place from 00:00 to 24:00, whatever else is written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from opening_hours import OpeningHours, ParserError, State  # type: ignore[attr-defined]

from territory.rules.holidays import departement_of, public_holidays, school_breaks, school_zone
from territory.vocabulary import OnPublicHolidays

MOST_CHARACTERS: Final = 400
PARIS: Final = "Europe/Paris"
_ZONES: Final = {
    "971": "America/Guadeloupe",
    "972": "America/Martinique",
    "973": "America/Cayenne",
    "974": "Indian/Reunion",
    "975": "America/Miquelon",
    "976": "Indian/Mayotte",
    "977": "America/St_Barthelemy",
    "978": "America/Marigot",
    "986": "Pacific/Wallis",
    "987": "Pacific/Tahiti",
    "988": "Pacific/Noumea",
}
_HORIZON_DAYS: Final = 62
"""How far ahead a change is looked for: longer than any session. The library would look to the
year 9999, for seconds, where hours cancel each other out."""
_MOST_CHANGES: Final = 128
_A_STEP: Final = timedelta(minutes=1)
_A_DAY: Final = timedelta(days=1)
_YEARS_KEPT: Final = 3

_MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
_DAY: Final = r"(?:Mo|Tu|We|Th|Fr|Sa|Su)"
_WEEKDAYS: Final = rf"{_DAY}(?:-{_DAY}|\[[0-9,\- ]+\])?(?:,{_DAY}(?:-{_DAY}|\[[0-9,\- ]+\])?)*"
_HOLIDAYS: Final = r"(?:PH|SH)(?:,(?:PH|SH))*"
_RULE: Final = re.compile(
    rf"(?P<wide>(?:(?!\b(?:PH|SH)\b|\b{_DAY}\b).)*?)"
    rf"(?:(?P<before>{_WEEKDAYS}),(?P<h1>{_HOLIDAYS})"
    rf"|(?P<h2>{_HOLIDAYS})(?P<join>[, ])(?P<after>{_WEEKDAYS})"
    rf"|(?P<h3>{_HOLIDAYS}))"
    r"(?P<rest>(?:\s(?:(?!\b(?:PH|SH)\b).)*)?)"
)
"""A rule that names holidays: alone, joined to weekdays by commas, or narrowed by weekdays."""
_NAMES_HOLIDAY: Final = re.compile(r"\b(?:PH|SH)\b")
_QUOTED: Final = re.compile(r'"[^"]*"')
_NOT_TAKEN: Final = (
    (re.compile(r"\b(?:sunrise|sunset|dawn|dusk)\b"), "times of the clock, not of the sun"),
    (re.compile(r"\bunknown\b"), "open or closed, not unknown"),
    (re.compile(r"\|\|"), "rules set apart by ; only, without ||"),
    (re.compile(r"\b(?:PH|SH)\s+[+-]"), "PH or SH alone, not days beside them"),
)


@dataclass(frozen=True, slots=True)
class Timetable:
    """What a place says of its hours."""

    hours: str
    """OSM opening_hours; empty: always open, but for the closed days."""
    departement: str = ""
    """Whose holidays and clock; empty: metropolitan France's, without school holidays."""
    closed_days: tuple[tuple[date, date], ...] = ()
    """First and last day of each closure, both included."""
    closed_on_public_holidays: bool = False
    """Whether public holidays are closed days, whatever the hours say."""


def parse_closed_days(text: str) -> tuple[date, date]:
    """Return the first and last day of a closure written `2026-12-24` or `2026-08-01/2026-08-15`.

    Raises:
        ValueError: it is written otherwise, or ends before it begins; says what was expected.
    """
    first, _, last = text.partition("/")
    try:
        span = date.fromisoformat(first.strip()), date.fromisoformat((last or first).strip())
    except ValueError:
        span = None
    if span is None or span[0] > span[1]:
        raise ValueError("a day such as 2026-12-24, or days such as 2026-08-01/2026-08-15")
    return span


@dataclass(frozen=True, slots=True)
class Written:
    """What the rows of a site and of its plan say of hours."""

    plan_hours: str | None
    """Go before the site's."""
    site_hours: str | None
    closed_days: tuple[str, ...] | list[str]
    """As `parse_closed_days` takes them."""
    public_holidays: str
    """`OnPublicHolidays`."""
    insee: str | None
    """The site's commune; None: a travelling one, without school holidays."""


def hours_of(written: Written) -> "Hours | None":
    """Return the hours of a place under a plan; None: always open.

    Raises:
        ValueError: what is written cannot be held.
    """
    closed_on_holidays = written.public_holidays == OnPublicHolidays.CLOSED
    hours = written.plan_hours or written.site_hours or ""
    if not hours and not written.closed_days and not closed_on_holidays:
        return None
    return Hours(
        Timetable(
            hours,
            departement_of(written.insee) if written.insee else "",
            tuple(parse_closed_days(text) for text in written.closed_days),
            closed_on_holidays,
        )
    )


def hours_faults(hours: str) -> list[str]:
    """Return what is wrong with an `opening_hours` text, each in words; none: it can be held."""
    if len(hours) > MOST_CHARACTERS:
        return [f"at most {MOST_CHARACTERS} characters"]
    bare = _QUOTED.sub("", hours)
    faults = [f"expected {words}" for pattern, words in _NOT_TAKEN if pattern.search(bare)]
    faults += [
        f"expected PH or SH alone or beside weekdays, in a rule of their own: {rule}"
        for rule in _rules(hours)
        if _NAMES_HOLIDAY.search(rule) and not _RULE.fullmatch(rule)
    ]
    return faults or _syntax_faults(hours)


class _Span(NamedTuple):
    """What holds around an instant."""

    since: datetime
    is_open: bool
    changes_at: datetime | None
    """When it no longer holds; None: not within two months."""
    until: datetime
    """How long this need not be looked for again."""


class Hours:
    """The hours of one place."""

    __slots__ = ("_by_year", "_span", "_timetable", "_zone")

    def __init__(self, timetable: Timetable) -> None:
        """Raises ValueError for hours in which `hours_faults` finds something."""
        faults = hours_faults(timetable.hours) if timetable.hours else []
        if faults:
            raise ValueError("; ".join(faults))
        self._timetable = timetable
        self._zone = zone_of(timetable.departement)
        self._by_year: dict[int, OpeningHours] = {}
        self._span: _Span | None = None

    def is_open(self, at: datetime) -> bool:
        """Whether the place is open at an instant (aware)."""
        return self._span_of(at).is_open

    def closes_at(self, at: datetime) -> datetime | None:
        """Return when a place that is open closes (UTC); None: not within two months.

        A place that is closed at `at` has closed then.
        """
        span = self._span_of(at)
        return span.changes_at if span.is_open else at.astimezone(UTC)

    def opens_at(self, at: datetime) -> datetime | None:
        """Return when a place that is closed opens (UTC); None: not within two months."""
        span = self._span_of(at)
        return at.astimezone(UTC) if span.is_open else span.changes_at

    def open_between(self, begin: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """Return when it is open between two instants (aware), in order and apart: UTC."""
        spans: list[tuple[datetime, datetime]] = []
        since = begin.astimezone(self._zone)
        while since < end:
            turn = datetime(since.year + 1, 1, 1, tzinfo=self._zone)
            until = min(turn, end.astimezone(self._zone))
            for first, last, state, _ in self._of(since.year).intervals(since, until):
                if state != State.OPEN:
                    continue
                opened, closed = first.astimezone(UTC), last.astimezone(UTC)
                if spans and opened <= spans[-1][1]:
                    opened, _ = spans.pop()
                spans.append((opened, closed))
            since = until
        return spans

    def local(self, at: datetime) -> datetime:
        """Return an instant on the place's clock."""
        return at.astimezone(self._zone)

    def _span_of(self, at: datetime) -> "_Span":
        """Return what holds at an instant: kept until it changes, since decisions come in order."""
        known = self._span
        if known is None or not known.since <= at < known.until:
            is_open = self._is_open(at)
            changes_at = self._next(at.astimezone(UTC), is_open)
            known = _Span(at, is_open, changes_at, changes_at or at + _A_DAY)
            self._span = known
        return known

    def _is_open(self, at: datetime) -> bool:
        local = at.astimezone(self._zone)
        return self._of(local.year).is_open(local)

    def _next(self, at: datetime, is_open: bool) -> datetime | None:
        """Return the first change to the contrary of what holds at `at` (UTC)."""
        when, end = at, at + timedelta(days=_HORIZON_DAYS)
        for _ in range(_MOST_CHANGES):
            changed = self._change_after(when)
            if changed is None or changed > end:
                return None
            if self._is_open(changed) != is_open:
                return changed
            when = changed
        return None

    def _change_after(self, at: datetime) -> datetime | None:
        """Return the next change; the turn of a year counts as one, its holidays are read anew."""
        local = at.astimezone(self._zone)
        turn = datetime(local.year + 1, 1, 1, tzinfo=self._zone)
        changed = self._of(local.year).next_change(local)
        found = turn if changed is None else min(changed, turn)
        found = found.astimezone(UTC)
        return found if found > at else at + _A_STEP  # an hour that the clocks go through twice

    def _of(self, year: int) -> OpeningHours:
        known = self._by_year.get(year)
        if known is None:
            if len(self._by_year) >= _YEARS_KEPT:
                self._by_year.clear()
            text = "; ".join(_written_out(self._timetable, year))
            known = self._by_year[year] = OpeningHours(
                text, timezone=self._zone, max_interval_days=_HORIZON_DAYS
            )
        return known


@lru_cache(maxsize=64)
def zone_of(departement: str) -> ZoneInfo:
    """Return the time zone of a département."""
    return ZoneInfo(_ZONES.get(departement, PARIS))


def closed_days_rules(closed_days: tuple[tuple[date, date], ...]) -> list[str]:
    """Return closures as rules that end a text."""
    return [f"{_span(first, last)} off" for first, last in closed_days]


def _written_out(timetable: Timetable, year: int) -> Iterator[str]:
    """Yield the rules for the days of `year` and those beside it, no holiday left as a word."""
    rules = _rules(timetable.hours) if timetable.hours else ["24/7"]
    written = [w for rule in rules for w in _without_holidays(rule, timetable.departement, year)]
    yield from written or ["24/7 off"]
    if timetable.closed_on_public_holidays:
        dates = _dates("PH", timetable.departement, year)
        yield from closed_days_rules(tuple(dates))
    yield from closed_days_rules(timetable.closed_days)


def _rules(hours: str) -> list[str]:
    """Return the rules between semicolons; one inside quotes is part of the comment."""
    hidden = _QUOTED.sub(lambda quoted: quoted[0].replace(";", "\0"), hours)
    return [rule.strip().replace("\0", ";") for rule in hidden.split(";") if rule.strip()]


def _without_holidays(rule: str, departement: str, year: int) -> Iterator[str]:
    """Yield rules that mean the same without `PH` and `SH`.

    A comma joins holidays and weekdays, so that it takes two rules to say so; a space narrows the
    holidays to those weekdays (OSM's `SH Mo-Fr`).
    """
    found = _RULE.fullmatch(rule)
    if found is None or not _NAMES_HOLIDAY.search(rule):
        yield rule
        return
    wide, rest = found["wide"].strip(), found["rest"].strip() or "00:00-24:00"
    weekdays = found["before"] or found["after"]
    narrowed = found["join"] == " "
    if weekdays and not narrowed:
        yield " ".join(filter(None, (wide, weekdays, rest)))
    named = (found["h1"] or found["h2"] or found["h3"]).split(",")
    dates = [each for name in named for each in _dates(name, departement, year)]
    spans = [_span(*each) for each in (_within(dates, wide) if wide else dates)]
    if spans:
        yield " ".join(filter(None, (",".join(spans), weekdays if narrowed else "", rest)))


def _dates(name: str, departement: str, year: int) -> list[tuple[date, date]]:
    """Return the spans of `PH` or `SH`, from the year before to the year after."""
    if name == "PH":
        years = (year - 1, year, year + 1)
        return [(day, day) for each in years for day in public_holidays(each, departement)]
    first, last = date(year - 1, 1, 1), date(year + 1, 12, 31)
    return school_breaks(first, last, school_zone(departement))


def _within(spans: list[tuple[date, date]], wide: str) -> list[tuple[date, date]]:
    """Return the days of `spans` that a wide selector such as `Jul-Aug` lets through."""
    allowed = OpeningHours(f"{wide} 00:00-24:00")
    days = (
        first + timedelta(days=n) for first, last in spans for n in range((last - first).days + 1)
    )
    noon = time(12)
    return [(day, day) for day in days if allowed.is_open(datetime.combine(day, noon))]


def _span(first: date, last: date) -> str:
    return _day(first) if first == last else f"{_day(first)}-{_day(last)}"


def _day(day: date) -> str:
    return f"{day.year} {_MONTHS[day.month - 1]} {day.day:02}"


def _syntax_faults(hours: str) -> list[str]:
    """Return what the library cannot read, and where; the holidays written out for one year."""
    try:
        if _rules(hours):
            OpeningHours("; ".join(_written_out(Timetable(hours, "55"), 2026)))
            return []
    except ParserError:
        pass
    for rule in _rules(hours):
        try:
            OpeningHours(rule)
        except ParserError as fault:
            column = re.search(r"--> \d+:(\d+)", str(fault))
            where = f" at character {column[1]}" if column else ""
            return [f"expected OSM opening_hours such as Mo-Fr 08:00-18:00, found {rule!r}{where}"]
    return ["expected OSM opening_hours such as Mo-Fr 08:00-18:00; PH off"]
