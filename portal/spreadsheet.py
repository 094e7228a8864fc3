"""A table as spreadsheets open it: RFC 4180, a byte order mark, no cell a formula. Pure.

Guests take their own data away so, and an organisation its list of readers.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

_STARTS_A_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def as_csv(rows: Iterable[Sequence[str]]) -> str:
    """Return rows as CSV with a byte order mark, which spreadsheets ask for.

    No cell begins as a formula does: an apostrophe stands before it.
    """
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    for row in rows:
        writer.writerow(map(_harmless, row))
    return f"\ufeff{text.getvalue()}"


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_STARTS_A_FORMULA) else cell
