"""`socle nas`: who sends RADIUS, what they prove themselves with, and how it is renewed.

Only the command's face; `territory.application.nas_trust` does it, and is imported when wanted.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from socle.commands.findings import Stranger
    from territory.application.nas_trust import NasTrust
    from territory.application.writing import Authority
    from territory.keyring import Keyring

nas = typer.Typer(
    name="nas",
    help="Who sends RADIUS: list them, read and rotate their secrets.",
    no_args_is_help=True,
)

SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="Settings file; `socle.toml` here when not given."),
]
AsJson = Annotated[bool, typer.Option("--json", help="For scripts.")]
Code = Annotated[str, typer.Argument(metavar="NAS", help="Code of the NAS.")]

Result = TypeVar("Result")
Work = Callable[["AsyncConnection", "Keyring", "Authority"], Awaitable[Result]]


@nas.command(name="list")
def list_nas(json_: AsJson = False, settings: SettingsFile = None) -> None:
    """List every NAS: site, address, whether it signs, what its secret needs.

    Then who is refused because it sends RADIUS in clear from a public address.

    Example: socle nas list
    """
    from socle.commands.findings import IN_PUBLIC, load_strangers
    from territory.application.nas_trust import load_nas_trust
    from territory.vocabulary import StrangerReason

    async def work(
        db: "AsyncConnection", keyring: "Keyring", authority: "Authority"
    ) -> tuple[list["NasTrust"], list["Stranger"], "datetime"]:
        strangers = await load_strangers(db, authority.now)
        return await load_nas_trust(db, keyring), strangers, authority.now

    found, strangers, now = _run(settings, work)
    if json_:
        typer.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False, default=str))
        return
    for one in found:
        about = ", ".join(_remarks(one, now)) or "well"
        typer.echo(f"{one.code:28} {one.site:28} {one.address:24} {one.rule.value:12} {about}")
    for each in strangers:
        if each.reason == StrangerReason.CLEAR_FROM_PUBLIC:
            typer.echo(f"{each}: {each.packets} packets: {IN_PUBLIC}")


@nas.command()
def secret(code: Code, json_: AsJson = False, settings: SettingsFile = None) -> None:
    """Print a NAS's shared secret, to type it into its gateway; the reading is audited.

    During a rotation both are printed; the gateway is to be given the next one. Where the base
    gives the password of MAC authentication, it is printed too.

    Example: socle nas secret nas-mairie-bar-le-duc
    """
    from territory.application.nas_trust import read_secrets

    found = _run(settings, lambda db, keyring, who: read_secrets(db, keyring, code, who))
    if json_:
        typer.echo(json.dumps(asdict(found)))
        return
    for name, value in asdict(found).items():
        if value is not None:
            typer.echo(f"{name.replace('_', ' ')}: {value}")


@nas.command()
def rotate(
    code: Code,
    finish: Annotated[bool, typer.Option("--finish", help="Drop the old secret.")] = False,
    abandon: Annotated[bool, typer.Option("--abandon", help="Drop the next secret.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Finish, though the old one is still in use.")
    ] = False,
    settings: SettingsFile = None,
) -> None:
    """Make a next shared secret valid beside the present one, then drop the old one.

    Between the two, give the gateway the next one: `socle site render` writes it, `socle nas
    secret` prints it, `socle nas list` says which NAS still use the old one. If territory.yaml
    holds this NAS's shared_secret, take it out, or the next `socle apply` brings it back.

    Example: socle nas rotate nas-mairie-bar-le-duc, and days later the same with --finish
    """
    from territory.application.nas_trust import abandon_rotation, begin_rotation, finish_rotation

    if finish and abandon:
        raise typer.BadParameter("--finish or --abandon, not both")
    if finish:
        _run(
            settings,
            lambda db, _, who: finish_rotation(db, code, who, even_unseen=force),
        )
        typer.echo(f"{code}: the old secret is no longer valid")
    elif abandon:
        _run(settings, lambda db, _, who: abandon_rotation(db, code, who))
        typer.echo(f"{code}: the next secret is no longer valid")
    else:
        _run(settings, lambda db, keyring, who: begin_rotation(db, keyring.seal, code, who))
        typer.echo(f"{code}: two secrets are valid; give its gateway the next one, then --finish")


@nas.command()
def unlearn(code: Code, settings: SettingsFile = None) -> None:
    """Let a NAS set to `learn` send unsigned requests again, until it next signs.

    Only for one whose software was changed for some that does not sign.

    Example: socle nas unlearn nas-mairie-bar-le-duc
    """
    from territory.application.nas_trust import forget_signature

    _run(settings, lambda db, _, who: forget_signature(db, code, who))
    typer.echo(f"{code}: whether it signs is learnt anew")


def _remarks(one: "NasTrust", now: "datetime") -> list[str]:
    remarks = (
        (one.is_unsigned(now), "sends unsigned requests"),
        (one.signed_since is not None, "has learnt to sign"),
        (one.rotation_began_at is not None, "two secrets are valid"),
        (one.uses_old_secret, "still uses the old one"),
        (one.secret_is_short, "its secret is short"),
        (one.secret_is_shared, "another has the same secret"),
    )
    return [words for so, words in remarks if so]


def _run(settings_file: Path | None, work: Work[Result]) -> Result:
    """Do the work in one transaction of the owner's."""
    from socle.base import clock_of, lay_ground
    from territory.access.operators import COMMAND_LINE
    from territory.application.writing import Authority
    from territory.database.connect import open_engine
    from territory.settings import load_settings

    settings = load_settings(settings_file)

    async def whole() -> Result:
        ground = await lay_ground(settings)
        engine = open_engine(ground.owner_url)
        authority = Authority(COMMAND_LINE.name, "nas", clock_of(settings).now())
        try:
            async with engine.begin() as connection:
                return await work(connection, ground.keyring, authority)
        finally:
            await engine.dispose()
            ground.close()

    return asyncio.run(whole())
