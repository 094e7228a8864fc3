"""A table that spreadsheets open and none of whose cells they run."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from portal.spreadsheet import as_csv

CELL = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=30)


@given(st.lists(st.lists(CELL, min_size=2, max_size=2), min_size=1, max_size=4))
def test_cells_come_back_as_they_were_and_none_is_a_formula(rows: list[list[str]]) -> None:
    """Quotes, commas and accents survive; what would begin a formula has an apostrophe before."""
    text = as_csv(rows)
    assert text.startswith("\ufeff")
    read = list(csv.reader(io.StringIO(text[1:], newline="")))
    assert [[cell.removeprefix("'") for cell in row] for row in read] == [
        [cell.removeprefix("'") for cell in row] for row in rows
    ]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in read for cell in row)
