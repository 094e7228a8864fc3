"""`socle papers`: the papers that the territory owes, written from what the base really does.

Without a folder it lists them, each with its version and what people have still to write in it.
Heavy imports wait inside, so that `--help` answers at once.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from socle.commands.as_portal import run_as_portal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy.ext.asyncio import AsyncConnection

    from portal.papers.catalogue import Paper
    from portal.papers.facts import Facts

SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="Settings file; `socle.toml` here when not given."),
]


def papers(
    kind: Annotated[
        str | None,
        typer.Argument(help="record, impact-assessment, requisitions or notice; all if not given."),
    ] = None,
    organisation: Annotated[
        str | None, typer.Option(help="Code of one organisation: its notice, and the procedure.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write each as PDF/UA and HTML in this folder.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
    settings: SettingsFile = None,
) -> None:
    """Write the record of processing, the impact assessment, the notices, the procedure.

    Example: socle papers --out papiers
    """
    from portal.papers.catalogue import Kind, papers_of
    from portal.papers.facts import circumstances_of
    from portal.papers.loading import load_facts, load_texts
    from socle.base import clock_of
    from territory.rules.quotas import day_of
    from territory.settings import load_settings

    if kind is not None and kind not in list(Kind):
        raise _usage(f"expected one of {', '.join(Kind)}, found {kind[:40]!r}")
    known = load_settings(settings)
    circumstances, today = circumstances_of(known), day_of(clock_of(known).now())

    async def work(db: "AsyncConnection") -> "Facts":
        return await load_facts(db, circumstances, await load_texts(db, known), today)

    facts = run_as_portal(known, work)
    if organisation is not None and organisation not in {body.code for body in facts.bodies}:
        raise _usage(f"expected the code of an organisation, found {organisation[:40]!r}")
    found = [p for p in papers_of(facts, organisation or "") if kind in (None, p.kind)]
    if out:
        _write(found, out, today)
    typer.echo(_as_json(found) if as_json else "\n".join(map(_line, found)))


def _write(found: "Sequence[Paper]", out: Path, today: "date") -> None:
    from territory.paper.document import render_html, render_pdf

    out.mkdir(parents=True, exist_ok=True)
    for paper in found:
        file = out / paper.file_name
        file.with_suffix(".pdf").write_bytes(render_pdf(paper.document, today))
        file.with_suffix(".html").write_text(render_html(paper.document, today), encoding="utf-8")


def _line(paper: "Paper") -> str:
    left = len(paper.document.blanks)
    said = f"{left} to complete" if left else "complete"
    return f"{paper.file_name:36}{paper.document.version}  {said}"


def _as_json(found: "Sequence[Paper]") -> str:
    rows = [
        {
            "kind": paper.kind,
            "file": paper.file_name,
            "organisation": paper.organisation or None,
            "version": paper.document.version,
            "to_complete": [f"{blank.who} : {blank.what}" for blank in paper.document.blanks],
        }
        for paper in found
    ]
    return json.dumps(rows, ensure_ascii=False)


def _usage(why: str) -> typer.Exit:
    typer.echo(f"socle: {why}", err=True)
    return typer.Exit(2)
