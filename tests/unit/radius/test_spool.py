"""The spool without a database: what is acknowledged is on the disk, what is not is told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count, takewhile
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from radius.reels import look
from radius.spool import CAPACITY, Spool, SpoolAnswers, SpoolLimits
from radius.spool_format import SpooledRecord
from territory.errors import ConfigurationError, Unavailable
from tests.conftest import FixedClock
from tests.unit.radius.sample import KEY, NOW
from tests.unit.radius.test_reels import files_no_longer_than

LIMITS = SpoolLimits(1 << 20, timedelta(hours=1))


class Book:
    """What became of each record, by its number."""

    def __init__(self) -> None:
        self.written: list[int] = []
        self.released: list[int] = []
        self.refused: list[tuple[int, str]] = []
        self.answers = SpoolAnswers(
            self.written.append,
            self.released.append,
            lambda number, reason: self.refused.append((number, reason)),
        )

    async def settled(self, records: int) -> None:
        """Return once so many are dealt with."""
        await until(lambda: len(self.written) + len(self.released) + len(self.refused) == records)


async def until(so: Callable[[], bool]) -> None:
    """Let the loop run until something is so."""
    async with asyncio.timeout(60):
        for _ in takewhile(lambda _: not so(), count()):
            await asyncio.sleep(0)


def record(number: int, *, in_doubt: bool = False) -> SpooledRecord:
    """Return one record, told apart by its packet."""
    return SpooledRecord(NOW, UUID(int=1), in_doubt, number.to_bytes(4) * 10)


@asynccontextmanager
async def spooling(
    folder: Path, book: Book, limits: SpoolLimits = LIMITS, **options: Any
) -> AsyncIterator[Spool]:
    """Run a spool inside the block."""
    clock = options.get("clock") or FixedClock(NOW)
    spool = Spool(folder, KEY, limits, book.answers, clock)
    running = asyncio.create_task(spool.run())
    try:
        yield spool
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def replay(spool: Spool) -> list[int]:
    """Empty the spool as the replay does; return the numbers it held, in order."""
    found: list[int] = []
    while file := await spool.next_file():
        found += await _play(spool, file)
    async with spool.held() as last:
        if last is not None:
            found += await _play(spool, last)
    return found


async def _play(spool: Spool, file: Any) -> list[int]:
    reel = await spool.read(file)
    if reel is None:
        return []
    await spool.remove(file)
    packets = [each.packet for frame in reel.frames for each in frame.records]
    return [int.from_bytes(packet[:4]) for packet in packets]


async def test_what_is_acknowledged_is_on_the_disk(tmp_path: Path) -> None:
    """In the order it came, and not a moment before."""
    book = Book()
    async with spooling(tmp_path, book) as spool:
        for number in range(2_000):
            spool.put(record(number), number)
        assert not book.written
        await book.settled(2_000)
        assert book.written == list(range(2_000))
        assert look(tmp_path).records == spool.records == 2_000
        assert await replay(spool) == book.written
        assert not spool.is_in_use
        assert look(tmp_path).reels == 0


async def test_records_that_wait_are_written_together(tmp_path: Path) -> None:
    """One sync for all that came while the disk was busy."""
    book = Book()
    async with spooling(tmp_path, book) as spool:
        spool.put(record(0), 0)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        for number in range(1, 200):
            spool.put(record(number), number)
        await book.settled(200)
        async with spool.held() as file:
            assert file is not None
            reel = await spool.read(file)
            assert reel is not None
            assert [len(frame.records) for frame in reel.frames] in ([1, 199], [200])
            await spool.remove(file)


async def test_what_was_left_is_replayed_first(tmp_path: Path) -> None:
    """A new process goes on where the old one ended."""
    book = Book()
    async with spooling(tmp_path, book) as spool:
        spool.put(record(1), 1)
        await book.settled(1)
    async with spooling(tmp_path, book) as spool:
        assert spool.is_in_use
        spool.put(record(2), 2)
        await book.settled(2)
        assert await replay(spool) == [1, 2]


async def test_the_last_records_hand_over(tmp_path: Path) -> None:
    """What comes during the last replay waits for it, then goes the usual way."""
    book = Book()
    async with spooling(tmp_path, book) as spool:
        spool.put(record(1), 1)
        await book.settled(1)
        async with spool.held() as file:
            assert file is not None
            spool.put(record(2), 2)
            await _play(spool, file)
            assert not book.released
        assert book.released == [2]
        assert not spool.is_in_use


async def test_a_record_in_doubt_is_not_handed_over(tmp_path: Path) -> None:
    """Its batch was being committed as its connection went: the replay looks it up, in order."""
    book = Book()
    async with spooling(tmp_path, book) as spool:
        spool.put(record(0), 0)
        await book.settled(1)
        async with spool.held() as last:
            for number, in_doubt in ((1, False), (2, True), (3, False)):
                spool.put(record(number, in_doubt=in_doubt), number)
            assert last is not None
            await _play(spool, last)
        await book.settled(4)
        assert (book.released, book.written) == ([1], [0, 2, 3])
        assert await replay(spool) == [2, 3]


async def test_a_hand_over_that_fails_loses_nothing(tmp_path: Path) -> None:
    """The database went again: what was held is written."""
    book = Book()
    async with spooling(tmp_path, book) as spool:
        spool.put(record(1), 1)
        await book.settled(1)
        with pytest.raises(OSError, match="gone"):
            await _fail_to_hand_over(spool)
        await book.settled(2)
        assert book.written == [1, 2]
        assert await replay(spool) == [1, 2]


async def _fail_to_hand_over(spool: Spool) -> None:
    async with spool.held():
        spool.put(record(2), 2)
        raise OSError("gone")


async def test_a_full_spool_acknowledges_nothing_and_says_so(tmp_path: Path) -> None:
    """Counted, told at /healthz, and over once there is room."""
    book = Book()
    async with spooling(tmp_path, book, SpoolLimits(500, LIMITS.age)) as spool:
        for number in range(20):
            spool.put(record(number), number)
            await book.settled(number + 1)
        full = [number for number, reason in book.refused if reason == "spool-full"]
        assert book.written + full == list(range(20))
        assert full
        assert spool.refused == len(full)
        with pytest.raises(Unavailable, match="wait"):
            await spool.check()
        assert await replay(spool) == book.written
        await spool.check()
        spool.put(record(99), 99)
        await book.settled(21)
        assert book.written[-1] == 99


async def test_a_spool_takes_no_more_once_its_oldest_waits_too_long(tmp_path: Path) -> None:
    """What it holds stays; an outage of days wants a person."""
    book, clock = Book(), FixedClock(NOW)
    async with spooling(tmp_path, book, clock=clock) as spool:
        spool.put(record(1), 1)
        await book.settled(1)
        clock.advance(minutes=61)
        assert spool.oldest_seconds == 3_660
        spool.put(record(2), 2)
        await book.settled(2)
        assert book.refused == [(2, "spool-old")]
        assert await replay(spool) == [1]


async def test_a_disk_that_refuses_is_told_and_tried_again(tmp_path: Path) -> None:
    """Nothing is acknowledged that was not synced; what was before stays."""
    book = Book()
    async with spooling(tmp_path, book) as spool:
        spool.put(record(1), 1)
        await book.settled(1)
        with files_no_longer_than(spool.octets + 20):
            spool.put(record(2), 2)
            await book.settled(2)
        assert book.refused == [(2, "spool-failed")]
        spool.put(record(3), 3)
        await book.settled(3)
        assert await replay(spool) == book.written == [1, 3]


async def test_a_disk_that_stands_still_does_not_fill_memory(tmp_path: Path) -> None:
    """So many wait for it; beyond, the oldest is given up, unacknowledged."""
    book = Book()
    async with spooling(tmp_path, book) as spool:
        for number in range(CAPACITY + 5):
            spool.put(record(number), number)
        assert book.refused == [(number, "overload") for number in range(5)]


async def test_a_reel_of_another_key_blocks_nobody(tmp_path: Path) -> None:
    """It is put aside for people, and the others are replayed."""
    book = Book()
    async with spooling(tmp_path, book) as spool:
        spool.put(record(1), 1)
        await book.settled(1)
    other = Spool(tmp_path, bytes(32), LIMITS, book.answers, FixedClock(NOW))
    assert await replay(other) == []
    assert not other.is_in_use
    assert look(tmp_path).unreadable == 1


def test_a_folder_that_cannot_be_used_stops_the_start(tmp_path: Path) -> None:
    """Not found out on the day of the outage."""
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match=r"radius\.spool\.folder"):
        Spool(tmp_path / "file", KEY, LIMITS, Book().answers, FixedClock(NOW))
