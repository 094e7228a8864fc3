"""`socle hold`: what an authority has preserved beyond its day.

It is registered at the desk, and its case opened by the first custodian with `socle case open`.
`prepare` makes that case where people are in its scope, which the desk cannot read; `reseal` runs
on the second custodian's machine, offline; `prepare` and `take-in` run on the server.
"""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from socle.commands.case import confirm_hold, read_aloud
from socle.commands.for_whom import ForWhom
from socle.commands.on_site import on_site, tell, with_accounts

if TYPE_CHECKING:
    from retention.manifests.manifest import HoldLink
    from socle.commands.on_site import Site
    from territory.settings import Settings

hold = typer.Typer(
    name="hold",
    help="Data preserved beyond its day: reseal what is in scope, take it in.",
    no_args_is_help=True,
)

SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="Settings file; `socle.toml` here when not given."),
]
AsJson = Annotated[bool, typer.Option("--json", help="For scripts.")]


@hold.command()
def prepare(
    hold_id: Annotated[UUID, typer.Argument(metavar="HOLD", help="As its page at the desk says.")],
    custodian: Annotated[
        list[str] | None,
        typer.Option(help="Login of who executes it; name two. Else those of its register."),
    ] = None,
    output: Annotated[Path, typer.Option(help="Folder the case file goes to.")] = Path(),
    settings: SettingsFile = None,
) -> None:
    """Make the case of a hold, with what the database still holds of the accounts in its scope.

    Nothing is opened.

    Example: socle hold prepare 7f0c2c1e-.... --custodian anne --custodian bruno
    """
    path = output / f"case-{hold_id}.tar"
    on_site(settings, lambda site: _prepare(site, hold_id, tuple(custodian or ()), path))
    typer.echo(path)


async def _prepare(site: "Site", hold_id: UUID, logins: tuple[str, ...], path: Path) -> None:
    from retention.cases.prepare import load_holders
    from retention.durable import writing
    from retention.holds.register import Execution, load_hold, write_hold
    from territory.access.audit import Act
    from territory.errors import ConfigurationError, Fault

    async with with_accounts(site) as (db, held):
        found = await load_hold(db, hold_id)
        if found is None:
            raise ConfigurationError([Fault("HOLD", "expected one of the register")])
        by = Execution(await load_holders(db), site.now, logins, held)
        with writing(path, mode=0o600) as tar:
            file = write_hold(site.places, found, by, tar)
            await tell(site, db, Act("hold.file_taken", str(hold_id), {"custodians": file.logins}))


@hold.command()
def reseal(
    file: Annotated[Path, typer.Argument(help="The hold's case, its outer layer open.")],
    key: Annotated[Path, typer.Option(help="Your age identity: custodian.age-identity.")],
    signing_key: Annotated[Path, typer.Option(help="With which you sign: custodian-signing.pem.")],
    archive_key: Annotated[
        str | None, typer.Option(help="SHA-256 of the archive's key, as you noted it on paper.")
    ] = None,
    output: Annotated[Path, typer.Option(help="Folder the resealed file goes to.")] = Path(),
    for_whom: ForWhom = None,
) -> None:
    """Take the rows in scope out of the opened days and seal them anew; offline.

    Example: socle hold reseal case-7f.opened.tar --key anne/custodian.age-identity
        --signing-key anne/custodian-signing.pem --archive-key 3f5c...
    """
    from retention import durable
    from retention.holds.reseal import order_of
    from retention.holds.reseal import reseal as carry_out
    from retention.keys.age import read_identity
    from retention.manifests.signing import SigningKey
    from territory.clock import SystemClock

    case = read_aloud(file, archive_key)
    confirm_hold(case, for_whom)
    now = SystemClock().now()
    octets = carry_out(case, read_identity(key), SigningKey.read(signing_key), now)
    place = output / f"hold-{order_of(case).hold}.tar"
    durable.write(place, octets, mode=0o600)
    typer.echo(place)


@hold.command("take-in")
def take_in(
    file: Annotated[Path, typer.Argument(help="What `socle hold reseal` wrote.")],
    as_json: AsJson = False,
    settings: SettingsFile = None,
) -> None:
    """Put what two custodians have resealed into the archive; done twice, it changes nothing.

    Example: socle hold take-in hold-7f0c2c1e-....tar
    """
    from territory.settings import load_settings

    link = asyncio.run(_take_in(load_settings(settings), file))
    rows = sum(segment.rows for segment in link.segments)
    if as_json:
        told = {"hold": str(link.hold), "ends_on": str(link.ends_on), "rows": rows}
        typer.echo(json.dumps({**told, "segments": len(link.segments), "link": link.sequence}))
        return
    typer.echo(f"{link.hold}: {len(link.segments)} segments, {rows} slices, until {link.ends_on}")


async def _take_in(settings: "Settings", file: Path) -> "HoldLink":
    from retention.holds.take_in import read_resealed
    from retention.holds.take_in import take_in as carry_out
    from retention.manifests.signing import SigningKey
    from retention.sealing.archive import Places, only_runner, unwatched
    from retention.sealing.clock_guard import ClockGuard
    from socle.base import clock_of, lay_ground
    from territory.database.components import Component

    places, now = Places.of(settings), clock_of(settings).now()
    found = read_resealed(file, SigningKey.read(places.signing_key).public)
    guard = ClockGuard.NONE if settings.demo else ClockGuard.FULL
    ground = await lay_ground(settings)
    try:
        url = ground.urls[Component.RETENTION]
        async with only_runner(url, places, now, unwatched, guard) as runner:
            return await carry_out(runner, found)
    finally:
        ground.close()
