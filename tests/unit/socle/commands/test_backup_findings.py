"""The doctor tells of backups that may not exist any more."""

from datetime import date
from pathlib import Path

from socle.commands.backup_findings import of_backups
from socle.commands.findings import Finding
from territory.settings import Settings
from territory.settings.evidence import RetentionSettings
from tests.backups import write_backup

END = date(2027, 2, 17)


def finding(folder: Path, today: date) -> Finding:
    """Return what is said of a folder of backups."""
    settings = Settings(retention=RetentionSettings(backup_folder=folder))
    (told,) = of_backups(settings, today)
    return told


def test_a_backup_that_is_over_is_a_fault(tmp_path: Path) -> None:
    """On its end day, and not before; where there is none at all, a warning."""
    write_backup(tmp_path / "a", END)
    assert finding(tmp_path, date(2027, 2, 16)).well
    over = finding(tmp_path, END)
    assert over.stops
    assert "1 in" in over.says
    assert "since 2027-02-17" in over.says
    assert finding(tmp_path / "none", END).mark == "warn"


def test_without_a_folder_nothing_is_said() -> None:
    """None is named."""
    assert list(of_backups(Settings(), END)) == []
