"""`socle backup` and `socle restore`: a base that stands again, without what had to be gone."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from datetime import datetime

    from retention.ending.backup import Belongings
    from retention.ending.restore import CheckedBackup
    from territory.settings import Settings

SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="Settings file; `socle.toml` here when not given."),
]

_TO_ENTER = "each injunction, or finding that there is none, and each hold that was recorded"


def backup(
    folder: Annotated[Path, typer.Argument(help="Where backups are kept, one folder each.")],
    recipient: Annotated[
        list[str], typer.Option(help="age public key of who may restore; as many as you like.")
    ],
    segments: Annotated[
        bool, typer.Option("--segments", help="The archive's sealed segments too.")
    ] = False,
    settings: SettingsFile = None,
) -> None:
    """Back the base up, without the key register, and remove the backups whose end has come.

    Example: socle backup /srv/backups --recipient age1...
    """
    from retention.ending.backup import back_up, prune
    from socle.base import clock_of, open_server
    from territory.settings import load_settings

    known = load_settings(settings)
    now = clock_of(known).now()
    for gone in prune(folder, now.date()):
        typer.echo(f"{gone}: its end has come, removed", err=True)
    belongings = _belongings(known, segments)
    owner = open_server(known)
    try:
        made = asyncio.run(back_up(owner.url, belongings, folder, recipient, now))
    finally:
        owner.close()
    place, written = made
    octets = sum(file.octets for file in written.files)
    typer.echo(f"{place}\n{octets} octets, to be removed before {written.ends_on}")


def restore(
    folder: Annotated[Path, typer.Argument(help="One backup's own folder.")],
    key: Annotated[Path, typer.Option(help="age identity of one of its recipients.")],
    archive_key: Annotated[
        str | None, typer.Option(help="SHA-256 of the archive's key, as noted on paper.")
    ] = None,
    segments: Annotated[
        bool, typer.Option("--segments", help="Its sealed segments too, where they miss.")
    ] = False,
    settings: SettingsFile = None,
) -> None:
    """Put a backup back into an empty database; what had to be gone since does not come back.

    Nothing starts on the database before this has ended well; interrupted, run it again.

    Example: socle restore /srv/backups/2026-11-20T02-00-00Z --key backup.age-identity
    """
    from retention.ending.restore import check
    from socle.base import clock_of
    from territory.settings import load_settings

    known = load_settings(settings)
    now = clock_of(known).now()
    checked = check(folder, now.date(), archive_key)
    if not archive_key:
        typer.echo(
            f"signed by {checked.backup.signed_by}: NOT CHECKED, see --archive-key", err=True
        )
    asyncio.run(_restore(known, checked, key, segments, now))
    made_at = checked.backup.made_at
    typer.echo(f"restored as of {made_at}; what had to be gone since is gone")
    typer.echo(f"enter again, before `socle serve`, {_TO_ENTER} since {made_at:%Y-%m-%d %H:%M} UTC")


async def _restore(
    settings: "Settings", checked: "CheckedBackup", key: Path, segments: bool, now: "datetime"
) -> None:
    from retention.ending.restore import Restoration, restore
    from retention.keys.age import read_identity
    from retention.sealing.clock_guard import ClockGuard
    from socle.base import open_server
    from territory.keyring import Keyring

    settings.state_folder.mkdir(parents=True, exist_ok=True)
    owner = open_server(settings)
    try:
        restoration = Restoration(
            owner_url=owner.url,
            belongings=_belongings(settings, segments),
            identity=read_identity(key),
            open_keyring=lambda: None if owner.embedded else Keyring.of(settings),
            guard=ClockGuard.NONE if settings.demo else ClockGuard.AFTER_LONG_STOP,
        )
        await restore(checked, restoration, now, lambda step: typer.echo(step, err=True))
    finally:
        owner.close()


def _belongings(settings: "Settings", with_segments: bool) -> "Belongings":
    from retention.ending.backup import Belongings
    from retention.sealing.archive import Places

    return Belongings(Places.of(settings), settings.key_file, with_segments)
