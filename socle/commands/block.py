"""`socle block`: who may not go online, for how long and why.

A device of that address is refused within a second and cut off where its gateway takes orders. Each
use is a line of the audit log; a list shows devices' addresses, so that it is one too.
"""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from socle.commands.as_portal import run_as_portal
from territory.errors import ProtocolError
from territory.identifiers import MacAddress

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from territory.database.blocks import Block
    from territory.settings import Settings

block = typer.Typer(
    name="block",
    help="Who may not go online: add, list, remove.",
    no_args_is_help=True,
)

SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="Settings file; `socle.toml` here when not given."),
]
MOST_REASON = 200


@block.command()
def add(
    kind: Annotated[str, typer.Argument(help="device, ticket, account or admission.")],
    subject: Annotated[str, typer.Argument(help="A MAC address, or the identifier.")],
    reason: Annotated[str, typer.Option(help="Why, for colleagues; no person's name.")],
    author: Annotated[str, typer.Option(help="Who decided it: a professional address.")],
    lasting: Annotated[
        str | None, typer.Option("--for", help="Such as 2h or 30 d; without it, until lifted.")
    ] = None,
    settings: SettingsFile = None,
) -> None:
    """Block a device, ticket, account or admission, and cut it off where it is online.

    Example: socle block add device 8a:56:7e:f9:10:e4 --for 7d
    --reason "flooding" --author tech@meuse.example
    """
    from socle.base import clock_of
    from territory.access.operators import COMMAND_LINE, record
    from territory.database.blocks import BlockKind, new_block, record_block

    known = _settings(settings)
    now = clock_of(known).now()
    wanted = _wanted(kind, subject)
    if not 1 <= len(reason.strip()) <= MOST_REASON or not author.strip():
        raise _usage(f"expected a reason of 1 to {MOST_REASON} characters, and an author")
    blocked = replace(
        new_block(BlockKind(kind), wanted, reason.strip(), author.strip(), now),
        until=now + _duration(lasting) if lasting else None,
    )

    async def work(db: "AsyncConnection") -> None:
        await record_block(db, blocked)
        until = blocked.until.isoformat() if blocked.until else None
        detail = {"kind": kind, "until": until, "author": blocked.author}
        await record(db, COMMAND_LINE, "block.added", str(blocked.id), now, **detail)

    run_as_portal(known, work)
    typer.echo(str(blocked.id))


@block.command(name="list")
def list_blocks(
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
    settings: SettingsFile = None,
) -> None:
    """List the blocks in force, the newest first.

    Example: socle block list --json
    """
    from socle.base import clock_of
    from territory.access.operators import COMMAND_LINE, record
    from territory.database.blocks import load_blocks

    known = _settings(settings)
    now = clock_of(known).now()

    async def work(db: "AsyncConnection") -> "list[Block]":
        found = await load_blocks(db, now)
        await record(db, COMMAND_LINE, "block.listed", "blocks", now, blocks=len(found))
        return found

    rows = [_row(one) for one in run_as_portal(known, work)]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        ends = row["until"] or "until lifted"
        typer.echo(f"{row['id']}  {row['kind']:9} {row['subject']:36} {ends:25} {row['reason']}")


@block.command()
def remove(
    block_id: Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it.")],
    settings: SettingsFile = None,
) -> None:
    """Lift a block.

    Example: socle block remove 3f2b0c9e-...
    """
    from socle.base import clock_of
    from territory.access.operators import COMMAND_LINE, record
    from territory.database.blocks import remove_block

    known = _settings(settings)
    now = clock_of(known).now()
    wanted = _identifier(block_id)

    async def work(db: "AsyncConnection") -> bool:
        gone = await remove_block(db, wanted)
        if gone:
            await record(db, COMMAND_LINE, "block.removed", str(wanted), now)
        return gone

    if not run_as_portal(known, work):
        typer.echo("socle: no such block: see `socle block list`", err=True)
        raise typer.Exit(1)
    typer.echo(f"{wanted} is lifted")


def _wanted(kind: str, subject: str) -> MacAddress | UUID:
    """Return what is to be blocked; a wrong use ends the command with what was expected."""
    from territory.database.blocks import BlockKind

    if kind not in set(BlockKind):
        raise _usage(f"expected {', '.join(BlockKind)}; found {kind[:40]!r}")
    if kind != BlockKind.DEVICE:
        return _identifier(subject)
    try:
        address = MacAddress.parse(subject.strip())
    except ProtocolError:
        raise _usage(f"expected a device's MAC address, found {subject[:40]!r}") from None
    if not address.is_device:
        raise _usage(f"expected a device's own address, found {address}")
    return address


def _identifier(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise _usage(f"expected an identifier (UUID), found {text[:40]!r}") from None


def _duration(text: str) -> timedelta:
    from territory.measures import parse_duration

    try:
        return timedelta(seconds=parse_duration(text))
    except ValueError as fault:
        raise _usage(f"--for: expected {fault}") from None


def _row(one: "Block") -> dict[str, str | None]:
    return {
        "id": str(one.id),
        "kind": one.kind.value,
        "subject": str(one.subject),
        "reason": one.reason,
        "author": one.author,
        "created_at": _iso(one.created_at),
        "until": _iso(one.until) if one.until else None,
    }


def _iso(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds")


def _settings(file: Path | None) -> "Settings":
    from territory.settings import load_settings

    return load_settings(file)


def _usage(why: str) -> typer.Exit:
    typer.echo(f"socle: {why}", err=True)
    return typer.Exit(2)
