"""A letter on paper: who writes to whom, about what, and what is asked of them, point by point.

Its words go to typst as data (JSON), never as source. The result is PDF/UA-1: tagged, in French.
"""

from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from territory.paper.typeset import typeset
from territory.web.french import calendar_day

TEMPLATE: Final = Path(__file__).parent / "letter.typ"


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter's words."""

    sender: tuple[str, ...]
    """Lines, the name first."""
    recipient: tuple[str, ...]
    """Lines, the name first."""
    written_on: date
    subject: str
    references: tuple[tuple[str, str], ...]
    """What it is about: name and value."""
    before: tuple[str, ...]
    """Paragraphs before the points."""
    points: tuple[str, ...]
    """What is asked, one by one."""
    after: tuple[str, ...]
    """Paragraphs after them."""
    signature: tuple[str, ...]
    """Lines under which a hand signs."""

    @property
    def date_in_words(self) -> str:
        """`22 novembre 2026`."""
        return calendar_day(self.written_on)


def render_letter(letter: Letter) -> bytes:
    """Return the letter as a PDF; takes some tenths of a second: not for the event loop."""
    (pdf,) = typeset(TEMPLATE, _data(letter), letter.written_on, "pdf")
    return pdf


def draw_letter(letter: Letter) -> list[bytes]:
    """Return the letter's pages as PNG pictures, to be looked at."""
    return typeset(TEMPLATE, _data(letter), letter.written_on, "png")


def _data(letter: Letter) -> dict[str, Any]:
    return {**asdict(letter), "written_on": letter.date_in_words}
