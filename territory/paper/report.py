"""The monthly report on paper: figures, tables with a picture of each that has one, methods.

The document goes to typst as data (JSON), never as source, so that no name can be markup. The
result is PDF/UA-1: tagged, in French, with headings, headers of tables, and each picture's content
in words; what a picture shows is also in the table beside it.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any, Final

from territory.indicators.wording import Document, Sheet, count
from territory.paper.typeset import typeset
from territory.web.french import calendar_day

TEMPLATE: Final = Path(__file__).parent / "report.typ"


def render_report(document: Document, made_on: date) -> bytes:
    """Return the report as a PDF; takes some tenths of a second: not for the event loop."""
    (pdf,) = typeset(TEMPLATE, _data(document, made_on), made_on, "pdf")
    return pdf


def draw_report(document: Document, made_on: date) -> list[bytes]:
    """Return the report's pages as PNG pictures, to be looked at."""
    return typeset(TEMPLATE, _data(document, made_on), made_on, "png")


def _data(document: Document, made_on: date) -> dict[str, Any]:
    return {
        **asdict(document),
        "made_on": calendar_day(made_on),
        "sheets": [{**asdict(sheet), "bars": _bars(sheet.bars)} for sheet in document.sheets],
        "alternatives": [_alternative(sheet) for sheet in document.sheets],
    }


def _bars(bars: Sequence[tuple[str, int]]) -> list[dict[str, Any]]:
    """Return the bars, each with its length as a part of the longest."""
    longest = max((size for _, size in bars), default=0)
    return [
        {"name": name, "value": count(size), "part": size / longest if longest else 0}
        for name, size in bars
    ]


def _alternative(sheet: Sheet) -> str:
    """Return what a sheet's picture shows, in words."""
    told = ", ".join(f"{name} {count(size)}" for name, size in sheet.bars)
    return f"Diagramme en barres : {told}. Les mêmes nombres sont dans le tableau qui suit."
