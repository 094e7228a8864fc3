"""From content to pages: what every paper asks of typst, and what it does with odd signs.

Templates are our own; what they print comes to them as data (JSON), never as source, so that no
name can be markup.
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Final, Literal

import typst

from territory.paper.signs import spell_out

_PICTURE_DPI: Final = 100.0
_APOSTROPHE: Final = "\N{RIGHT SINGLE QUOTATION MARK}"
"""As it is printed in French."""

Kind = Literal["pdf", "png"]


def typeset(
    template: Path, content: Mapping[str, Any], made_on: date, kind: Kind, *, is_exact: bool = False
) -> list[bytes]:
    """Return a paper as one PDF/UA-1 file, or as a PNG picture of each page.

    Takes some tenths of a second: not for the event loop.

    Args:
        template: a typst file, which reads its content from the input of its own name.
        content: JSON-like; a sign in it that no font has is printed by its code.
        made_on: the only date that the file bears.
        kind: of file.
        is_exact: leaves apostrophes as they were written: a network's name is looked for so.
    """
    exact = json.dumps(content)
    told = exact if is_exact else exact.replace("'", _APOSTROPHE)
    try:
        return _set(template, told, made_on, kind)
    except typst.TypstError:  # a sign that no font has, in what somebody else wrote
        return _set(template, json.dumps(spell_out(json.loads(told))), made_on, kind)


def _set(template: Path, told: str, made_on: date, kind: Kind) -> list[bytes]:
    done: object = typst.compile(
        template,
        format=kind,
        ppi=_PICTURE_DPI,
        ignore_system_fonts=True,
        sys_inputs={template.stem: told},
        pdf_standards=["ua-1"] if kind == "pdf" else [],
        timestamp=datetime.combine(made_on, time(), UTC),
    )
    pages = done if isinstance(done, list) else [done]
    return [page for page in pages if isinstance(page, bytes)]
