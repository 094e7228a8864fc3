"""The spool's folder on a real disk: places, locks, what others left, writes that fail."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from radius.reels import ReelFolder, ReelWriter, look
from radius.spool_format import SpooledRecord, UnreadableReel
from tests.unit.radius.sample import KEY, NOW


def record(number: int) -> SpooledRecord:
    """Return one record, told apart by its packet."""
    received_at = NOW + timedelta(seconds=number)
    return SpooledRecord(received_at, UUID(int=1), False, number.to_bytes(4) * 10)


def numbers(folder: ReelFolder) -> list[int]:
    """Return the records that finished reels hold, in order."""
    reels = [folder.read(file) for file in folder.files()]
    return [
        int.from_bytes(each.packet[:4])
        for reel in reels
        if reel
        for frame in reel.frames
        for each in frame.records
    ]


def write(folder: ReelFolder, *batches: list[int]) -> ReelWriter:
    """Write batches to a reel, and leave it as a crash does."""
    writer = folder.begin()
    for batch in batches:
        writer.write([record(number) for number in batch])
    return writer


@contextmanager
def files_no_longer_than(octets: int) -> Iterator[None]:
    """Have the kernel refuse to write beyond: what a full disk does, without one."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_two_processes_have_a_place_each(tmp_path: Path) -> None:
    """The second takes the next one, and nothing of the first's."""
    one = ReelFolder(tmp_path, KEY)
    write(one, [1])
    two = ReelFolder(tmp_path, KEY)
    assert one.path != two.path
    assert two.files() == []
    assert numbers(one) == [1]


def test_a_place_given_back_is_taken_with_what_is_in_it(tmp_path: Path) -> None:
    """Whoever starts after a crash goes on with that spool, and never writes its reels again."""
    one = ReelFolder(tmp_path, KEY)
    left = write(one, [1, 2], [3])
    one.close()
    again = ReelFolder(tmp_path, KEY)
    assert again.path == one.path
    write(again, [4])
    assert numbers(again) == [1, 2, 3, 4]
    assert left.octets == again.files()[0].octets


def test_an_orphans_reels_are_moved_in(tmp_path: Path) -> None:
    """With fewer processes than before, the first one replays what the others left."""
    one, two = ReelFolder(tmp_path, KEY), ReelFolder(tmp_path, KEY)
    write(one, [1])
    write(two, [2])
    for folder in (one, two):
        folder.close()
    again = ReelFolder(tmp_path, KEY)
    assert numbers(again) == [1, 2]
    assert not list(two.path.glob("*.reel"))


def test_a_folder_is_its_owners_only(tmp_path: Path) -> None:
    """Records are personal data, sealed or not."""
    folder = ReelFolder(tmp_path / "spool", KEY)
    write(folder, [1])
    assert folder.path.stat().st_mode & 0o077 == 0
    assert folder.files()[0].path.stat().st_mode & 0o077 == 0


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    """A full disk: the batch is refused, those before are whole, the next reel can be written."""
    folder = ReelFolder(tmp_path, KEY)
    writer = write(folder, [1, 2])
    with files_no_longer_than(writer.octets + 50), pytest.raises(OSError, match="too large"):
        writer.write([record(3)])
    finished = writer.finish()
    assert finished is not None
    assert (finished.octets, finished.records) == (finished.path.stat().st_size, 2)
    write(folder, [4])
    assert numbers(folder) == [1, 2, 4]


def test_a_reel_that_could_not_be_begun_leaves_nothing(tmp_path: Path) -> None:
    """Not even its head fitted."""
    folder = ReelFolder(tmp_path, KEY)
    writer = folder.begin()
    with files_no_longer_than(10), pytest.raises(OSError, match="too large"):
        writer.write([record(1)])
    assert writer.finish() is None
    assert folder.files() == []


def test_a_reel_of_another_key_is_kept(tmp_path: Path) -> None:
    """Put aside for people, not tried again, and seen from outside."""
    folder = ReelFolder(tmp_path, KEY)
    write(folder, [1])
    folder.close()
    other = ReelFolder(tmp_path, bytes(32))
    (file,) = other.files()
    with pytest.raises(UnreadableReel):
        other.read(file)
    other.put_aside(file)
    assert other.files() == []
    assert look(tmp_path).unreadable == 1


def test_what_lies_there_is_seen_without_a_key(tmp_path: Path) -> None:
    """For `socle doctor`: how much waits, and since when."""
    assert look(tmp_path / "none").records == 0
    folder = ReelFolder(tmp_path, KEY)
    writer = write(folder, [5, 6], [7])
    remains = look(tmp_path)
    assert (remains.reels, remains.records, remains.octets) == (1, 3, writer.octets)
    assert remains.oldest_at == NOW + timedelta(seconds=5)
    folder.remove(folder.files()[0])
    assert look(tmp_path).reels == 0
