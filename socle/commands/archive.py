"""`socle archive`: seal what is due, verify what was sealed, purge what has ended."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    from datetime import datetime

    from retention.archive import Places, Step
    from retention.clock_guard import ClockGuard
    from retention.verify import Verdict

archive = typer.Typer(
    name="archive",
    help="The sealed days: run, verify, list, purge.",
    no_args_is_help=True,
)

SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="Settings file; `socle.toml` here when not given."),
]
LongStop = Annotated[
    bool,
    typer.Option("--after-long-stop", help="Nothing ran for over 40 days, and the clock is right."),
]
AsJson = Annotated[bool, typer.Option("--json", help="For scripts.")]

Result = TypeVar("Result")


@archive.command()
def run(
    after_long_stop: LongStop = False, as_json: AsJson = False, settings: SettingsFile = None
) -> None:
    """Seal every day whose grace of two days is over; `socle serve` does it by itself.

    Example: socle archive run
    """
    from retention import archive as sealing

    with _Progress(silent=as_json) as progress:
        done = _on_site(
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
    folder: Annotated[Path, typer.Argument(help="The archive folder, or a copy of it.")],
    key: Annotated[
        str | None, typer.Option(help="SHA-256 of the archive's public key, noted elsewhere.")
    ] = None,
    head: Annotated[
        str | None, typer.Option(help="SHA-256 of a manifest that must be in the chain.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check that an archive is whole and unchanged: no database, no private key, any machine.

    Exit status 1 with the first broken file named.

    Example: socle archive verify /mnt/copy/archive
    """
    from retention.verify import Expected, verify_folder

    if not folder.is_dir():
        typer.echo(f"socle: {folder}: expected a folder", err=True)
        raise typer.Exit(2)
    with _Progress(silent=as_json) as progress:
        verdict = verify_folder(folder, Expected(key, head), progress.count)
    typer.echo(_as_json(verdict) if as_json else _as_text(verdict))
    if not verdict.is_whole:
        raise typer.Exit(1)


@archive.command(name="list")
def list_days(as_json: AsJson = False, settings: SettingsFile = None) -> None:
    """List the sealed days: segments, slices, until when each category is kept.

    Example: socle archive list
    """
    from retention.archive import Places
    from retention.overview import describe_days
    from territory.law.durations import load_law
    from territory.settings import load_settings

    places = Places.of(load_settings(settings))
    rows = describe_days(places.archive, load_law(places.law))
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
    from retention.purge import purge as carry_out
    from retention.purge import read_plan

    if dry_run:
        from territory.settings import load_settings

        known = load_settings(settings)
        planned = read_plan(_places(known), _now(known))
    else:
        with _Progress(silent=as_json) as progress:
            planned = _on_site(
                settings,
                lambda site: carry_out(*site.arguments, progress.show, site.guard(after_long_stop)),
            )
    verb = "to destroy" if dry_run else "destroyed"
    if as_json:
        ended = [segment.model_dump(mode="json") for segment in planned.ended]
        lost_from = str(planned.lost_from) if planned.lost_from else None
        typer.echo(json.dumps({"ended": ended, "undecided_from": lost_from}))
        return
    for segment in planned.ended:
        typer.echo(f"{segment.day}  {segment.category:9} ended {segment.end}: {segment.ground}")
    typer.echo(f"{len(planned.ended)} segments {verb}")
    if planned.lost_from:
        typer.echo(
            f"No decision on an injunction is recorded for {len(planned.undecided)} segments: kept."
            f" Without one the first would be lost from {planned.lost_from} on; see law.toml.",
            err=True,
        )


@dataclass(frozen=True, slots=True)
class _Site:
    """What a command on the server works with."""

    url: str
    places: "Places"
    now: "datetime"
    is_demo: bool

    def guard(self, after_long_stop: bool) -> "ClockGuard":
        """Return how far the clock is believed."""
        from retention.clock_guard import ClockGuard

        if self.is_demo:
            return ClockGuard.NONE
        return ClockGuard.AFTER_LONG_STOP if after_long_stop else ClockGuard.FULL

    @property
    def arguments(self) -> "tuple[str, Places, datetime]":
        return self.url, self.places, self.now


def _on_site(
    settings_file: Path | None, work: Callable[[_Site], Coroutine[Any, Any, Result]]
) -> Result:
    from socle.base import lay_ground
    from territory.database.components import Component
    from territory.settings import load_settings

    known = load_settings(settings_file)

    async def inside() -> Result:
        ground = await lay_ground(known)
        try:
            url = ground.urls[Component.RETENTION]
            return await work(_Site(url, _places(known), _now(known), known.demo))
        finally:
            ground.close()

    return asyncio.run(inside())


def _places(settings: Any) -> "Places":
    from retention.archive import Places

    return Places.of(settings)


def _now(settings: Any) -> "datetime":
    from socle.base import clock_of

    return clock_of(settings).now()


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
