"""`socle link`: the tunnels of sites, and the keys they are made of.

Only the command's face; `territory.application.tunnel_peers` does it, and is imported when wanted.
"""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

import typer

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from territory.application.tunnel_peers import TunnelPeer
    from territory.application.writing import Authority
    from territory.keyring import Keyring
    from territory.settings import Settings

link = typer.Typer(
    name="link",
    help="The tunnels by which sites reach the base: make the hub, list them, rotate their keys.",
    no_args_is_help=True,
)

SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="Settings file; `socle.toml` here when not given."),
]
AsJson = Annotated[bool, typer.Option("--json", help="For scripts.")]
Code = Annotated[str, typer.Argument(metavar="SITE", help="Code of the site.")]
_KEY_FILE: Final = Path("tunnel", "hub.key")
"""In the state folder."""

Result = TypeVar("Result")
Work = Callable[["AsyncConnection", "Keyring", "Authority"], Awaitable[Result]]


@link.command()
def prepare(
    endpoint: Annotated[str, typer.Argument(help="host:port at which sites call the base.")],
    settings: SettingsFile = None,
) -> None:
    """Make the hub's key, and print the settings that use it; again, the key stays.

    Example: socle link prepare vpn.wifi.meuse.example:51820
    """
    from territory.errors import ConfigurationError, Fault
    from territory.settings import load_settings
    from territory.wireguard.keys import public_of

    known = load_settings(settings)
    host, _, port = endpoint.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 1 << 16:
        raise ConfigurationError([Fault("ENDPOINT", f"expected host:port, found {endpoint}")])
    file = known.tunnel.private_key_file or known.state_folder / _KEY_FILE
    private = _private_key(file)
    lines = (
        "[tunnel]",
        f'endpoint = "{endpoint}"',
        f'public_key = "{public_of(private)}"',
        f'private_key_file = "{file.resolve()}"',
        f"listen_port = {port}",
        f'network = "{known.tunnel.network}"',
        "",
        "[radius]",
        "# Where sites reach RADIUS, inside the tunnel.",
        f'reached_at = ["{known.tunnel.base_address}"]',
    )
    typer.echo("\n".join(lines))


@link.command(name="list")
def list_links(json_: AsJson = False, settings: SettingsFile = None) -> None:
    """List every tunnel: its site, inside address, last handshake, the age of its key.

    Example: socle link list
    """
    from territory.application.tunnel_peers import load_peers

    async def work(
        db: "AsyncConnection", _: "Keyring", authority: "Authority"
    ) -> tuple[list["TunnelPeer"], "datetime"]:
        return await load_peers(db), authority.now

    found, now = _run(settings, work)
    if json_:
        typer.echo(json.dumps([asdict(one) for one in found], default=str))
        return
    for one in found:
        last = max(filter(None, (one.handshake_at, one.next_handshake_at)), default=None)
        heard = f"{last:%Y-%m-%d %H:%M:%S}Z" if last else "never heard"
        state = "up" if one.is_up(now) else "down"
        about = ", ".join(_remarks(one))
        typer.echo(f"{one.site:28} {one.inside_address:16} {state:5} {heard:21} {about}".rstrip())


@link.command()
def rotate(
    code: Code,
    public_key: Annotated[
        str | None,
        typer.Option(help="Of a key made on the router, which keeps its private half."),
    ] = None,
    finish: Annotated[bool, typer.Option("--finish", help="Drop the old key.")] = False,
    abandon: Annotated[bool, typer.Option("--abandon", help="Drop the next key.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Finish, though the old one is still in use.")
    ] = False,
    settings: SettingsFile = None,
) -> None:
    """Make a next key valid beside a site's present one, then drop the old one.

    Between the two, give the router the next one: `socle site render` writes it. The tunnel moves
    to it by itself, and `socle link list` says which routers still use the old one.

    Example: socle link rotate mairie-bar-le-duc, and later the same with --finish
    """
    from territory.application.tunnel_peers import (
        abandon_rotation,
        begin_rotation,
        finish_rotation,
    )

    if finish and abandon:
        raise typer.BadParameter("--finish or --abandon, not both")
    if finish:
        _run(settings, lambda db, _, who: finish_rotation(db, code, who, even_unseen=force))
        typer.echo(f"{code}: the old key is no longer valid")
    elif abandon:
        _run(settings, lambda db, _, who: abandon_rotation(db, code, who))
        typer.echo(f"{code}: the next key is no longer valid")
    else:
        _run(settings, lambda db, keyring, who: begin_rotation(db, keyring, code, who, public_key))
        typer.echo(f"{code}: two keys are valid; give its router the next one, then --finish")


def _private_key(file: Path) -> str:
    """Return the hub's private key, made (mode 0600) where there is none."""
    from territory.errors import ConfigurationError, Fault
    from territory.wireguard.keys import new_pair, parse_key

    try:
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as output:
                output.write(new_pair().private + "\n")
        return parse_key(file.read_text())
    except (OSError, ValueError) as fault:
        expected = f"expected a WireGuard key that can be read: {fault}"
        raise ConfigurationError([Fault("tunnel.private_key_file", expected)]) from fault


def _remarks(one: "TunnelPeer") -> list[str]:
    remarks = (
        (True, f"key of {one.rotated_at:%Y-%m-%d}"),
        (one.made_on_router, "made on the router"),
        (one.rotation_began_at is not None, "two keys are valid"),
        (one.uses_old_key, "still uses the old one"),
    )
    return [words for so, words in remarks if so]


def _run(settings_file: Path | None, work: Work[Result]) -> Result:
    from territory.settings import load_settings

    return asyncio.run(_worked(load_settings(settings_file), work))


async def _worked(settings: "Settings", work: Work[Result]) -> Result:
    """Do the work in one transaction of the owner's."""
    from socle.base import clock_of, lay_ground
    from territory.access.operators import COMMAND_LINE
    from territory.application.writing import Authority
    from territory.database.connect import open_engine

    ground = await lay_ground(settings)
    engine = open_engine(ground.owner_url)
    try:
        async with engine.begin() as connection:
            authority = Authority(COMMAND_LINE.name, "link", clock_of(settings).now())
            return await work(connection, ground.keyring, authority)
    finally:
        await engine.dispose()
        ground.close()
