"""On what an authority may ask, what each ground lets out, and how wide a question may be.

Dated data (grounds.toml) with its source and how sure it is, as the durations beside it: the desk
chooses from it, checks with it, and prints it in what it writes; the procedure for requisitions is
made from it. The law of the day the act bears applies. Nothing here decides alone: what the data
does not cover suspends a requisition, and two custodians may decide otherwise.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from territory.database.tables.columns import Category
from territory.errors import ConfigurationError, Fault
from territory.law.durations import Duration, parse_duration

SHIPPED = Path(__file__).with_name("grounds.toml")
"""The data as it is delivered."""


class Domain(StrEnum):
    """Who may rely on a ground."""

    JUDICIAL = "judicial"
    ADMINISTRATIVE = "administrative"


class Magistrate(StrEnum):
    """What a ground asks of a magistrate, or of the authority that stands in their place."""

    NONE = "none"
    AUTHORISES = "authorises"
    MANDATES = "mandates"


class Confidence(StrEnum):
    """How sure an entry is."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    TO_CONFIRM = "to confirm"


@dataclass(frozen=True, slots=True)
class Ground:
    """A text that an authority may rely on."""

    code: str
    domain: Domain
    article: str
    """As an act cites it."""
    french: str
    """What it is for, for pages and papers."""
    categories: frozenset[Category]
    """What it lets out; none: it orders to keep, not to tell."""
    magistrate: Magistrate
    condition: bool
    """Source and traffic data need one of the cases of CPP 60-1-2."""
    first: date
    """The first day it applies."""
    until: date
    """The first day it no longer does."""
    source: str
    confidence: Confidence

    def applies_on(self, day: date) -> bool:
        """Whether an act of that day may rely on it."""
        return self.first <= day < self.until


@dataclass(frozen=True, slots=True)
class Condition:
    """A case of CPP 60-1-2."""

    code: str
    french: str
    only: frozenset[str]
    """Kinds of question it may carry; none named: all."""
    source: str
    confidence: Confidence

    def carries(self, kind: str) -> bool:
        """Whether a question of that kind may be asked in this case."""
        return not self.only or kind in self.only


@dataclass(frozen=True, slots=True)
class Limits:
    """How long an interval a question of each kind may cover without two custodians."""

    longest: Mapping[str, timedelta]
    """By kind; for an address: before and after its instant together."""
    source: str


@dataclass(frozen=True, slots=True)
class Delays:
    """When a requisition is to be answered where its act sets no date."""

    ordinary: timedelta
    urgent: timedelta


@dataclass(frozen=True, slots=True)
class Grounds:
    """All of it, from the shipped file and the territory's own."""

    grounds: tuple[Ground, ...]
    conditions: tuple[Condition, ...]
    limits: Limits
    delays: Delays
    register_kept: Duration
    """How long a line of the register is kept once closed."""

    def ground(self, code: str) -> Ground | None:
        """Return the ground of that code; None: there is none."""
        return next((each for each in self.grounds if each.code == code), None)

    def condition(self, code: str) -> Condition | None:
        """Return the case of that code; None: there is none."""
        return next((each for each in self.conditions if each.code == code), None)


def load_grounds(*more: Path) -> Grounds:
    """Return the shipped data, corrected by each of `more` that exists.

    Raises:
        ConfigurationError: a file cannot be read as what grounds.toml is.
    """
    data = tomllib.loads(SHIPPED.read_text())
    for path in more:
        if path.exists():
            data = _corrected(data, _read(path))
    try:
        return _grounds(data)
    except (KeyError, TypeError, ValueError) as fault:
        place = ", ".join(str(path) for path in (SHIPPED, *more))
        message = f"expected entries as in {SHIPPED.name}: {fault}"
        raise ConfigurationError([Fault(place, message)]) from fault


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except (OSError, ValueError) as fault:
        raise ConfigurationError([Fault(str(path), f"expected TOML: {fault}")]) from fault


def _corrected(data: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data with the territory's own entries in the place of those of the same name."""
    tables = {name: {**data[name], **own.get(name, {})} for name in ("desk", "register", "limits")}
    lists = {
        name: [*{each["code"]: each for each in (*data[name], *own.get(name, ()))}.values()]
        for name in ("ground", "condition")
    }
    return {**tables, **lists}


def _grounds(data: Mapping[str, Any]) -> Grounds:
    limits, desk = data["limits"], data["desk"]
    return Grounds(
        grounds=tuple(_ground(entry) for entry in data["ground"]),
        conditions=tuple(_condition(entry) for entry in data["condition"]),
        limits=Limits(
            longest={
                "address": 2 * timedelta(minutes=limits["address_uncertainty_minutes"]),
                "device": timedelta(days=limits["device_days"]),
                "person": timedelta(days=limits["person_days"]),
                "site": timedelta(hours=limits["site_hours"]),
            },
            source=limits["source"],
        ),
        delays=Delays(
            ordinary=timedelta(days=desk["answer_within_days"]),
            urgent=timedelta(hours=desk["urgent_within_hours"]),
        ),
        register_kept=parse_duration(data["register"]["kept"]),
    )


def _ground(entry: Mapping[str, Any]) -> Ground:
    return Ground(
        code=entry["code"],
        domain=Domain(entry["domain"]),
        article=entry["article"],
        french=entry["french"],
        categories=frozenset(Category(name) for name in entry["categories"]),
        magistrate=Magistrate(entry["magistrate"]),
        condition=entry.get("condition", False),
        first=entry.get("from", date.min),
        until=entry.get("until", date.max),
        source=entry["source"],
        confidence=Confidence(entry["confidence"]),
    )


def _condition(entry: Mapping[str, Any]) -> Condition:
    return Condition(
        code=entry["code"],
        french=entry["french"],
        only=frozenset(entry.get("only", ())),
        source=entry["source"],
        confidence=Confidence(entry["confidence"]),
    )
