"""`socle operator`: the people who work with the base, from the command line.

The first administrator is made here; later ones more often in the console. Every change is a line
of the audit log, whose actor is the command line.
"""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from socle.commands.as_portal import run_as_portal
from territory.access.roles import Role

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncConnection

    from territory.access.operators import Operator
    from territory.access.store import Application
    from territory.settings import Settings

operator = typer.Typer(
    name="operator",
    help="Who may work with the base: add, list, disable, link, set-password, second-factor.",
    no_args_is_help=True,
)

SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="Settings file; `socle.toml` here when not given."),
]
Login = Annotated[str, typer.Argument(help="Professional e-mail address.")]
LinkTo = Annotated[str, typer.Option("--to", help="What the link opens: console or desk.")]


@operator.command()
def add(
    login: Login,
    name: Annotated[str, typer.Option(help="Name shown to colleagues.")],
    role: Annotated[Role, typer.Option(help="What they are.")],
    organisation: Annotated[
        str | None, typer.Option(help="Code of the organisation whose sites they see.")
    ] = None,
    settings: SettingsFile = None,
) -> None:
    """Add an operator and print the link of their first sign-in, good once for 15 minutes.

    Example: socle operator add a.marchal@meuse.example --name "Agnès Marchal" --role administrator
    """
    from territory.access.operators import (
        COMMAND_LINE,
        Flaw,
        NewOperator,
        add_operator,
        flaws_of,
        normal_login,
    )

    known = _settings(settings)

    async def work(db: "AsyncConnection") -> str:
        body = await _organisation(db, organisation) if organisation else None
        new = NewOperator(normal_login(login), name, role, body)
        flaws = flaws_of(new)
        if flaws:
            raise _failed("; ".join(flaws))
        added = await add_operator(db, new, COMMAND_LINE, _now(known))
        if added is None:
            raise _failed(Flaw.TAKEN)
        return await _new_link(db, added, _first_application(role), known)

    typer.echo(run_as_portal(known, work))


@operator.command(name="list")
def list_operators(
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
    settings: SettingsFile = None,
) -> None:
    """List the operators: login, role, state, name.

    Example: socle operator list --json
    """
    from sqlalchemy import select

    from territory.database.tables import operator as table

    async def work(db: "AsyncConnection") -> list[dict[str, str]]:
        rows = (await db.execute(select(table).order_by(table.c.login))).mappings()
        return [
            {
                "login": row["login"],
                "role": row["role"],
                "state": _state(row["disabled_at"] is not None, row["password_hash"] is not None),
                "name": row["display_name"],
            }
            for row in rows
        ]

    found = run_as_portal(_settings(settings), work)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    for row in found:
        typer.echo(f"{row['login']:40} {row['role']:14} {row['state']:9} {row['name']}")


@operator.command()
def disable(
    login: Login,
    undo: Annotated[bool, typer.Option("--undo", help="Let them back in.")] = False,
    settings: SettingsFile = None,
) -> None:
    """Shut an operator out at once, open browsers and links included.

    Example: socle operator disable a.marchal@meuse.example
    """
    from territory.access.operators import COMMAND_LINE, set_disabled

    known = _settings(settings)

    async def work(db: "AsyncConnection") -> None:
        await set_disabled(db, await _wanted(db, login), not undo, COMMAND_LINE, _now(known))

    run_as_portal(known, work)
    typer.echo(f"{login} is {'enabled' if undo else 'disabled'}")


@operator.command()
def link(login: Login, to: LinkTo = "", settings: SettingsFile = None) -> None:
    """Print a sign-in link, good once for 15 minutes; the password stays as it is.

    Example: socle operator link a.marchal@meuse.example --to console
    """
    known = _settings(settings)

    async def work(db: "AsyncConnection") -> str:
        who = await _wanted(db, login)
        return await _new_link(db, who, to or _first_application(who.role), known)

    typer.echo(run_as_portal(known, work))


