"""`socle archive`: seal what is due, verify what was sealed, purge what has ended."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from socle.commands.ceremony import drill, rewrap
from socle.commands.on_site import Site, on_site

if TYPE_CHECKING:
    from datetime import date

    from retention.ending.certificate import Slip
    from retention.ending.purge import Plan
    from retention.manifests.verify import Verdict
    from retention.sealing.archive import Step
    from territory.law.durations import Law

archive = typer.Typer(
    name="archive",
    help="The sealed days: run, verify, list, purge; the keys: drill, rewrap.",
    no_args_is_help=True,
)

SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="Settings file; `socle.toml` here when not given."),
]
LongStop = Annotated[
    bool,
    typer.Option(
        "--after-long-stop", help="The clock is right: nothing ran for long, or it was set."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="For scripts.")]

archive.add_typer(drill, name="drill")
archive.add_typer(rewrap, name="rewrap")


@archive.command()
def run(
    after_long_stop: LongStop = False, as_json: AsJson = False, settings: SettingsFile = None
) -> None:
    """Seal every day whose grace of two days is over; `socle serve` does it by itself.

    Example: socle archive run
    """
    from retention.sealing import archive as sealing

    with _Progress(silent=as_json) as progress:
        done = on_site(
            settings,
            lambda site: sealing.run(*site.arguments, progress.show, site.guard(after_long_stop)),
        )
    days = [str(day) for day in done.days]
    if as_json:
        typer.echo(json.dumps({"days": days, "segments": done.segments, "rows": done.rows}))
        return
    span = f"{days[0]} to {days[-1]}: " if days else ""
    typer.echo(f"{span}{len(days)} days sealed, {done.segments} segments, {done.rows} slices")


@archive.command()
def verify(
    folder: Annotated[
        Path | None, typer.Argument(help="An archive folder, or a copy; else the settings' own.")
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="SHA-256 of the archive's public key, noted elsewhere.")
    ] = None,
    head: Annotated[
        str | None, typer.Option(help="SHA-256 of a manifest that must be in the chain.")
    ] = None,
    as_json: AsJson = False,
    settings: SettingsFile = None,
) -> None:
    """Check that an archive is whole and unchanged: no database, no private key, any machine.

    Without a folder, what the settings name: in buckets, the chain's copy and every object there.
    Exit status 1 with the first break named, as near to its first octet as can be known.

    Example: socle archive verify /mnt/copy/archive
    """
    from retention.manifests.verify import Expected
    from retention.manifests.verify import verify as check
    from retention.storage.choose import open_storage
    from retention.storage.folder import Folder
    from territory.settings import load_settings

    if folder is None:
        known = load_settings(settings)
        storage = open_storage(known.archive, known.archive_folder)
    elif folder.is_dir():
        storage = Folder(folder)
    else:
        typer.echo(f"socle: {folder}: expected a folder", err=True)
        raise typer.Exit(2)
    with _Progress(silent=as_json) as progress:
        verdict = check(storage, Expected(key, head), progress.count)
    typer.echo(_as_json(verdict) if as_json else _as_text(verdict))
    if not verdict.is_whole:
        raise typer.Exit(1)


@archive.command(name="list")
def list_days(as_json: AsJson = False, settings: SettingsFile = None) -> None:
    """List the sealed days: segments, slices, until when each category is kept.

    Example: socle archive list
    """
    from retention.overview import describe_days
    from retention.sealing.archive import Places
    from socle.commands.as_portal import run_as_portal
    from territory.database.injunctions import load_periods
    from territory.settings import load_settings

    known = load_settings(settings)
    places = Places.of(known)
    law = places.read_law(run_as_portal(known, load_periods))
    rows = describe_days(places.archive, law)
    if as_json:
        typer.echo(json.dumps([row.as_dict() for row in rows], ensure_ascii=False))
        return
    for row in rows:
        typer.echo(f"{row.day}  {row.category:9} {row.rows:>9} slices  {row.fate}")


@archive.command()
def purge(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what and why.")] = False,
    after_long_stop: LongStop = False,
    as_json: AsJson = False,
    settings: SettingsFile = None,
) -> None:
    """Destroy what has reached its legal end; `socle serve` does it by itself.

    Example: socle archive purge --dry-run
    """
    from retention.ending.purge import foresee
    from retention.ending.purge import purge as carry_out
    from socle.commands.purge_table import as_json as told

    if dry_run:
        planned = on_site(settings, lambda site: foresee(*site.arguments))
    else:
        with _Progress(silent=as_json) as progress:
            planned = on_site(
                settings,
                lambda site: carry_out(*site.arguments, progress.show, site.guard(after_long_stop)),
            )
    if as_json:
        typer.echo(json.dumps(told(planned), ensure_ascii=False))
        return
    _print_plan(planned)
    typer.echo(f"{len(planned.ended)} segments {'to destroy' if dry_run else 'destroyed'}")
    if planned.lost_from:
        typer.echo(
            f"No decision on an injunction is recorded for {len(planned.undecided)} segments: kept."
            f" Without one the first would be lost from {planned.lost_from}: `socle injunction`.",
            err=True,
        )


@archive.command()
def certificate(
    until: Annotated[str, typer.Option(help="Day not included, UTC: 2027-01-01.")],
    since: Annotated[
        str | None, typer.Option(help="First day of destruction; not with --planned.")
    ] = None,
    planned: Annotated[
        bool, typer.Option("--planned", help="What will have ended by then, and is still there.")
    ] = False,
    output: Annotated[Path, typer.Option(help="Folder the files go to.")] = Path(),
    settings: SettingsFile = None,
) -> None:
    """Write the signed certificate of what was destroyed, or the slip of what will be.

    Example: socle archive certificate --since 2026-01-01 --until 2027-01-01
    """
    from retention import durable
    from retention.ending.certificate import Made, write
    from retention.manifests.signing import SigningKey
    from retention.sealing.archive import Places
    from socle.base import clock_of
    from territory.settings import load_settings

    known = load_settings(settings)
    if bool(since) == planned:
        raise typer.BadParameter("expected either --since or --planned")
    slip, law = on_site(settings, lambda site: _slip(site, since, until))
    made = Made(known.authorities.service, clock_of(known).now())
    key = SigningKey.read(Places.of(known).signing_key)
    for name, octets in write(slip, law, made, key).items():
        durable.write(output / name, octets)
        typer.echo(output / name)


async def _slip(site: Site, since: str | None, until: str) -> "tuple[Slip, Law]":
    from retention.ending.certificate import certify, foretell
    from retention.ending.purge import load_law_in_force, plan
    from retention.manifests.chain import Chain

    law, chain = await load_law_in_force(site.url, site.places), Chain.read(site.places.archive)
    end = _day(until)
    if since:
        return certify(chain, _day(since), end), law
    return foretell(plan(law, chain, end).ended, site.now.date(), end), law


def _day(text: str) -> "date":
    from datetime import date

    try:
        return date.fromisoformat(text)
    except ValueError as fault:
        raise typer.BadParameter(f"expected a day such as 2027-01-01, found {text}") from fault


def _print_plan(planned: "Plan") -> None:
    """Print what is destroyed and what is kept, each with its reason."""
    from rich.console import Console
    from rich.table import Table

    from socle.commands.purge_table import as_table

    head, *rows = as_table(planned)
    if not rows:
        return
    table = Table(*head, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    Console().print(table)


class _Progress:
    """What is being done, on the terminal, while it lasts; nothing for scripts."""

    def __init__(self, *, silent: bool) -> None:
        from rich.console import Console

        self._status = Console(stderr=True, quiet=silent).status("Reading the archive")

    def __enter__(self) -> "_Progress":
        self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._status.stop()

    def show(self, step: "Step") -> None:
        """Say the last step done."""
        self._status.update(f"{step.day or ''} {step.name} {step.detail}".strip())

    def count(self, done: int, in_all: int) -> None:
        """Say how many segments were checked."""
        self._status.update(f"{done} of {in_all} segments checked")


def _as_text(verdict: "Verdict") -> str:
    lines = [f"BROKEN {finding}" for finding in verdict.faults]
    lines += [f"note   {finding}" for finding in verdict.notices]
    if verdict.days:
        span = f"{verdict.days} days from {verdict.first_day} to {verdict.last_day}"
        lines.append(f"{span}, {verdict.segments} segments held, {verdict.destroyed} destroyed")
        lines += [f"signed by {verdict.fingerprint}", f"head      {verdict.head}"]
    lines.append("whole and unchanged" if verdict.is_whole else "NOT WHOLE")
    return "\n".join(lines)


def _as_json(verdict: "Verdict") -> str:
    return json.dumps(
        {
            "whole": verdict.is_whole,
            "faults": [{"file": f.file, "problem": f.problem} for f in verdict.faults],
            "notices": [{"file": f.file, "problem": f.problem} for f in verdict.notices],
            "first_day": str(verdict.first_day) if verdict.first_day else None,
            "last_day": str(verdict.last_day) if verdict.last_day else None,
            "days": verdict.days,
            "segments": verdict.segments,
            "destroyed": verdict.destroyed,
            "signed_by": verdict.fingerprint,
            "head": verdict.head,
        }
    )
