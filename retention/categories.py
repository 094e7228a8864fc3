"""Which legal categories leave the database as segments, and how far back any may reach.

The durations themselves are dated data that the guests' pages read too: `territory.law`.
"""

from datetime import date, timedelta

from territory.database.tables.columns import Category
from territory.law.durations import Law, add_months, end_of

SEALED = (Category.SOURCE, Category.TRAFFIC, Category.SECURITY)
"""The categories that leave the database as daily segments, in the order they are sealed."""


def oldest_kept(law: Law, category: Category, today: date) -> date:
    """Return the oldest day whose facts may still exist on `today`."""
    day = add_months(today, -law.rules[category].kept.months) - timedelta(days=3)
    while end_of(law, category, day).has_come(today):
        day += timedelta(days=1)
    return day
