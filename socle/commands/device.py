"""`socle device`: what was seen of one device, and why it is or is not online.

Reads through the same database function as the console, with the portal's rights: it takes one
address, and leaves a line in the audit log, whose actor is the command line.
"""

import asyncio
import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from territory.device_story.history import History
    from territory.device_story.story import Line, Story
    from territory.identifiers import MacAddress
    from territory.settings import Settings

device = typer.Typer(
    name="device",
    help="One device: what was seen of it, and why it is or is not online.",
    no_args_is_help=True,
)

SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="Settings file; `socle.toml` here when not given."),
]


@device.callback()
def _group() -> None:
    """One device."""


@device.command()
def explain(
    mac: Annotated[str, typer.Argument(metavar="MAC", help="Its address, in any vendor's form.")],
    at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="As it was then: 2026-11-20T14:30, UTC if not said."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
    settings: SettingsFile = None,
) -> None:
    """Tell what was seen of a device in the days not yet sealed; each use is an audit line.

    Example: socle device explain 8A-56-7E-F9-10-E4 --at 2026-11-20T14:30
    """
    from socle.base import clock_of
    from territory.device_story.english import ENGLISH
    from territory.device_story.story import explain as tell
    from territory.settings import load_settings

    asked = _address(mac)
    wanted = _instant(at) if at else None
    known = load_settings(settings)
    now = clock_of(known).now()
    history = asyncio.run(_load(known, asked, now))
    story = tell(history, min(wanted or now, now), ENGLISH)
    typer.echo(_as_json(asked, story) if as_json else _as_text(asked, story))


async def _load(settings: "Settings", asked: "MacAddress", now: datetime) -> "History":
    from socle.base import lay_ground
    from territory.access.operators import COMMAND_LINE
    from territory.database.components import Component
    from territory.database.connect import open_engine
    from territory.device_story.reading import Question, load_history

    ground = await lay_ground(settings)
    engine = open_engine(ground.urls[Component.PORTAL])
    try:
        async with engine.begin() as db:
            return await load_history(db, Question(asked, COMMAND_LINE), now)
    finally:
        await engine.dispose()
        ground.close()


def _address(text: str) -> "MacAddress":
    from territory.errors import ProtocolError
    from territory.identifiers import MacAddress

    try:
        address = MacAddress.parse(text.strip())
    except ProtocolError:
        address = None
    if address is None or not address.is_device:
        raise _usage(
            "expected a device's MAC address such as 8a:56:7e:f9:10:e4, 8A-56-7E-F9-10-E4 or"
            f" 8a56.7ef9.10e4, found {text[:40]!r}"
        )
    return address


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise _usage(
            f"--at: expected a time such as 2026-11-20T14:30, found {text[:40]!r}"
        ) from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _usage(why: str) -> typer.Exit:
    typer.echo(f"socle: {why}", err=True)
    return typer.Exit(2)


def _as_text(asked: "MacAddress", story: "Story") -> str:
    from territory.device_story.english import moment

    told = [f"{asked}: {story.summary}", *_advice(story.advice), ""]
    if asked.is_locally_administered:
        told[1:1] = ["  It is a random address: the device shows another to each network."]
    for line in story.lines:
        told += [f"{moment(line.at)}  {line.text}", *_advice(line.advice)]
    return "\n".join(told).rstrip()


def _advice(advice: str) -> list[str]:
    return [f"  -> {advice}"] if advice else []


def _as_json(asked: "MacAddress", story: "Story") -> str:
    return json.dumps(
        {
            "device": str(asked),
            "online": story.verdict.is_online,
            "verdict": story.verdict,
            "summary": story.summary,
            "advice": story.advice,
            "lines": [_line(line) for line in story.lines],
        },
        ensure_ascii=False,
    )


def _line(line: "Line") -> dict[str, str]:
    return asdict(line) | {"at": line.at.isoformat()}
