"""Tickets on paper: one large, or eight a page to be cut apart.

What is printed is plain text of our own and names of the territory's description; it goes to typst
as data (JSON), never as source, so that no name can be markup. The result is PDF/UA-1: tagged, in
French, every picture with its alternative, and readable as text by who cannot see it.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from territory.paper.qr import qr_file
from territory.paper.typeset import typeset
from territory.web.french import calendar_day

TEMPLATE: Final = Path(__file__).parent / "tickets.typ"


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
    first_day: date | None = None
    """First day of use; None: at once."""
    last_day: date | None = None
    """Nobody is online after it; None: as long as each lasts."""


def render_tickets(paper: Paper) -> bytes:
    """Return the sheet as a PDF; takes a fifth of a second and more: not for the event loop."""
    (pdf,) = typeset(TEMPLATE, _data(paper), paper.made_on, "pdf", is_exact=True)
    return pdf


def draw_tickets(paper: Paper) -> list[bytes]:
    """Return the sheet's pages as PNG pictures, to be looked at."""
    return typeset(TEMPLATE, _data(paper), paper.made_on, "png", is_exact=True)


def _written(day: date | None) -> str:
    """Return a day in French; empty where there is none."""
    return calendar_day(day, "d MMM y") if day else ""


def _data(paper: Paper) -> dict[str, object]:
    return {
        "organisation": paper.organisation,
        "place": paper.place,
        "networks": list(paper.networks),
        "lasting": paper.lasting,
        "devices": paper.devices,
        "first": _written(paper.first_day),
        "last": _written(paper.last_first_use),
        "end": _written(paper.last_day),
        "tickets": [
            {"number": one.number, "code": one.code, "qr": qr_file(one.url)}
            for one in paper.tickets
        ],
    }
