"""What `socle doctor` says of backups: one that is over and still there (CPCE L39-3)."""

from collections.abc import Iterator
from datetime import date

from retention.ending.backup import backups
from socle.commands.findings import Finding
from territory.settings import Settings

_ABOUT = "retention.backup_folder"


def of_backups(settings: Settings, today: date) -> Iterator[Finding]:
    """Yield what lies in the folder of backups, where one is named; `today` is in UTC."""
    folder = settings.retention.backup_folder
    if folder is None:
        return
    found = [backup for _, backup in backups(folder)]
    ended = [backup.ends_on for backup in found if backup.ends_on <= today]
    if ended:
        says = (
            f"{len(ended)} in {folder} may not exist any more, the first since {min(ended)}: is"
            " retention running, and may it write there?"
        )
        yield Finding(_ABOUT, False, says)
    elif found:
        last = max(backup.made_at for backup in found)
        yield Finding(_ABOUT, True, f"{len(found)} in {folder}, the last of {last:%Y-%m-%d}")
    else:
        yield Finding(_ABOUT, False, f"no backup in {folder}: `socle backup {folder}`", False)
