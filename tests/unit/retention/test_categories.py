"""How far back the archive may reach."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from retention.categories import SEALED, oldest_kept
from territory.database.tables.columns import Category
from territory.law.durations import end_of, load_law

LAW = load_law()


@given(st.dates(date(2023, 1, 1), date(2026, 9, 1)), st.sampled_from(SEALED))
def test_the_oldest_kept_day_is_the_first_whose_end_has_not_come(
    today: date, category: Category
) -> None:
    """The day before it must be gone."""
    oldest = oldest_kept(LAW, category, today)
    assert not end_of(LAW, category, oldest).has_come(today)
    assert end_of(LAW, category, oldest - timedelta(days=1)).has_come(today)
