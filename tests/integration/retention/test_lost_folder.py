"""An archive folder that is absent or older than what is known of it: nothing is destroyed."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from retention.manifests.chain import MANIFESTS, SEGMENTS, Chain
from retention.manifests.verify import verify_folder
from retention.sealing.archive import Places
from territory.errors import Unavailable
from tests.evidence import VERDUN, Evidence, Session, at, run_archive, run_purge, visit

PHONE = Session(VERDUN, "02:00:00:00:00:01", "10.1.0.10")


@pytest.fixture
async def sealed(evidence: Evidence, places: Places) -> Places:
    """An archive of two days."""
    await evidence.days("2026-11-16", 8)
    await evidence.record(PHONE, *visit(at("2026-11-16 10:00"), 30))
    await run_archive(evidence.retention_url, places, at("2026-11-20 00:00"))
    return places


def files(folder: Path) -> dict[str, bytes]:
    """Return every file under a folder."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def absent(folder: Path) -> None:
    """Take the folder away, as a disk that was not mounted."""
    shutil.rmtree(folder)


def emptied(folder: Path) -> None:
    """Leave the folder, with nothing in it."""
    shutil.rmtree(folder)
    folder.mkdir()


def without_manifests(folder: Path) -> None:
    """Lose the chain, and keep the segments."""
    shutil.rmtree(folder / MANIFESTS)


def older(folder: Path) -> None:
    """Put back what a copy of the day before held."""
    for path in (folder / MANIFESTS).glob("000002*"):
        path.unlink()
    for path in (folder / SEGMENTS).glob("*/2026-11-17*"):
        path.unlink()


@pytest.mark.parametrize("lose", [absent, emptied, without_manifests, older])
async def test_a_lost_folder_destroys_nothing(
    evidence: Evidence, sealed: Places, lose: Callable[[Path], None]
) -> None:
    """Neither sealing nor purging touches a file; with the right folder back, both go on."""
    copy = sealed.archive.with_name("copy")
    shutil.copytree(sealed.archive, copy)
    lose(sealed.archive)
    before = files(sealed.archive.parent)

    for work in (run_archive, run_purge):
        with pytest.raises(Unavailable, match="put the right one back"):
            await work(evidence.retention_url, sealed, at("2026-11-21 00:00"))
    assert files(sealed.archive.parent) == before

    shutil.rmtree(sealed.archive, ignore_errors=True)
    shutil.copytree(copy, sealed.archive)
    await run_archive(evidence.retention_url, sealed, at("2026-11-21 00:00"))
    assert len(Chain.read(sealed.archive).days()) == 3
    assert verify_folder(sealed.archive).is_whole


async def test_a_lost_folder_and_a_new_database_destroy_nothing(
    evidence: Evidence, sealed: Places
) -> None:
    """Only the key register is left: it is no leftover of a first run."""
    absent(sealed.archive)
    await evidence.fetch("TRUNCATE archive.segment")
    before = files(sealed.keys)

    with pytest.raises(Unavailable, match="Nothing was done"):
        await run_archive(evidence.retention_url, sealed, at("2026-11-21 00:00"))

    assert files(sealed.keys) == before


async def test_a_lost_index_is_made_again(evidence: Evidence, sealed: Places) -> None:
    """The folder is the truth: a database put back from an older copy follows it, and keeps its
    rows while what the folder names of them, or a key to it, is not there."""
    await evidence.fetch("TRUNCATE archive.segment")
    of_a_day = next(sealed.archive.glob(f"{SEGMENTS}/*/*-17.source.*"))
    for path in (of_a_day, sealed.keys / "2026" / f"{of_a_day.name}.json"):
        away = path.rename(path.with_name("away"))
        with pytest.raises(Unavailable, match="2026-11-17 stays in the database"):
            await run_archive(evidence.retention_url, sealed, at("2026-11-20 06:00"))
        away.rename(path)
    await run_archive(evidence.retention_url, sealed, at("2026-11-20 12:00"))
    index = await evidence.fetch("SELECT count(*) FROM archive.segment")
    assert index[0]["count"] == len(list(Chain.read(sealed.archive).segments()))
