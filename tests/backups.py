"""Backups for tests that look at when they end, and works on them for runs that die."""

from datetime import date, datetime
from pathlib import Path

from retention.ending.backup import RECORD, Backup, Belongings, back_up, backups
from retention.ending.restore import Restoration, check, restore
from retention.keys import age
from retention.manifests.canonical import encode
from retention.sealing.archive import Places, Progress, Step
from retention.sealing.clock_guard import ClockGuard
from tests.evidence import KEYRING, at

BACKUPS, IDENTITY = "backups", "backup.age-identity"
"""Where they lie beside the archive, and who opens them."""


def write_backup(folder: Path, ends_on: date) -> None:
    """Write the record of a backup of 20 November 2026 into a new folder."""
    backup = Backup(
        made_at=at("2026-11-20 02:00"),
        ends_on=ends_on,
        server_version=18,
        revision="0057",
        chain_length=0,
        chain_head=None,
        signed_by="0" * 64,
        files=(),
    )
    folder.mkdir()
    (folder / RECORD).write_bytes(encode(backup.model_dump()))


def belongings_of(places: Places) -> Belongings:
    """Return what is backed up with an archive of the tests."""
    return Belongings(places, places.signing_key.with_name("master.key"), with_segments=True)


def restoration_of(url: str, places: Places) -> Restoration:
    """Return what the tests restore with, at a time of their own."""
    identity = age.read_identity(places.archive.with_name(IDENTITY))
    belongings = belongings_of(places)
    return Restoration(url, belongings, identity, lambda: KEYRING, ClockGuard.NONE)


async def run_backup(url: str, places: Places, now: datetime, _: Progress) -> None:
    """Back the base up, as `socle backup --segments` does."""
    folder = places.archive.with_name(BACKUPS)
    to = age.recipient_of(age.read_identity(places.archive.with_name(IDENTITY)))
    await back_up(url, belongings_of(places), folder, [to], now)


async def run_restore(url: str, places: Places, now: datetime, progress: Progress) -> None:
    """Restore the one backup there is, as `socle restore --segments` does."""
    [(folder, _)] = backups(places.archive.with_name(BACKUPS))
    restoration = restoration_of(url, places)
    checked = check(folder, now.date())
    await restore(checked, restoration, now, lambda words: progress(Step(words.partition(" ")[0])))
