"""What a purge does and leaves, as lines for people and for scripts. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from retention.ending.purge import Plan
from retention.holds.waiting import Fate

_DESTROYED = "over"
_UNDECIDED = "kept: no decision on an injunction"
_WAITED_FOR = "kept whole: a hold waits for its custodians"


@dataclass(frozen=True, slots=True)
class Line:
    """The segments of one category that one ground gives the same fate."""

    fate: str
    category: str
    ground: str
    first_day: date
    last_day: date
    end: date | None
    """When the last of them ends, or ended; None: not known."""
    segments: int
    slices: int
    octets: int


def lines(plan: Plan) -> list[Line]:
    """Return a plan by fate, category and ground, what is destroyed first."""
    found: dict[tuple[str, str, str], Line] = {}
    for line in _each(plan):
        key = (line.fate, line.category, line.ground)
        found[key] = _sum(found[key], line) if key in found else line
    return list(found.values())


def as_json(plan: Plan) -> dict[str, Any]:
    """Return a plan for scripts: its lines, and each segment that ends."""
    return {
        "lines": [{k: _plain(v) for k, v in asdict(line).items()} for line in lines(plan)],
        "ended": [segment.model_dump(mode="json") for segment in plan.ended],
        "undecided_from": _plain(plan.lost_from),
    }


def as_table(plan: Plan) -> list[tuple[str, ...]]:
    """Return the rows of a table of what a purge does and keeps, its head first."""
    head = ("what", "category", "days", "segments", "slices", "octets", "end", "why")
    return [head, *(_row(line) for line in lines(plan))]


def _row(line: Line) -> tuple[str, ...]:
    counts = (line.segments, line.slices, line.octets)
    span = f"{line.first_day} to {line.last_day}"
    end = str(line.end) if line.end else "unknown"
    return (line.fate, line.category, span, *(str(n) for n in counts), end, line.ground)


def _each(plan: Plan) -> Iterator[Line]:
    for s in plan.ended:
        what = (_DESTROYED, s.category, s.ground, s.day, s.day, s.end)
        yield Line(*what, segments=1, slices=s.rows, octets=s.octets)
    yield from _kept(_UNDECIDED, plan.undecided)
    yield from _kept(_WAITED_FOR, plan.waited_for)


def _kept(fate: str, kept: Iterable[Fate]) -> Iterator[Line]:
    for day, s, end in kept:
        what = (fate, s.category, end.ground, day, day, end.on)
        yield Line(*what, segments=1, slices=s.rows, octets=s.octets)


def _sum(one: Line, other: Line) -> Line:
    return Line(
        one.fate,
        one.category,
        one.ground,
        min(one.first_day, other.first_day),
        max(one.last_day, other.last_day),
        max(filter(None, (one.end, other.end)), default=None),
        one.segments + other.segments,
        one.slices + other.slices,
        one.octets + other.octets,
    )


def _plain(value: object) -> object:
    return str(value) if isinstance(value, date) else value
