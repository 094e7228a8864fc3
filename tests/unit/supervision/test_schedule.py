"""Polls are spread over the interval, evenly and steadily."""

from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from supervision.schedule import moment, span

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
