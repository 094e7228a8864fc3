"""The answer as a page for the authority: French, self-contained, printable, accessible."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import jinja2

_TEMPLATES = Path(__file__).parent / "templates"

_ENDS = {
    "stop": "fin annoncée par l'équipement",
    "change": "changement d'adresse",
    "day_end": "se poursuit le lendemain",
    "last_seen": "fin non annoncée : dernière observation",
}


def write_report(answer: Mapping[str, Any], answer_sha256: str) -> str:
    """Return the report of an answer's content (`reponse.json`) and of its file's SHA-256."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["instant"] = _instant
    template = environment.get_template("report.html")
    return template.render(answer=answer, answer_sha256=answer_sha256, ends=_ENDS)


def _instant(moment: datetime) -> str:
    """Return a UTC instant to the second, or finer where it is."""
    seconds = moment.strftime("%d/%m/%Y %H:%M:%S")
    fraction = f"{moment.microsecond / 1_000_000:.3f}"[1:].replace(".", ",")
    return f"{seconds}{fraction if moment.microsecond else ''} UTC"