@operator.command(name="set-password")
def set_password(
    login: Login,
    from_stdin: Annotated[bool, typer.Option("--stdin", help="Read it from stdin.")] = False,
    settings: SettingsFile = None,
) -> None:
    """Set an operator's password and end their sign-ins; asked for twice, never shown.

    Example: socle operator set-password a.marchal@meuse.example
    """
    from territory.access.operators import COMMAND_LINE
    from territory.access.operators import set_password as write
    from territory.access.passwords import Passwords, flaws_of

    known = _settings(settings)
    password = (
        sys.stdin.readline().rstrip("\n")
        if from_stdin
        else typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    )
    flaws = flaws_of(password, login)
    if flaws:
        raise _failed("; ".join(flaws))

    async def work(db: "AsyncConnection") -> None:
        passwords = Passwords()
        try:
            encoded = await passwords.hash(password)
        finally:
            passwords.close()
        await write(db, await _wanted(db, login), encoded, COMMAND_LINE, _now(known))

    run_as_portal(known, work)
    typer.echo(f"{login} has a new password")


@operator.command(name="second-factor")
def second_factor(
    login: Login,
    forget: Annotated[
        bool, typer.Option("--forget", help="Have them enrol a new telephone at the desk.")
    ] = False,
    settings: SettingsFile = None,
) -> None:
    """Say whether an operator's second factor is in use, or forget it and end their sign-ins.

    Example: socle operator second-factor a.garde@meuse.example --forget
    """
    from territory.access.operators import COMMAND_LINE
    from territory.access.second_factor import forget_second_factor, is_enrolled

    known = _settings(settings)

    async def work(db: "AsyncConnection") -> str:
        who = await _wanted(db, login)
        if not forget:
            return "in use" if await is_enrolled(db, who.id) else "not in use"
        if await forget_second_factor(db, who, COMMAND_LINE, _now(known)):
            return "forgotten: they enrol anew at their next sign-in"
        return "there was none"

    typer.echo(f"{login}: second factor {run_as_portal(known, work)}")


def _settings(file: Path | None) -> "Settings":
    from territory.settings import load_settings

    return load_settings(file)


def _now(settings: "Settings") -> "datetime":
    from socle.base import clock_of

    return clock_of(settings).now()


def _state(disabled: bool, has_password: bool) -> str:
    if disabled:
        return "disabled"
    return "active" if has_password else "waiting"


def _failed(why: str) -> typer.Exit:
    typer.echo(f"socle: {why}", err=True)
    return typer.Exit(1)


def _first_application(role: Role) -> str:
    """Where this role works: custodians at the requisition desk, the others in the console."""
    return "desk" if role is Role.CUSTODIAN else "console"


async def _wanted(db: "AsyncConnection", login: str) -> "Operator":
    from territory.access.operators import operator_by_login

    found = await operator_by_login(db, login)
    if found is None:
        raise _failed(f"no operator has the login {login}: see `socle operator list`")
    return found


async def _organisation(db: "AsyncConnection", code: str) -> "UUID":
    from sqlalchemy import select

    from territory.database.tables import organisation

    query = select(organisation.c.id).where(organisation.c.code == code)
    found: UUID | None = (await db.execute(query)).scalar_one_or_none()
    if found is None:
        raise _failed(f"no organisation has the code {code}")
    return found


async def _new_link(
    db: "AsyncConnection", who: "Operator", to: "Application | str", settings: "Settings"
) -> str:
    from territory.access.operators import COMMAND_LINE, record
    from territory.access.store import Application, mint_link

    now = _now(settings)
    try:
        application = Application(to)
    except ValueError:
        raise _failed(f"a link opens console or desk, not {to}") from None
    token = await mint_link(db, who.id, application, now)
    await record(db, COMMAND_LINE, "operator.link_made", who.login, now, application=application)
    if application is Application.DESK:
        return f"{settings.desk.public_url}/lien/{token}"
    return f"{settings.portal.public_url}/console/lien/{token}"
