"""`socle injunction`: what is decided of injunctions to keep traffic data, and decisions to come.

A decree keeps what is recorded under it for a year (CPCE L34-1 III); where there is none it goes
after three months. Each use that changes something is a line of the audit log.
"""

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from socle.commands.as_portal import run_as_portal

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from territory.database.injunctions import Recorded
    from territory.law.decisions import Coverage
    from territory.law.durations import Law, Period
    from territory.settings import Settings

injunction = typer.Typer(
    name="injunction",
    help="Decisions on injunctions to keep traffic data: list, record, withdraw.",
    no_args_is_help=True,
)

SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="Settings file; `socle.toml` here when not given."),
]


@injunction.command(name="list")
def list_decisions(
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
    settings: SettingsFile = None,
) -> None:
    """List the days that are decided, on whose word, and what is still to be decided.

    Example: socle injunction list
    """
    from territory.database.injunctions import load_decisions, load_periods
    from territory.law.decisions import coverage

    known, today = _settings(settings)

    async def work(db: "AsyncConnection") -> "tuple[list[Recorded], Law]":
        return await load_decisions(db), _law(known).with_periods(await load_periods(db))

    recorded, law = run_as_portal(known, work)
    found = coverage(law, today)
    if as_json:
        typer.echo(json.dumps(_as_json(recorded, law, found, today), ensure_ascii=False))
        return
    for period in law.periods:
        typer.echo(f"{period.first}  {period.until}  {period.state.value:8}  {period.ground}")
    for each in recorded:
        state = "withdrawn" if each.withdrawn_at else "recorded"
        typer.echo(f"{each.id}  {state} {each.recorded_at:%Y-%m-%d} by {each.recorded_by}")
    if found.undecided_from:
        typer.echo(
            f"No decision from {found.undecided_from} on: kept, a year at most. If no injunction"
            f" covered that day, data would be lost from {found.lost_from} on.",
            err=True,
        )
    else:
        typer.echo(f"decided until {found.decided_until}")


@injunction.command()
def record(
    first: Annotated[str, typer.Option("--from", help="First day covered: 2026-10-21.")],
    until: Annotated[str, typer.Option("--until", help="First day no longer covered.")],
    ground: Annotated[str, typer.Option(help="The decree's number, or the decision.")],
    source: Annotated[str, typer.Option(help="Where it is published or filed.")],
    decided_by: Annotated[str, typer.Option("--by", help="Who decided: DPO, administrator.")],
    decided_on: Annotated[str | None, typer.Option("--on", help="When; today if not.")] = None,
    none: Annotated[
        bool, typer.Option("--none", help="A finding that no injunction covers these days.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Destroy what then has ended.")] = False,
    settings: SettingsFile = None,
) -> None:
    """Record that an injunction covers some days, or with --none that none does.

    Example: socle injunction record --from 2026-10-21 --until 2027-10-21 --ground 2026-1000
    --source "Journal officiel du 16 octobre 2026" --by "DPO, dpo@meuse.example"
    """
    from territory.access.operators import COMMAND_LINE
    from territory.database.injunctions import load_periods, record_decision
    from territory.law.decisions import Decision, days_ended, flaws_of
    from territory.law.durations import InjunctionState, Period

    known, today = _settings(settings)
    state = InjunctionState.ENDED if none else InjunctionState.IN_FORCE
    period = Period(state, _day("--from", first), _day("--until", until), ground)
    decided = _day("--on", decided_on) if decided_on else today
    decision = Decision(period, source, decided_by, decided)
    if flaws := flaws_of(decision, today):
        raise _usage("; ".join(f"expected {flaw.value}" for flaw in flaws))

    async def work(db: "AsyncConnection") -> UUID:
        law = _law(known).with_periods(await load_periods(db))
        ended = days_ended(law, decision, today)
        if ended and not yes:
            raise _usage(
                f"the next purge would destroy the traffic data of {ended[0]} to {ended[1]}:"
                " say so with --yes"
            )
        return await record_decision(db, decision, COMMAND_LINE, _now(known))

    typer.echo(str(run_as_portal(known, work)))


@injunction.command()
def withdraw(
    decision_id: Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it.")],
    settings: SettingsFile = None,
) -> None:
    """Have a decision count no more; what was destroyed on its word does not come back.

    Example: socle injunction withdraw 3f2b0c9e-...
    """
    from territory.access.operators import COMMAND_LINE
    from territory.database.injunctions import withdraw as take_back

    known, _ = _settings(settings)
    try:
        wanted = UUID(decision_id)
    except ValueError:
        raise _usage(f"expected an identifier as `list` shows it, found {decision_id}") from None

    async def work(db: "AsyncConnection") -> bool:
        return await take_back(db, wanted, COMMAND_LINE, _now(known))

    if not run_as_portal(known, work):
        typer.echo("socle: no such decision: see `socle injunction list`", err=True)
        raise typer.Exit(1)
    typer.echo(f"{wanted} counts no more")


def _as_json(
    recorded: "list[Recorded]", law: "Law", found: "Coverage", today: date
) -> dict[str, object]:
    return {
        "periods": [_period(each) for each in law.periods],
        "decisions": [
            _period(each.decision.period)
            | {
                "id": str(each.id),
                "source": each.decision.source,
                "decided_by": each.decision.decided_by,
                "decided_on": str(each.decision.decided_on),
                "recorded_by": each.recorded_by,
                "recorded_at": each.recorded_at.isoformat(timespec="seconds"),
                "withdrawn": each.withdrawn_at is not None,
            }
            for each in recorded
        ],
        "state": found.state.value,
        "decided_until": str(found.decided_until),
        "undecided_from": str(found.undecided_from) if found.undecided_from else None,
        "lost_from": str(found.lost_from) if found.lost_from else None,
        "asks": found.asks(today),
    }


def _period(period: "Period") -> dict[str, object]:
    return {
        "state": period.state.value,
        "from": str(period.first),
        "until": str(period.until),
        "ground": period.ground,
    }


def _law(settings: "Settings") -> "Law":
    from territory.law.durations import load_law

    return load_law(settings.state_folder / "law.toml")


def _settings(file: Path | None) -> "tuple[Settings, date]":
    from territory.settings import load_settings

    known = load_settings(file)
    return known, _now(known).date()


def _now(settings: "Settings") -> "datetime":
    from socle.base import clock_of

    return clock_of(settings).now()


def _day(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _usage(f"{option}: expected a date such as 2026-10-21, found {text}") from None


def _usage(why: str) -> typer.Exit:
    typer.echo(f"socle: {why}", err=True)
    return typer.Exit(2)
