"""A month of Europe/Paris: its bounds, its neighbours, its name."""

from datetime import UTC, date, datetime

import pytest

from territory.indicators.month import Month


def test_its_bounds_are_of_paris() -> None:
    """October ends with an hour more than it began with: summer time is over."""
    october = Month.parse("2026-10")
    assert october.begin == datetime(2026, 9, 30, 22, tzinfo=UTC)
    assert october.end == datetime(2026, 10, 31, 23, tzinfo=UTC)
    assert (october.first_day, october.last_day) == (date(2026, 10, 1), date(2026, 10, 31))
    assert Month.of(datetime(2026, 9, 30, 22, 30, tzinfo=UTC)) == october


def test_its_neighbours_and_its_name() -> None:
    """Across a year, and in French."""
    assert str(Month.parse("2026-12").following) == "2027-01"
    assert str(Month.parse("2027-01").previous) == "2026-12"
    assert Month.parse("2026-08").french == "août 2026"


def test_a_month_is_told_once_nothing_of_it_moves() -> None:
    """Three days after its end: what changes between two looks would tell small counts."""
    assert str(Month.last_settled(datetime(2026, 11, 3, 22, 59, tzinfo=UTC))) == "2026-09"
    assert str(Month.last_settled(datetime(2026, 11, 3, 23, 1, tzinfo=UTC))) == "2026-10"


@pytest.mark.parametrize("written", ["2026-13", "2026-1", "26-10", "octobre", "", "2026-10-01"])
def test_what_is_no_month_is_said_so(written: str) -> None:
    """A month is a year and two digits."""
    with pytest.raises(ValueError, match="2026-10"):
        Month.parse(written)
