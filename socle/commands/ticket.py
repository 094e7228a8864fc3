"""`socle ticket`: make tickets, see how they stand, revoke them.

Codes are printed once, by `make`, and kept nowhere. Each use is a line of the audit log, without
any code.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from socle.commands.as_portal import run_as_portal

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from portal.tickets.office import Sheet
    from portal.tickets.order import Days
    from territory.rules.tickets import Terms

ticket = typer.Typer(
    name="ticket",
    help="Tickets that let guests in: make, list, revoke.",
    no_args_is_help=True,
)

SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="Settings file; `socle.toml` here when not given."),
]
MOST_REASON = 120


@ticket.command()
def make(
    where: Annotated[str, typer.Argument(help="Code of a site, or of an organisation.")],
    tickets: Annotated[int, typer.Option("--tickets", help="How many.")] = 1,
    devices: Annotated[int, typer.Option("--devices", help="At once with each.")] = 1,
    lasting: Annotated[
        str, typer.Option("--for", help="From the first use: 2h, 4h, 1d, 3d, 7d or 31d.")
    ] = "1d",
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Last day of first use; in a week if not given."),
    ] = None,
    first: Annotated[
        datetime | None,
        typer.Option(
            "--from", formats=["%Y-%m-%d"], help="First day of use; at once if not given."
        ),
    ] = None,
    end: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Nobody is online with one after that day."),
    ] = None,
    pdf: Annotated[Path | None, typer.Option(help="Write the sheet to be printed here.")] = None,
    settings: SettingsFile = None,
) -> None:
    """Make tickets for a site, or for every site of an organisation, and print their codes.

    Example: socle ticket make mediatheque-commercy --tickets 40 --for 4h --pdf tickets.pdf
    """
    from portal.tickets.choices import load_networks_of
    from portal.tickets.office import Order, key_of, load_sheets, make_sheet
    from portal.tickets.order import Days
    from portal.tickets.paper import paper_of
    from socle.base import clock_of
    from territory.access.operators import COMMAND_LINE, record
    from territory.keyring import Keyring
    from territory.paper.tickets import render_tickets
    from territory.rules.quotas import day_of
    from territory.rules.ticket_codes import codes_of, format_code
    from territory.rules.tickets import MOST_DEVICES, MOST_TICKETS
    from territory.settings import load_settings

    known = load_settings(settings)
    now = clock_of(known).now()
    today = day_of(now)
    days = Days.of(*(day and day.date() for day in (first, until, end)), today=today)
    are_days = days.are_in_order and days.are_near(today)
    if not (1 <= tickets <= MOST_TICKETS and 1 <= devices <= MOST_DEVICES and are_days):
        raise _usage(
            f"expected 1 to {MOST_TICKETS} tickets, 1 to {MOST_DEVICES} devices, days to come, a"
            " year from now at most, that follow each other: --from, --until, --end"
        )
    seconds = _seconds(lasting)

    async def work(db: "AsyncConnection") -> "tuple[Sheet, list[str], list[str]]":
        terms = await _terms(db, where, (devices, seconds, days))
        key = key_of(Keyring.of(known))
        sheet_id, seed = await make_sheet(db, key, Order(terms, tickets, None), now)
        detail = {"tickets": tickets, "devices": devices, "seconds": seconds}
        await record(db, COMMAND_LINE, "tickets.made", str(sheet_id), now, **detail)
        (sheet,) = await load_sheets(db, None, now, sheet_id)
        return sheet, await load_networks_of(db, terms), codes_of(seed, tickets)

    sheet, networks, codes = run_as_portal(known, work)
    if pdf:
        pdf.write_bytes(render_tickets(paper_of(sheet, networks, codes, known.portal.public_url)))
    typer.echo("\n".join([str(sheet.id), *map(format_code, codes)]))


@ticket.command(name="list")
def list_tickets(
    sheet: Annotated[str | None, typer.Argument(help="Only this one, ticket by ticket.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
    settings: SettingsFile = None,
) -> None:
    """List the sheets of tickets, the newest first, or the tickets of one.

    Example: socle ticket list --json
    """
    from portal.tickets.office import load_sheets, load_tickets
    from socle.base import clock_of
    from territory.settings import load_settings

    known = load_settings(settings)
    now = clock_of(known).now()
    wanted = _identifier(sheet) if sheet else None

    async def work(db: "AsyncConnection") -> list[dict[str, object]]:
        found = await load_sheets(db, None, now, wanted)
        if wanted is None:
            return [_row(one) for one in found]
        return [
            {"ticket": one.number, "state": one.state.value, "reason": one.reason}
            for each in found
            for one in await load_tickets(db, each, now)
        ]

    rows = run_as_portal(known, work)
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        typer.echo("  ".join(str(value) for value in row.values() if value is not None))


@ticket.command()
def revoke(
    sheet: Annotated[str, typer.Argument(help="As `list` shows it.")],
    reason: Annotated[str, typer.Option(help="Why, for colleagues; no person's name.")],
    number: Annotated[int | None, typer.Option(help="Only this ticket of the sheet.")] = None,
    settings: SettingsFile = None,
) -> None:
    """Revoke a sheet's tickets, and cut off whoever is online with one.

    Example: socle ticket revoke 3f2b0c9e-... --number 4 --reason "lost"
    """
    from portal.tickets.office import revoke as revoke_tickets
    from socle.base import clock_of
    from territory.access.operators import COMMAND_LINE, record
    from territory.settings import load_settings

    known = load_settings(settings)
    now = clock_of(known).now()
    wanted = _identifier(sheet)
    if not 1 <= len(reason.strip()) <= MOST_REASON:
        raise _usage(f"expected a reason of 1 to {MOST_REASON} characters")

    async def work(db: "AsyncConnection") -> int:
        revoked = await revoke_tickets(db, wanted, number, reason.strip(), now)
        detail = {"tickets": revoked, "reason": reason.strip()}
        await record(db, COMMAND_LINE, "tickets.revoked", str(wanted), now, **detail)
        return revoked

    revoked = run_as_portal(known, work)
    if not revoked:
        typer.echo("socle: no such ticket, or revoked before: see `socle ticket list`", err=True)
        raise typer.Exit(1)
    typer.echo(f"{revoked} revoked")


async def _terms(db: "AsyncConnection", where: str, given: "tuple[int, int, Days]") -> "Terms":
    """Return what tickets of a site or an organisation give; one that takes none ends the command.

    `given`: devices, seconds and days.
    """
    from portal.tickets.choices import load_places
    from territory.rules.tickets import Terms

    for place in await load_places(db, None):
        if place.code == where:
            ours = (place.organisation_id, place.site_id, place.plan_id)
            devices, seconds, days = given
            return Terms(*ours, devices, seconds, days.last_first_use, days.first, days.last)
    words = "expected the code of a site that takes tickets (methods: [ticket]) or of an"
    raise _usage(f"{words} organisation that has two of them, found {where[:40]!r}")


def _row(one: "Sheet") -> dict[str, object]:
    return {
        "sheet": str(one.id),
        "made_at": one.made_at.isoformat(timespec="seconds"),
        "site": one.site or f"every site of {one.organisation}",
        "tickets": one.tickets,
        "used": one.used,
        "online": one.online,
        "revoked": one.revoked,
    }


def _seconds(text: str) -> int:
    from portal.tickets.order import LASTING
    from territory.measures import parse_duration

    try:
        seconds = parse_duration(text)
    except ValueError as fault:
        raise _usage(f"--for: expected {fault}") from None
    if seconds not in LASTING:
        raise _usage("--for: expected 2h, 4h, 1d, 3d, 7d or 31d")
    return seconds


def _identifier(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise _usage(f"expected an identifier (UUID), found {text[:40]!r}") from None


def _usage(why: str) -> typer.Exit:
    typer.echo(f"socle: {why}", err=True)
    return typer.Exit(2)
