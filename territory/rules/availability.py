"""How long a site was there for its guests, from the changes of its equipment's state. Pure.

Rules. Pieces of a kind (NAS, access points) are up while one of them is up or degraded, down while
all are, else unknown. A site is down while a kind is: nobody gets online; unknown while a kind is,
or where nothing was ever judged; else up. `asleep` is a kind of not knowing where it is counted:
within opening hours it means that nothing was heard and nothing was due. Before its first judgement
a piece of equipment did not stand there. Only the time that is looked at counts (a site's opening
hours), less announced maintenance; unknown time is told apart and weighs on neither side.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from operator import attrgetter
from typing import Final

from territory.rules.opening_hours import Hours

Span = tuple[datetime, datetime]
"""From, until: both aware, the latter not included."""
_DOWN: Final = "down"
_THERE: Final = frozenset({"up", "degraded"})


class Service(StrEnum):
    """What a site was worth to its guests."""

    UP = "up"
    DOWN = "down"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of state of a piece of equipment, as `live.state_change` keeps it."""

    kind: str
    """access_point or nas."""
    equipment: Hashable
    """Which."""
    previous: str | None
    """State before; None: it was never judged before."""
    state: str
    """State since: up, degraded, down, unknown or asleep."""
    at: datetime
    """Since (aware)."""


@dataclass(frozen=True, slots=True)
class Availability:
    """How the time that was looked at went by, in seconds."""

    up_seconds: float
    down_seconds: float
    unknown_seconds: float
    """Neither up nor down is known: no judgement yet, or none possible."""
    planned_seconds: float
    """Under announced maintenance: it counts as none of the others."""

    @property
    def share(self) -> float | None:
        """Part of the known time in which the site was up, 0 to 1; None: nothing is known."""
        known = self.up_seconds + self.down_seconds
        return self.up_seconds / known if known else None


def availability(
    changes: Iterable[Change], counted: Sequence[Span], planned: Iterable[Span] = ()
) -> Availability:
    """Return how a site's time went by.

    Args:
        changes: of the site's equipment, in any order: those within the time that is looked at, and
            of each piece its last one before; one left out is made up for by the next's `previous`.
        counted: the time that is looked at, in order and apart from each other (`open_spans`).
        planned: announced maintenance; windows may overlap.
    """
    done = _joined(planned)
    looked_at = list(_without(counted, done))
    seconds = dict.fromkeys(Service, 0.0)
    for span, service in services(changes, looked_at):
        seconds[service] += _length(span)
    total = sum(map(_length, counted))
    return Availability(
        up_seconds=seconds[Service.UP],
        down_seconds=seconds[Service.DOWN],
        unknown_seconds=seconds[Service.UNKNOWN],
        planned_seconds=total - sum(map(_length, looked_at)),
    )


def services(changes: Iterable[Change], counted: Sequence[Span]) -> Iterator[tuple[Span, Service]]:
    """Yield what a site was worth, span by span, in order: together exactly `counted`."""
    ordered = sorted(changes, key=attrgetter("at"))
    states = _standing_before(ordered)
    position = 0
    for begin, end in counted:
        since = begin
        while position < len(ordered) and ordered[position].at < end:
            change = ordered[position]
            if change.at > since:
                yield (since, change.at), _judge(states)
                since = change.at
            states[change.kind, change.equipment] = change.state
            position += 1
        yield (since, end), _judge(states)


def open_spans(hours: Hours | None, begin: datetime, end: datetime) -> list[Span]:
    """Return when a place is open between two instants (aware); None: always."""
    return [(begin, end)] if hours is None else hours.open_between(begin, end)


def _standing_before(ordered: Iterable[Change]) -> dict[tuple[str, Hashable], str]:
    """Return the state that each piece had before its first change; one that had none is absent."""
    states: dict[tuple[str, Hashable], str] = {}
    seen: set[tuple[str, Hashable]] = set()
    for change in ordered:
        piece = change.kind, change.equipment
        if piece not in seen and change.previous is not None:
            states[piece] = change.previous
        seen.add(piece)
    return states


def _judge(states: Mapping[tuple[str, Hashable], str]) -> Service:
    kinds: dict[str, set[str]] = {}
    for (kind, _), state in states.items():
        kinds.setdefault(kind, set()).add(state)
    found = {_judge_kind(present) for present in kinds.values()} or {Service.UNKNOWN}
    return next(each for each in (Service.DOWN, Service.UNKNOWN, Service.UP) if each in found)


def _judge_kind(states: set[str]) -> Service:
    if states & _THERE:
        return Service.UP
    return Service.DOWN if states == {_DOWN} else Service.UNKNOWN


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Return the same time in order, as spans that neither meet nor overlap."""
    joined: list[Span] = []
    for begin, end in sorted(spans):
        if joined and begin <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        elif begin < end:
            joined.append((begin, end))
    return joined


def _without(spans: Iterable[Span], taken: Sequence[Span]) -> Iterator[Span]:
    """Yield the parts of `spans` that no span of `taken` (joined) covers."""
    for begin, end in spans:
        since = begin
        for first, last in taken:
            if last <= since or first >= end:
                continue
            if first > since:
                yield since, first
            since = max(since, last)
        if since < end:
            yield since, end


def _length(span: Span) -> float:
    return (span[1] - span[0]).total_seconds()
