"""`socle maintenance`: announced work, during which nothing is told of a site.

Its state is still judged and shown. Each use that changes something is a line of the audit log.
"""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from socle.commands.as_portal import run_as_portal

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from territory.database.maintenance import Announced
    from territory.settings import Settings

maintenance = typer.Typer(
    name="maintenance",
    help="Announced work, during which nothing is told: add, list, end.",
    no_args_is_help=True,
)

SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="Settings file; `socle.toml` here when not given."),
]


@maintenance.command()
def add(
    why: Annotated[str, typer.Option(help="What is done, for colleagues; no person's name.")],
    author: Annotated[str, typer.Option(help="Who announces it: a professional address.")],
    site: Annotated[str | None, typer.Option(help="The site's code.")] = None,
    everywhere: Annotated[bool, typer.Option("--everywhere", help="The whole territory.")] = False,
    begins: Annotated[
        str | None, typer.Option("--from", help="Such as 2026-11-23T08:00; now if not given.")
    ] = None,
    ends: Annotated[str | None, typer.Option("--until", help="Such as 2026-11-23T12:00.")] = None,
    lasting: Annotated[
        str | None, typer.Option("--for", help="Such as 2 h or 3 d, in place of --until.")
    ] = None,
    settings: SettingsFile = None,
) -> None:
    """Announce work at a site; times are those of France where they name no other.

    Example: socle maintenance add --site mairie-commercy --for 2h
    --why "nouvelle box" --author tech@meuse.example
    """
    from socle.base import clock_of
    from territory.access.operators import COMMAND_LINE, record
    from territory.database.maintenance import Announcement, announce
    from territory.health.maintenance import Window, window_faults

    known = _settings(settings)
    now = clock_of(known).now()
    if (site is None) != everywhere or (ends is None) == (lasting is None):
        raise _usage("expected --site or --everywhere, and --until or --for")
    begins_at = _instant("--from", begins) if begins else now
    ends_at = _instant("--until", ends) if ends else begins_at + _duration(lasting or "")

    async def work(db: "AsyncConnection") -> UUID:
        window = Window(await _site_id(db, site) if site else None, begins_at, ends_at)
        faults = window_faults(window, why, now)
        if faults or not author.strip():
            raise _usage("; ".join(f.english for f in faults) or "expected an author")
        identifier = await announce(db, Announcement(window, why.strip(), author.strip(), now))
        detail = {"author": author.strip()}
        await record(db, COMMAND_LINE, "maintenance.announced", site or "*", now, **detail)
        return identifier

    typer.echo(str(run_as_portal(known, work)))


@maintenance.command(name="list")
def list_windows(
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
    settings: SettingsFile = None,
) -> None:
    """List what goes on or is to come, the first to end first.

    Example: socle maintenance list --json
    """
    from socle.base import clock_of
    from territory.database.maintenance import load_announced

    known = _settings(settings)
    now = clock_of(known).now()

    async def work(db: "AsyncConnection") -> "list[Announced]":
        return await load_announced(db, now)

    rows = [_row(each) for each in run_as_portal(known, work)]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        where = row["site"] or "everywhere"
        typer.echo(f"{row['id']}  {where:24} {row['from']}  {row['until']}  {row['why']}")


@maintenance.command()
def end(
    window_id: Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it.")],
    settings: SettingsFile = None,
) -> None:
    """End a window now, or before it begins; what it covered stays covered.

    Example: socle maintenance end 3f2b0c9e-...
    """
    from socle.base import clock_of
    from territory.access.operators import COMMAND_LINE, record
    from territory.database.maintenance import end_window

    known = _settings(settings)
    now = clock_of(known).now()
    try:
        wanted = UUID(window_id)
    except ValueError:
        raise _usage(f"expected an identifier as `list` shows it, found {window_id}") from None

    async def work(db: "AsyncConnection") -> bool:
        ended = await end_window(db, wanted, now)
        if ended:
            await record(db, COMMAND_LINE, "maintenance.ended", str(wanted), now)
        return ended

    if not run_as_portal(known, work):
        typer.echo("socle: no such window: see `socle maintenance list`", err=True)
        raise typer.Exit(1)
    typer.echo(f"{wanted} is over")


async def _site_id(db: "AsyncConnection", code: str) -> UUID:
    from sqlalchemy import select

    from territory.database.tables import site

    found: UUID | None = await db.scalar(select(site.c.id).where(site.c.code == code))
    if found is None:
        raise _usage(f"no site has the code {code}")
    return found


def _instant(option: str, text: str) -> datetime:
    """Return an aware instant; without a zone, on France's clock."""
    from territory.web.french import PARIS

    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise _usage(f"{option}: expected a time such as 2026-11-23T08:00, found {text}") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=PARIS)


def _duration(text: str) -> timedelta:
    from territory.measures import parse_duration

    try:
        return timedelta(seconds=parse_duration(text))
    except ValueError as fault:
        raise _usage(f"--for: expected {fault}") from None


def _row(each: "Announced") -> dict[str, str | None]:
    window = each.announcement.window
    return {
        "id": str(each.id),
        "site": each.site_code,
        "from": window.begins_at.isoformat(timespec="seconds"),
        "until": window.ends_at.isoformat(timespec="seconds"),
        "why": each.announcement.why,
        "asked_by": each.announcement.asked_by,
    }


def _settings(file: Path | None) -> "Settings":
    from territory.settings import load_settings

    return load_settings(file)


def _usage(why: str) -> typer.Exit:
    typer.echo(f"socle: {why}", err=True)
    return typer.Exit(2)
