"""Tickets on paper: one large, or eight a page to be cut apart.

What is printed is plain text of our own and names of the territory's description; it goes to typst
as data (JSON), never as source, so that no name can be markup. The result is PDF/UA-1: tagged, in
French, every picture with its alternative, and readable as text by who cannot see it.
"""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Final, Literal

import typst
from babel.dates import format_date

from territory.paper.qr import qr_file

TEMPLATE: Final = Path(__file__).parent / "tickets.typ"
_PICTURE_DPI: Final = 100.0


@dataclass(frozen=True, slots=True)
class TicketPaper:
    """One ticket."""

    number: int
    """On its sheet."""
    code: str
    """In groups, as it is read aloud."""
    url: str
    """What its QR code opens."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A sheet of tickets."""

    organisation: str
    """Whose."""
    place: str
    """Where they are good, in words."""
    networks: tuple[str, ...]
    """Names of the Wi-Fi networks to choose."""
    lasting: str
    """How long each lasts, in words: `1 jour`."""
    devices: int
    """At once with each."""
    last_first_use: date
    """Last day of first use."""
    made_on: date
    """Made on this day."""
    tickets: tuple[TicketPaper, ...]
    """In their order."""


def render_tickets(paper: Paper) -> bytes:
    """Return the sheet as a PDF; takes a fifth of a second and more: not for the event loop."""
    (pdf,) = _compile(paper, "pdf")
    return pdf


def draw_tickets(paper: Paper) -> list[bytes]:
    """Return the sheet's pages as PNG pictures, to be looked at."""
    return _compile(paper, "png")


def _compile(paper: Paper, kind: Literal["pdf", "png"]) -> list[bytes]:
    made = datetime.combine(paper.made_on, time(), UTC)
    done: object = typst.compile(
        TEMPLATE,
        format=kind,
        ppi=_PICTURE_DPI,
        ignore_system_fonts=True,
        sys_inputs={"paper": json.dumps(_data(paper))},
        pdf_standards=["ua-1"] if kind == "pdf" else [],
        timestamp=made,
    )
    pages = done if isinstance(done, list) else [done]
    return [page for page in pages if isinstance(page, bytes)]


def _data(paper: Paper) -> dict[str, object]:
    return {
        "organisation": paper.organisation,
        "place": paper.place,
        "networks": list(paper.networks),
        "lasting": paper.lasting,
        "devices": paper.devices,
        "last": format_date(paper.last_first_use, "d MMM y", locale="fr"),
        "tickets": [
            {"number": one.number, "code": one.code, "qr": qr_file(one.url)}
            for one in paper.tickets
        ],
    }
