"""What the live page shows: each site as it now is, the day's changes, and what is new. Pure.

    database -> Picture -> Journal.take -> steps since a viewer's last -> what that viewer may see

The journal keeps the last picture and the last few steps. A viewer has a position in it and nothing
else: whoever is new, was away too long or is too slow to follow gets the whole picture again.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any, Final
from uuid import UUID

from portal.console.queries import Scope
from territory.health.reasons import Reason
from territory.health.states import State

STEPS_KEPT: Final = 256
"""Who is further behind gets the whole picture."""
LINES_SHOWN: Final = 12
PLAIN: Final = {
    State.DOWN: "Personne ne peut s'y connecter.",
    State.DEGRADED: "Une partie du Wi-Fi y marche mal.",
    State.UNKNOWN: "On ne sait pas encore si le Wi-Fi y marche.",
}
"""What a state means, for who does not know equipment; the others mean that all is well."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A site as the live page shows it."""

    code: str
    name: str
    commune: str
    """Empty for a travelling site."""
    organisation_id: UUID
    listed: bool
    """Whether it is on the public map; else few may see it."""
    at: tuple[float, float] | None
    """Latitude and longitude, WGS 84; None: nobody said where."""
    state: State
    since: datetime | None
    """In this state since; None: never judged."""
    culprit: str = ""
    """The equipment that fails, by its name; empty: none does."""
    reason: str = ""
    """Why it does, as a code of `territory.health.reasons`."""
    planned: bool = False
    """During announced maintenance."""
    sessions: int = 0
    """Open now."""

    @property
    def where(self) -> str:
        """Its commune, where its name does not say it."""
        return "" if self.commune in self.name else self.commune

    def words(self, in_detail: bool) -> str:
        """What is wrong, in a sentence; empty when nothing is."""
        if not self.culprit:
            return PLAIN.get(self.state, "")
        known = Reason.__members__.get(self.reason.upper())
        if not in_detail or known is None:
            return PLAIN.get(self.state, "")
        return f"{self.culprit}\u00a0: {_small(known.value.observed)}"

    def cause(self, in_detail: bool) -> str:
        """Its likely cause, in words; empty where none is known."""
        known = Reason.__members__.get(self.reason.upper()) if in_detail and self.culprit else None
        return known.value.cause if known else ""


@dataclass(frozen=True, slots=True)
class Line:
    """A change of state of the last day."""

    number: int
    """In the order of writing."""
    at: datetime
    code: str
    """The site's."""
    equipment: str
    state: State
    planned: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """The territory at one moment."""

    spots: Mapping[str, Spot] = field(default_factory=dict)
    """By the site's code."""
    lines: Sequence[Line] = ()
    """The latest first."""
    at: datetime | None = None
    """Read at; None: not yet."""
    checked_at: datetime | None = None
    """Supervision last looked at anything; None: never."""


@dataclass(frozen=True, slots=True)
class Look:
    """What somebody may see of it."""

    scope: Scope
    in_detail: bool
    """Also which equipment fails, and why."""

    def sees(self, spot: Spot | None) -> bool:
        """Whether a site may be shown, or even named."""
        if spot is None or not (spot.listed or self.scope.unlisted):
            return False
        return self.scope.organisation_id in {None, spot.organisation_id}


@dataclass(frozen=True, slots=True)
class Step:
    """From one picture to the next."""

    number: int
    changed: Mapping[str, tuple[Spot | None, Spot | None]]
    """Before and after; None: it was not, or is no longer, there."""
    lines: Sequence[Line]


class Journal:
    """The last picture and the steps that led to it."""

    def __init__(self) -> None:
        self.picture = Picture()
        self.number = 0
        self._steps: deque[Step] = deque(maxlen=STEPS_KEPT)

    def take(self, picture: Picture) -> bool:
        """Go on to another picture; return whether anything in it is new."""
        before, after = self.picture.spots, picture.spots
        changed = {
            code: (before.get(code), after.get(code))
            for code in (*after, *(before.keys() - after.keys()))
            if before.get(code) != after.get(code)
        }
        last = max((line.number for line in self.picture.lines), default=0)
        lines = [line for line in picture.lines if line.number > last]
        self.picture = picture
        if changed or lines:
            self.number += 1
            self._steps.append(Step(self.number, changed, lines))
        return bool(changed or lines)

    def since(self, number: int) -> list[Step] | None:
        """Return the steps after a number; None: they are no longer, or never were, here."""
        if not self.number - len(self._steps) <= number <= self.number:
            return None
        return list(islice(self._steps, len(self._steps) - (self.number - number), None))


def whole(picture: Picture, look: Look) -> dict[str, Any]:
    """All that somebody may see, the worst first, as it goes to the browser."""
    seen = [spot for spot in picture.spots.values() if look.sees(spot)]
    lines = [line for line in picture.lines if look.sees(picture.spots.get(line.code))]
    return {
        "places": [shown(spot, look) for spot in worst_first(seen)],
        "lines": [told(line, picture) for line in lines[:LINES_SHOWN]],
    }


def news(steps: Iterable[Step], picture: Picture, look: Look) -> dict[str, Any]:
    """What is new to somebody over some steps; nothing: nothing is."""
    first: dict[str, Spot | None] = {}
    last: dict[str, Spot | None] = {}
    lines: list[Line] = []
    for step in steps:
        for code, (before, after) in step.changed.items():
            first.setdefault(code, before)
            last[code] = after
        lines = [*step.lines, *lines]
    shown_now = [spot for spot in last.values() if spot and look.sees(spot)]
    facts = {
        "places": [shown(spot, look) for spot in shown_now],
        "gone": [c for c, spot in last.items() if not look.sees(spot) and look.sees(first[c])],
        "lines": [told(each, picture) for each in lines if look.sees(picture.spots.get(each.code))],
    }
    return {name: found for name, found in facts.items() if found}


def worst_first(spots: Iterable[Spot]) -> list[Spot]:
    """Sites by how badly they need somebody, the latest first; announced work comes after."""
    return sorted(spots, key=_need)


def _need(spot: Spot) -> tuple[bool, int, float, str]:
    fails = spot.state in PLAIN and spot.since is not None
    newest = -spot.since.timestamp() if fails and spot.since else 0.0
    return spot.planned, -spot.state.rank, newest, spot.name


def shown(spot: Spot, look: Look) -> dict[str, Any]:
    """A site as it goes to the browser: no identifier but its code."""
    return {
        "code": spot.code,
        "name": spot.name,
        "commune": spot.where,
        "at": spot.at,
        "state": spot.state.value,
        "rank": spot.state.rank,
        "word": spot.state.french,
        "since": spot.since.isoformat() if spot.since else None,
        "words": spot.words(look.in_detail),
        "cause": spot.cause(look.in_detail),
        "planned": spot.planned,
        "sessions": spot.sessions,
    }


def told(line: Line, picture: Picture) -> dict[str, Any]:
    """A change as it goes to the browser."""
    spot = picture.spots.get(line.code)
    return {
        "number": line.number,
        "at": line.at.isoformat(),
        "code": line.code,
        "name": spot.name if spot else line.code,
        "equipment": line.equipment,
        "state": line.state.value,
        "word": line.state.french,
        "planned": line.planned,
    }


def masked(picture: Picture, look: Look) -> int:
    """How many sites somebody is not shown although they are of their own scope."""
    everything = replace(look, scope=Scope(look.scope.organisation_id, unlisted=True))
    all_of_them = picture.spots.values()
    return sum(everything.sees(spot) and not look.sees(spot) for spot in all_of_them)


def _small(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
