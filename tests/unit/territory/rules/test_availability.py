"""A site's availability: what counts, what weighs on neither side, and that no second is lost."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from territory.rules.availability import (
    Availability,
    Change,
    Service,
    Span,
    availability,
    open_spans,
    services,
)
from territory.rules.opening_hours import Hours, Timetable

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = (NOON, NOON + 10 * HOUR)
STATES = ("up", "degraded", "down", "unknown", "asleep")


def change(piece: str, hour: float, state: str, previous: str | None = "up") -> Change:
    """A change of `nas...` or `ap...`, so many hours after noon."""
    kind = "nas" if piece.startswith("nas") else "access_point"
    return Change(kind, piece, previous, state, NOON + hour * HOUR)


def hours_of(found: Availability) -> tuple[float, float, float, float]:
    """Up, down, unknown and planned, in hours."""
    seconds = (
        found.up_seconds,
        found.down_seconds,
        found.unknown_seconds,
        found.planned_seconds,
    )
    up, down, unknown, planned = (each / 3600 for each in seconds)
    return up, down, unknown, planned


@pytest.mark.parametrize(
    ("changes", "planned", "expected"),
    [
        ((), (), (0, 0, 10, 0)),
        ((change("nas", -5, "up", None),), (), (10, 0, 0, 0)),
        ((change("nas", 4, "up", None),), (), (6, 0, 4, 0)),
        ((change("nas", 2, "down"), change("nas", 5, "up", "down")), (), (7, 3, 0, 0)),
        ((change("nas", 2, "unknown"), change("nas", 5, "up", "unknown")), (), (7, 0, 3, 0)),
        ((change("nas", 2, "asleep"), change("nas", 5, "degraded", "asleep")), (), (7, 0, 3, 0)),
        # one access point of two: part of the place is lost, not the place
        ((change("ap1", 2, "down"), change("ap2", -1, "up", None)), (), (10, 0, 0, 0)),
        ((change("ap1", 2, "down"), change("ap2", 3, "down")), (), (3, 7, 0, 0)),
        ((change("nas", -1, "up", None), change("ap1", 2, "down")), (), (2, 8, 0, 0)),
        # announced work leaves both sides alone, however its windows overlap
        (
            (change("nas", 2, "down"), change("nas", 6, "up", "down")),
            ((NOON + HOUR, NOON + 4 * HOUR), (NOON + 3 * HOUR, NOON + 5 * HOUR)),
            (5, 1, 0, 4),
        ),
        ((change("nas", -1, "up", None),), ((NOON - HOUR, NOON + 20 * HOUR),), (0, 0, 0, 10)),
    ],
)
def test_what_counts(
    changes: tuple[Change, ...],
    planned: tuple[Span, ...],
    expected: tuple[float, float, float, float],
) -> None:
    """Each rule of the module, in hours of a day of ten."""
    assert hours_of(availability(changes, [DAY], planned)) == expected


def test_a_night_closed_weighs_nothing() -> None:
    """A place that is down only while it is closed was there whenever it was open."""
    open_ = [(NOON, NOON + 4 * HOUR), (NOON + 8 * HOUR, NOON + 10 * HOUR)]
    found = availability([change("nas", 4, "down"), change("nas", 8, "up", "down")], open_)
    assert hours_of(found) == (6, 0, 0, 0)
    assert found.share == 1


def test_nothing_known_is_no_figure() -> None:
    """Where nothing was ever judged there is no share, neither 0 nor 1."""
    assert availability([], [DAY]).share is None


_INSTANTS = st.integers(min_value=-20, max_value=60).map(lambda tenths: tenths / 4)
_SPANS = st.lists(st.tuples(_INSTANTS, _INSTANTS), max_size=4)


def _history(told: list[tuple[str, float, str]]) -> list[Change]:
    """Return changes as they are written: each piece's `previous` is its state before."""
    known: dict[str, str] = {}
    changes = []
    for piece, hour, state in sorted(told, key=lambda each: each[1]):
        changes.append(change(piece, hour, state, known.get(piece)))
        known[piece] = state
    return changes


_TOLD = st.lists(
    st.tuples(st.sampled_from(["nas1", "nas2", "ap1", "ap2"]), _INSTANTS, st.sampled_from(STATES)),
    max_size=12,
)


@given(_TOLD, _SPANS)
def test_no_second_is_lost_or_counted_twice(
    told: list[tuple[str, float, str]], windows: list[tuple[float, float]]
) -> None:
    """Up, down, unknown and planned time make up the time that is looked at, whatever happened."""
    counted = [(NOON, NOON + 3 * HOUR), (NOON + 5 * HOUR, NOON + 9 * HOUR)]
    planned = [(NOON + a * HOUR, NOON + b * HOUR) for a, b in windows if a < b]
    found = availability(_history(told), counted, planned)
    assert sum(hours_of(found)) == pytest.approx(7)
    assert min(hours_of(found)) >= 0
    spans = [span for span, _ in services(_history(told), counted)]
    assert all(begin < end for begin, end in spans)
    assert sum((b - a for a, b in spans), timedelta()) == 7 * HOUR


@given(_TOLD, _INSTANTS)
def test_each_instant_has_the_worst_that_holds_then(
    told: list[tuple[str, float, str]], hour: float
) -> None:
    """What a span says is what the last change of each piece makes of its instants."""
    history, at = _history(told), NOON + hour * HOUR + timedelta(minutes=1)
    ((_, found),) = list(services(history, [(at, at + timedelta(minutes=1))]))
    last: dict[str, dict[str, str]] = {"nas": {}, "access_point": {}}
    for one in history:
        if one.at <= at:
            last[one.kind][str(one.equipment)] = one.state
    kinds = [list(states.values()) for states in last.values() if states]
    there = [any(state in ("up", "degraded") for state in kind) for kind in kinds]
    if any(all(state == "down" for state in kind) for kind in kinds):
        assert found is Service.DOWN
    elif not kinds or not all(there):
        assert found is Service.UNKNOWN
    else:
        assert found is Service.UP


def test_opening_hours_become_spans() -> None:
    """A year's turn, a night over midnight and the end of summer time: no hour twice or lost."""
    hours = Hours(Timetable("Mo-Su 22:00-02:00", "55"))
    spans = open_spans(
        hours, datetime(2026, 12, 31, 12, tzinfo=UTC), datetime(2027, 1, 1, 12, tzinfo=UTC)
    )
    assert spans == [
        (datetime(2026, 12, 31, 21, tzinfo=UTC), datetime(2027, 1, 1, 1, tzinfo=UTC)),
    ]
    always = Hours(Timetable("24/7", "55"))
    month = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
    assert open_spans(always, *month) == [month]
    assert open_spans(None, *month) == [month]


def test_spans_agree_with_the_hours_themselves() -> None:
    """Every hour of a month is within a span just where the place is open."""
    hours = Hours(Timetable("Mo-Fr 09:00-12:00,14:00-18:00; PH off", "55"))
    begin = datetime(2026, 10, 20, tzinfo=UTC)
    spans = open_spans(hours, begin, begin + timedelta(days=14))
    for half in range(0, 14 * 48, 3):
        at = begin + half * timedelta(minutes=30)
        assert any(a <= at < b for a, b in spans) is hours.is_open(at), at
