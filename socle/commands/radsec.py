"""`socle radsec` and the certificates of `socle site`: the command's face, and its audit lines."""

import asyncio
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from socle.commands.certificates import Certificates, Entry, Holder
    from territory.application.state import State
    from territory.settings import Settings

radsec = typer.Typer(
    name="radsec",
    help="RADIUS over TLS: the base's certificate, and those of its sites.",
    no_args_is_help=True,
)

SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="Settings file; `socle.toml` here when not given."),
]
AsJson = Annotated[bool, typer.Option("--json", help="For scripts.")]
_ISSUED: Final = "certificate.issued"
_REVOKED: Final = "certificate.revoked"


@radsec.command()
def prepare(
    name: Annotated[str, typer.Argument(help="DNS name at which sites reach RADIUS.")],
    settings: SettingsFile = None,
) -> None:
    """Make the base's authority and certificate, and print the settings that use them.

    Again, it renews the certificate and the revocation list; the authority stays.

    Example: socle radsec prepare radius.wifi.meuse.example
    """
    from socle.commands.certificates import settings_text
    from territory.errors import ConfigurationError, Fault
    from territory.settings import load_settings
    from territory.values import dns_name

    known = load_settings(settings)
    try:
        checked = dns_name(name)
    except ValueError as error:
        raise ConfigurationError([Fault("NAME", f"expected {error}")]) from error
    _do(known, _ISSUED, lambda papers, _: [papers.prepare(checked)])
    typer.echo(settings_text(_folder(known), checked), nl=False)


@radsec.command(name="list")
def list_certificates(json_: AsJson = False, settings: SettingsFile = None) -> None:
    """List what was issued: until when, to whom, revoked or not.

    Example: socle radsec list --json
    """
    from socle.commands.certificates import read_register
    from territory.settings import load_settings

    entries = read_register(_folder(load_settings(settings)))
    if json_:
        typer.echo(json.dumps([asdict(entry) for entry in entries]))
        return
    for entry in sorted(entries, key=lambda entry: entry.ends_at):
        state = f"revoked {entry.revoked_at[:10]}" if entry.revoked_at else "          "
        who = f"{entry.site} {entry.nas}" if entry.site else "the base"
        typer.echo(f"{entry.ends_at[:10]}  {state:18}  {entry.dns_name}  {who}")


def issue_to_site(site: str, output: Path, settings_file: Path | None) -> None:
    """Write a key and a certificate for each NAS of a site.

    Raises:
        ConfigurationError: the site is not known, has no NAS by RadSec, or there is no authority.
    """
    from territory.settings import load_settings

    settings = load_settings(settings_file)
    made = _do(settings, _ISSUED, lambda papers, state: papers.issue(_holders(state, site), output))
    for entry in made:
        typer.echo(f"{entry.nas}: {entry.dns_name}, until {entry.ends_at[:10]}")
    typer.echo(f"{output}: keys and certificates, beside what `socle site render` writes there")


def revoke_site(site: str, settings_file: Path | None) -> None:
    """Revoke every certificate of a site."""
    from territory.settings import load_settings

    settings = load_settings(settings_file)
    revoked = _do(settings, _REVOKED, lambda papers, _: papers.revoke(site))
    for entry in revoked:
        typer.echo(f"{entry.nas}: {entry.dns_name}, revoked; its connections end within seconds")
    if not revoked:
        typer.echo(f"{site}: no certificate in force")


def _folder(settings: "Settings") -> Path:
    from socle.commands.certificates import FOLDER

    return settings.state_folder / FOLDER


def _holders(state: "State", site: str) -> "Iterable[Holder]":
    from socle.commands.certificates import Holder
    from territory.application.state import Kind
    from territory.errors import ConfigurationError, Fault

    found = [
        Holder(site, str(values["gateway"]), code, str(values["tls_name"]))
        for code, values in sorted(state[Kind.NAS].items())
        if values["site"] == site and values["tls_name"]
    ]
    if not found:
        expected = "expected a known site with a nas that has a tls_name (link: radsec)"
        raise ConfigurationError([Fault(f"site {site}", expected)])
    return found


def _do(
    settings: "Settings",
    action: str,
    work: "Callable[[Certificates, State], list[Entry]]",
) -> "list[Entry]":
    return asyncio.run(_worked(settings, action, work))


async def _worked(
    settings: "Settings",
    action: str,
    work: "Callable[[Certificates, State], list[Entry]]",
) -> "list[Entry]":
    """Work in the folder and tell it in the audit log, both or neither."""
    from socle.base import clock_of, lay_ground
    from socle.commands.certificates import opened
    from territory.access.audit import Act, append
    from territory.access.operators import COMMAND_LINE
    from territory.application.holding import load_held
    from territory.database.connect import open_engine

    now = clock_of(settings).now()
    ground = await lay_ground(settings)
    engine = open_engine(ground.owner_url)
    try:
        async with engine.begin() as connection:
            state = (await load_held(connection, ground.keyring)).state
            with opened(_folder(settings), ground.keyring, now) as papers:
                entries = work(papers, state)
            for entry in entries:
                detail = {"serial": entry.serial, "dns_name": entry.dns_name, "site": entry.site}
                act = Act(action, entry.nas or "base", detail)
                await append(connection, now, COMMAND_LINE.operator_id, COMMAND_LINE.name, act)
    finally:
        await engine.dispose()
        ground.close()
    return entries
