"""Polls are spread over the interval, evenly and steadily."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervision.schedule import moment, next_multiple, span

MINUTE = timedelta(minutes=1)


@given(st.uuids())
def test_a_moment_lies_in_the_span_and_stays(equipment_id: UUID) -> None:
    """Each piece of equipment has one moment, the same in every round."""
    first = moment(equipment_id, MINUTE)
    assert timedelta() <= first < MINUTE
    assert first == moment(equipment_id, MINUTE)


def test_a_large_fleet_is_spread_evenly() -> None:
    """No second of the minute holds twice its share of 10 000 polls."""
    seconds = [moment(UUID(int=n), MINUTE).seconds for n in range(10_000)]
    assert max(map(seconds.count, range(60))) < 2 * 10_000 / 60


def test_the_last_poll_of_a_round_ends_inside_it() -> None:
    """Polls begin early enough for a silent one to end in its round, where the interval allows."""
    assert span(MINUTE, timedelta(seconds=6)) == timedelta(seconds=54)
    assert span(timedelta(seconds=1), timedelta(seconds=6)) == timedelta(seconds=0.5)


@pytest.mark.parametrize(
    ("now", "expected"),
    [("14:00:00", "14:05:00"), ("14:04:59", "14:05:00"), ("14:57:30", "15:00:00")],
)
def test_the_next_multiple_is_the_wall_clocks(now: str, expected: str) -> None:
    """Whenever a process starts, its samples are taken when everybody's are."""
    instants = [datetime.fromisoformat(f"2026-11-20T{each}+00:00") for each in (now, expected)]
    assert next_multiple(instants[0], 5 * MINUTE) == instants[1]
