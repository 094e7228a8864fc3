"""The doctor tells when accounting waits on the disk."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

from radius.reels import ReelFolder
from radius.spool_format import SpooledRecord
from socle.commands.findings import Finding
from socle.commands.spool_findings import of_spool
from territory.settings import Settings
from territory.settings.radius import RadiusSettings, SpoolSettings
from tests.unit.radius.sample import KEY, NOW


def findings(folder: Path, *, enabled: bool = True) -> list[Finding]:
    """Return what is said of a spool, ten minutes after NOW."""
    spool = SpoolSettings(enabled=enabled, folder=folder)
    settings = Settings(radius=RadiusSettings(spool=spool))
    return list(of_spool(settings, NOW + timedelta(minutes=10)))


def test_records_that_wait_are_told(tmp_path: Path) -> None:
    """How many, where, since when, and what to look at."""
    reels = ReelFolder(tmp_path, KEY)
    reels.begin().write([SpooledRecord(NOW, UUID(int=1), False, bytes(20))] * 3)
    reels.close()
    (finding,) = findings(tmp_path)
    assert finding.stops
    assert f"3 accounting records wait in {tmp_path}" in finding.says
    assert "for 10 minutes" in finding.says


def test_an_empty_spool_is_well(tmp_path: Path) -> None:
    """Also one that was never needed."""
    assert [finding.well for finding in findings(tmp_path / "none")] == [True]


def test_what_no_key_opens_is_told(tmp_path: Path) -> None:
    """It was put aside, and would be forgotten."""
    (tmp_path / "000").mkdir()
    (tmp_path / "000" / "000000000001.unreadable").touch()
    assert [finding.well for finding in findings(tmp_path)] == [False, True]


def test_without_a_spool_nothing_is_said(tmp_path: Path) -> None:
    """It is off by default."""
    assert findings(tmp_path, enabled=False) == []
