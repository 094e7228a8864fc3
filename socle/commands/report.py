"""`socle report`: what a month came to, on paper, as a spreadsheet or to be read here.

It is what the console shows: counts, small ones hidden; no person is in it. Heavy imports wait
inside, so that `--help` answers at once.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from socle.commands.as_portal import run_as_portal

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncConnection

    from territory.indicators.loading import Loaded
    from territory.indicators.wording import Document

SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="Settings file; `socle.toml` here when not given."),
]


def report(
    month: Annotated[str, typer.Argument(help="A month such as 2026-10.")],
    organisation: Annotated[
        str | None, typer.Option(help="Code of one organisation; the territory if not given.")
    ] = None,
    pdf: Annotated[Path | None, typer.Option(help="Write the paper (PDF/UA) here.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the spreadsheet here.")] = None,
    settings: SettingsFile = None,
) -> None:
    """Tell what a month came to: places, visits, sessions, availability, each with its method.

    Example: socle report 2026-10 --organisation commercy --pdf octobre.pdf --csv octobre.csv
    """
    from portal.spreadsheet import as_csv
    from socle.base import clock_of
    from territory.indicators.loading import load_month
    from territory.indicators.month import Month
    from territory.indicators.report import document_of
    from territory.indicators.wording import as_rows
    from territory.paper.report import render_report
    from territory.rules.quotas import day_of
    from territory.settings import load_settings

    known = load_settings(settings)
    now = clock_of(known).now()
    try:
        wanted = Month.parse(month)
    except ValueError as fault:
        raise _usage(f"expected {fault}, found {month[:20]!r}") from None
    if wanted > (last := Month.last_settled(now)):
        raise _usage(f"{month} may still change: the last that is told is {last}")

    async def work(db: "AsyncConnection") -> "Loaded":
        own = await _organisation(db, organisation) if organisation else None
        return await load_month(db, wanted, own)

    document = document_of(
        run_as_portal(known, work),
        wanted,
        known.indicators.least,
        is_territory=organisation is None,
    )
    if pdf:
        pdf.write_bytes(render_report(document, day_of(now)))
    if csv:
        csv.write_text(as_csv(as_rows(document)), encoding="utf-8")
    if not pdf and not csv:
        _tell(document)


def _tell(document: "Document") -> None:
    typer.echo(f"{document.whose}, {document.month}")
    for figure in document.figures:
        detail = f"  ({figure.detail})" if figure.detail else ""
        typer.echo(f"{figure.name:26}{figure.value}{detail}")


async def _organisation(db: "AsyncConnection", code: str) -> "UUID":
    from sqlalchemy import select

    from territory.database.tables import organisation

    query = select(organisation.c.id).where(organisation.c.code == code)
    found: UUID | None = (await db.execute(query)).scalar()
    if found is None:
        raise _usage(f"expected the code of an organisation, found {code[:40]!r}")
    return found


def _usage(why: str) -> typer.Exit:
    typer.echo(f"socle: {why}", err=True)
    return typer.Exit(2)
