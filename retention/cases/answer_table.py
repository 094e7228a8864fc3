"""The attributions of an answer as CSV (RFC 4180, UTF-8): for a spreadsheet, or another program.

One line for each, with the number of its question. A cell that a spreadsheet would take for a
formula is written as text.
"""

import csv
from collections.abc import Mapping
from datetime import datetime
from io import StringIO
from typing import Any, Final

COLUMNS: Final = (
    "question",
    "certainty",
    "device",
    "device_is_random",
    "site",
    "site_name",
    "public_address",
    "port_first",
    "port_last",
    "protocol",
    "address",
    "addresses6",
    "from",
    "until",
    "until_is",
    "from_uncertainty_seconds",
    "until_uncertainty_seconds",
    "nas_clock_offset_seconds",
    "user_name",
    "session",
)
_FORMULA = ("=", "+", "-", "@")


def write_table(answer: Mapping[str, Any]) -> bytes:
    """Return the attributions of an answer's content (`reponse.json`); its head alone for none."""
    file = StringIO()
    table = csv.writer(file)
    table.writerow(COLUMNS)
    for number, reply in enumerate(answer["answers"], 1):
        for found in reply["attributions"]:
            row = {"question": number, **found}
            table.writerow([_cell(row[name]) for name in COLUMNS])
    return file.getvalue().encode()


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case list():
            return " ".join(str(one) for one in value)
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
