"""A written paper as values: what is said once is rendered twice, as PDF/UA-1 and as HTML.

Between what writes a paper (`portal.papers`) and what a reader holds. The content is plain French
text in sections; it goes to typst as data (JSON) and to HTML escaped, so that no name can be
markup. A `Blank` is what only a person can write: it is shown as such, never filled in.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar, Final

import jinja2

from territory.paper.typeset import typeset
from territory.web.french import calendar_day

HERE: Final = Path(__file__).parent
TEMPLATE: Final = HERE / "document.typ"
_APOSTROPHE: Final = "\N{RIGHT SINGLE QUOTATION MARK}"
"""As it is printed in French."""
_NO_BREAK: Final = "\N{NO-BREAK SPACE}"
_HELD: Final = re.compile(r"(?<=«) | (?=[:;?!»])")
"""A blank that no line may end with."""
_VERSION_CHARACTERS: Final = 8
_PAGES: Final = jinja2.Environment(
    loader=jinja2.FileSystemLoader(HERE),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph."""

    kind: ClassVar = "words"
    words: str


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple[str, ...]
    are_steps: bool = False
    """Whether they are done one after the other: numbered."""

    @property
    def kind(self) -> str:
        """How it is set."""
        return "steps" if self.are_steps else "items"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head; the first column names the row."""

    kind: ClassVar = "table"
    title: str
    """What it shows: read aloud before it."""
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """As many cells in each as in the head."""


@dataclass(frozen=True, slots=True)
class Blank:
    """What a person has still to write."""

    kind: ClassVar = "blank"
    who: str
    """Who writes it, with their article: `le délégué à la protection des données`."""
    what: str
    """What is asked of them."""


Block = Words | Items | Table | Blank


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what is below it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A whole paper."""

    title: str
    whose: str
    """Who answers for it."""
    about: str
    """What it is, and what it is held to, in one sentence."""
    sections: tuple[Section, ...]

    @property
    def version(self) -> str:
        """A name of this very content, the same as long as nothing in it changes: SHA-256, cut."""
        content = json.dumps(_content(self), sort_keys=True, ensure_ascii=False)
        return sha256(content.encode()).hexdigest()[:_VERSION_CHARACTERS]

    @property
    def blanks(self) -> tuple[Blank, ...]:
        """What is still to be written, in order."""
        every = (block for section in self.sections for block in section.blocks)
        return tuple(block for block in every if isinstance(block, Blank))


def render_pdf(document: Document, made_on: date) -> bytes:
    """Return the paper as PDF/UA-1; takes some tenths of a second: not for the event loop."""
    (pdf,) = typeset(TEMPLATE, _shown(document, made_on), made_on, "pdf")
    return pdf


def draw_pages(document: Document, made_on: date) -> list[bytes]:
    """Return the paper's pages as PNG pictures, to be looked at."""
    return typeset(TEMPLATE, _shown(document, made_on), made_on, "png")


def render_html(document: Document, made_on: date) -> str:
    """Return the paper as one HTML file, which loads nothing from anywhere."""
    return _PAGES.get_template("document.html").render(_shown(document, made_on))


def _shown(document: Document, made_on: date) -> dict[str, Any]:
    """Return what both renderings are given."""
    shown: dict[str, Any] = _printed(_content(document))
    return {
        **shown,
        "version": document.version,
        "blanks": len(document.blanks),
        "made_on": calendar_day(made_on),
    }


def _content(document: Document) -> dict[str, Any]:
    sections = [
        {
            "title": section.title,
            "blocks": [{"kind": block.kind, **asdict(block)} for block in section.blocks],
        }
        for section in document.sections
    ]
    return {**asdict(document), "sections": sections}


def _printed(content: Any) -> Any:
    """Return the same with the apostrophes and the blanks of print."""
    if isinstance(content, str):
        return _HELD.sub(_NO_BREAK, content.replace("'", _APOSTROPHE))
    if isinstance(content, Mapping):
        return {name: _printed(value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [_printed(value) for value in content]
    return content
