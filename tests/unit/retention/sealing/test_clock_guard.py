"""Which times the archive believes."""

from datetime import UTC, datetime, timedelta

import pytest

from retention.sealing.clock_guard import fault_of

NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("database", "last_work", "fault"),
    [
        (timedelta(), timedelta(), None),
        (timedelta(minutes=5), timedelta(days=40), None),
        (timedelta(minutes=-5), None, None),
        (timedelta(minutes=5, seconds=1), timedelta(), "5 minutes"),
        (timedelta(minutes=-5, seconds=-1), timedelta(), "5 minutes"),
        (timedelta(), timedelta(days=40, seconds=1), "after-long-stop"),
        (timedelta(), timedelta(days=-1), None),
    ],
)
def test_a_time_is_believed_near_the_database_and_the_last_work(
    database: timedelta, last_work: timedelta | None, fault: str | None
) -> None:
    """Five minutes from the database's clock, forty days after the last sign of work."""
    worked_at = None if last_work is None else NOW - last_work
    found = fault_of(NOW, NOW + database, worked_at)
    assert (found is None) is (fault is None)
    assert (fault or "") in (found or "")
