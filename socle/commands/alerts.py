"""`socle alerts`: whether those who are to be told can be, before anything breaks."""

import asyncio
import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from supervision.alerts.post import Way
    from territory.messages.webhook import Notice
    from territory.settings import Settings

alerts = typer.Typer(
    name="alerts",
    help="Alerts that the base tells itself, without Prometheus.",
    no_args_is_help=True,
)

SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="Settings file; `socle.toml` here when not given."),
]
_SUBJECT = "Essai : les alertes de la base vous parviennent"
_TEXT = "Rien n’est en panne. Ce message a été demandé par « socle alerts test »."


@alerts.callback()
def _of_alerts() -> None:
    """Keep `test` a command of its own, though it is the only one."""


@alerts.command(name="test")
def try_out(
    only: Annotated[list[str] | None, typer.Argument(help="Only these, by name.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
    settings: SettingsFile = None,
) -> None:
    """Send a test message to everybody in `[alerts]`, and say what each answered.

    Example: socle alerts test astreinte
    """
    from socle.base import clock_of
    from territory.errors import ConfigurationError, Fault
    from territory.messages.checking import alert_faults
    from territory.settings import load_settings

    known = load_settings(settings)
    faults = alert_faults(known.alerts, known.mail)
    names = [each.name for each in known.alerts.recipients]
    faults += [
        Fault(name, f"expected a name in alerts.recipients: {', '.join(names)}")
        for name in only or ()
        if name not in names
    ]
    if not names:
        faults.append(Fault("alerts.recipients", "expected somebody to be told"))
    if faults:
        raise ConfigurationError(faults)
    answers = asyncio.run(_ask(known, only or names, clock_of(known).now()))
    if as_json:
        typer.echo(json.dumps(answers, ensure_ascii=False))
    else:
        typer.echo("\n".join(f"{name}: {said or 'taken'}" for name, said in answers.items()))
    if any(answers.values()):
        raise typer.Exit(1)


async def _ask(settings: "Settings", names: list[str], now: datetime) -> dict[str, str]:
    """Send to all at once; return what kept each from being told, empty where nothing did."""
    from uuid import uuid4

    from supervision.alerts.post import ways_of
    from territory.messages.webhook import Notice

    ways = ways_of(settings.alerts, settings.mail)
    link = f"{settings.portal.public_url}/console/incidents"
    notices = [Notice(uuid4(), _SUBJECT, _TEXT, "warning", link) for _ in names]
    sent = (_send(ways[name], notice, now) for name, notice in zip(names, notices, strict=True))
    return dict(zip(names, await asyncio.gather(*sent), strict=True))


async def _send(way: "Way", notice: "Notice", now: datetime) -> str:
    from territory.errors import Unavailable

    try:
        await way.carry(notice, now)
    except Unavailable as fault:
        return str(fault)
    return ""
