"""A human audit's grid, and what the law lets one declare of it. Pure, but for reading the file.

The grid (`audit.toml`) lies in the repository and is filled in by a person; no tool writes it. The
declaration follows from it alone: without a whole and recent audit the pages are "non conforme",
whatever an automatic check says of them (loi 2005-102, article 47; RGAA 4.1.2).
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from territory.errors import ConfigurationError, Fault

FILE = Path(__file__).parent / "audit.toml"
THEMES = (9, 2, 3, 13, 8, 2, 5, 10, 4, 14, 13, 11, 12)
"""How many criteria each theme of RGAA 4.1.2 has, images first."""
CRITERIA = tuple(
    f"{theme}.{number}"
    for theme, count in enumerate(THEMES, start=1)
    for number in range(1, count + 1)
)
SAMPLE = ("/", "/contact", "/mentions-legales", "/accessibilite", "/plan-du-site", "/aide")
"""Pages that every audit looks at; the log-in's own come beside them."""
YEARS_OF_VALIDITY = 3


class Outcome(StrEnum):
    """What an auditor found of a criterion on the pages of the sample."""

    KEPT = "c"
    """Kept on every page where it applies."""
    BROKEN = "nc"
    """Not kept on one page at least."""
    NOT_APPLICABLE = "na"
    """None of the pages has what it speaks of."""


class Conformity(StrEnum):
    """What may be declared."""

    FULL = "full"
    PARTIAL = "partial"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Audit:
    """One audit, as far as it has come."""

    auditor: str = ""
    """Who answers for it: an organisation or a service; empty: nobody yet."""
    finished_on: date | None = None
    """The day on which its last criterion was looked at; None: it goes on."""
    pages: tuple[str, ...] = ()
    """The sample: paths of pages that were looked at."""
    tools: tuple[str, ...] = ()
    """What it was done with: browsers, screen readers."""
    results: Mapping[str, Outcome] = field(default_factory=dict)
    """By criterion, `3.2`; one that was not looked at is absent."""
    remarks: Mapping[str, str] = field(default_factory=dict)
    """By criterion: what is wrong, in French, and where."""

    @property
    def kept(self) -> int:
        """How many criteria are kept."""
        return sum(outcome is Outcome.KEPT for outcome in self.results.values())

    @property
    def broken(self) -> tuple[str, ...]:
        """Criteria that are not kept, in the standard's order."""
        return tuple(name for name in CRITERIA if self.results.get(name) is Outcome.BROKEN)

    @property
    def applicable(self) -> int:
        """How many criteria apply and were looked at."""
        return self.kept + len(self.broken)

    @property
    def is_whole(self) -> bool:
        """Whether somebody finished it: every criterion, on every page that must be looked at."""
        return (
            bool(self.auditor)
            and self.finished_on is not None
            and set(SAMPLE) <= set(self.pages)
            and self.results.keys() == set(CRITERIA)
            and self.applicable > 0
        )

    def is_valid(self, today: date) -> bool:
        """Whether it may be declared today: whole, of a day that has come, not three years old."""
        if not self.is_whole or self.finished_on is None:
            return False
        return self.finished_on <= today < _years_later(self.finished_on)

    def conformity(self, today: date) -> Conformity:
        """Return what may be declared today: all kept, half at least, or less."""
        if not self.is_valid(today) or 2 * self.kept < self.applicable:
            return Conformity.NONE
        return Conformity.PARTIAL if self.broken else Conformity.FULL

    @property
    def percent(self) -> int:
        """The share of applicable criteria that are kept, rounded down: 99 is never told as 100."""
        return 100 * self.kept // self.applicable if self.applicable else 0


def load_audit(file: Path = FILE) -> Audit:
    """Return the audit that a grid holds.

    Raises:
        ConfigurationError: it cannot be read, or says what no grid can; every fault is listed.
    """
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise ConfigurationError([Fault(file.name, f"expected TOML: {fault}")]) from fault
    faults = list(_faults(content))
    if faults:
        raise ConfigurationError(faults)
    return Audit(
        content["auditor"],
        content.get("finished_on"),
        tuple(content["pages"]),
        tuple(content["tools"]),
        {name: Outcome(value) for name, value in content["results"].items()},
        dict(content["remarks"]),
    )


_KEYS: Mapping[str, tuple[type, str]] = {
    "auditor": (str, "a name, or an empty text"),
    "pages": (list, "a list of paths"),
    "tools": (list, "a list of names"),
    "results": (dict, "a table: criterion = c, nc or na"),
    "remarks": (dict, "a table: criterion = what is wrong"),
}


def _faults(content: Mapping[str, Any]) -> Iterator[Fault]:
    """Give what is wrong with a grid."""
    for key, (kind, words) in _KEYS.items():
        if not isinstance(content.get(key), kind):
            yield Fault(key, f"expected {words}")
    if type(content.get("finished_on", date.min)) is not date:
        yield Fault("finished_on", "expected a day, such as 2027-02-15, or no such line")
    results = content.get("results")
    for name, value in results.items() if isinstance(results, dict) else ():
        if name not in CRITERIA:
            yield Fault(f"results.{name}", "expected a criterion of RGAA 4.1.2, such as 3.2")
        if value not in list(Outcome):
            yield Fault(f"results.{name}", "expected c, nc or na")
    remarks = content.get("remarks")
    for name in remarks if isinstance(remarks, dict) else ():
        if name not in CRITERIA:
            yield Fault(f"remarks.{name}", "expected a criterion of RGAA 4.1.2, such as 3.2")


def _years_later(day: date) -> date:
    """Return the day on which an audit of `day` is too old; one of 29 February, on 1 March."""
    year = day.year + YEARS_OF_VALIDITY
    leap = (day.month, day.day) == (2, 29)
    return date(year, 3, 1) if leap else day.replace(year=year)
