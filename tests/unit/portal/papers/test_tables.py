"""Nothing personal is kept without a line in the papers."""

from portal.papers.activities import Activity, parts_of
from portal.papers.tables import PERSONAL, TABLES, held
from territory.database.tables import metadata


def test_every_table_with_personal_columns_is_said_in_words() -> None:
    """A table that is added gets its line in `TABLES`, one that is gone loses it."""
    assert {part.table for part in held()} == set(TABLES)


def test_every_personal_column_serves_one_activity() -> None:
    """None is left out, none is counted twice."""
    columns = [
        (table.fullname, column.name)
        for table in metadata.tables.values()
        for column in table.columns
        if column.info["category"] in PERSONAL
    ]
    served = [
        (part.table, name)
        for activity in Activity
        for part in parts_of(activity)
        for name in part.columns
    ]
    assert sorted(served) == sorted(columns)
