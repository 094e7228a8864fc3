"""What `socle apply` does: reads, compares, asks, writes, and tells each step.

A thin shell over `territory.application`. Secrets are never shown: `socle site render` puts them
where they belong.
"""

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.console import Console

from deploy.packages.catalogue import package_codes
from socle.base import clock_of, lay_ground
from socle.commands.difference import applied_lines, as_json, prospect_lines
from territory.access.operators import COMMAND_LINE
from territory.application.agreement import Known
from territory.application.applying import Applied, Prospect, Wish, look, make
from territory.application.description import read_description
from territory.application.writing import Authority
from territory.communes.national_list import national_list
from territory.database.connect import open_engine
from territory.errors import ConfigurationError, Fault
from territory.settings import Settings, load_settings
from territory.wireguard.addressing import Inside

_CONSOLE = Console(highlight=False, soft_wrap=True)


@dataclass(frozen=True, slots=True)
class Options:
    """How a run of the command behaves."""

    yes: bool
    """Do not ask."""
    prune: bool
    """Take away what the file does not name."""
    as_json: bool
    """Tell it to a script."""


def run(file: Path, options: Options, settings_file: Path | None) -> None:
    """Bring the territory to what `file` says.

    Raises:
        ConfigurationError: the settings or the file have faults; all are listed.
        Unavailable: the database does not answer.
        typer.Exit: whoever was asked said no.
    """
    settings = load_settings(settings_file)
    known = Known(national_list(), package_codes())
    inside = Inside(settings.tunnel.network, settings.tunnel.base_address)
    wish = Wish(read_description(file.read_bytes(), known), options.prune, inside)
    asyncio.run(_apply(wish, file.name, options, settings))


async def _apply(wish: Wish, subject: str, options: Options, settings: Settings) -> None:
    ground = await lay_ground(settings)
    engine = open_engine(ground.owner_url)
    try:
        shown = await look(engine, wish, ground.keyring)
        if not _agreed(shown, options):
            raise typer.Exit(1)
        if shown.found.changes or shown.retunnelled:
            authority = Authority(COMMAND_LINE.name, subject, clock_of(settings).now())
            applied = await make(engine, wish, ground.keyring, authority, shown)
            _tell_applied(applied, options)
        elif options.as_json:
            typer.echo(json.dumps(as_json(shown, (), applied=False), ensure_ascii=False))
    finally:
        await engine.dispose()
        ground.close()


def _agreed(shown: Prospect, options: Options) -> bool:
    """Show what would change and ask, unless it was said beforehand."""
    if not options.as_json:
        for line in prospect_lines(shown):
            _CONSOLE.print(line)
    if options.yes or not shown.found.changes:
        return True
    if not sys.stdin.isatty():
        raise ConfigurationError([Fault("--yes", "expected, as there is no terminal to ask on")])
    return typer.confirm("Make it so?", err=options.as_json)


def _tell_applied(applied: Applied, options: Options) -> None:
    if options.as_json:
        document = as_json(applied.prospect, applied.refused, applied=True)
        typer.echo(json.dumps(document, ensure_ascii=False))
        return
    for line in applied_lines(applied):
        _CONSOLE.print(line)
