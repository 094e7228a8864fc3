"""Group commit without a database: who is committed, refused, abandoned, and in which order."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from itertools import count, takewhile
from typing import Any

import asyncpg
import pytest

from radius import group_commit
from radius.group_commit import BATCH, PATIENCE_SECONDS, GroupCommit, Handlers, Watch


class Line:
    """Stands for a connection: knows whether it is closed."""

    def __init__(self) -> None:
        self.closed = False
        self.listeners: list[Callable[[Any], None]] = []

    def add_termination_listener(self, listener: Callable[[Any], None]) -> None:
        """Remember who wants to know."""
        self.listeners.append(listener)

    def is_closed(self) -> bool:
        """Whether it was cut."""
        return self.closed

    def terminate(self) -> None:
        """Cut it, and say so."""
        self.closed = True
        for listener in self.listeners:
            listener(self)


class Book:
    """Commits numbers unless told otherwise; keeps what became of each."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.refused: list[int] = []
        self.abandoned: list[tuple[int, str]] = []
        self.lines: list[Line] = []
        self.poison: set[int] = set()
        self.conflicting: set[int] = set()
        self.faults: list[Exception] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.is_away = False
        self.began: Callable[[int], float] | None = None

    async def connect(self) -> Any:
        """Give a line, or nothing while away."""
        if self.is_away:
            raise OSError("away")
        self.lines.append(Line())
        return self.lines[-1]

    async def commit(self, _: Any, batch: Sequence[int]) -> Callable[[], None]:
        """Commit a batch that holds no poison."""
        await self.gate.wait()
        if self.faults:
            raise self.faults.pop(0)
        if self.poison & set(batch):
            raise asyncpg.NumericValueOutOfRangeError("out of range")
        if self.conflicting & set(batch):
            raise asyncpg.SerializationError("changed in between")
        return lambda: self.batches.append(list(batch))

    async def refuse(self, _: Any, item: int, reason: str) -> None:
        """Note the culprit."""
        expected = "SerializationError" if self.conflicting else "NumericValueOutOfRangeError"
        assert reason == expected
        self.refused.append(item)

    def abandon(self, items: Sequence[int], reason: str) -> None:
        """Note who was given up."""
        self.abandoned += [(item, reason) for item in items]

    @property
    def committed(self) -> list[int]:
        """Everything committed, in order."""
        return [item for batch in self.batches for item in batch]


async def settle(done: Callable[[], bool]) -> None:
    """Let the loop run until something is so."""
    async with asyncio.timeout(60):
        for _ in takewhile(lambda _: not done(), count()):
            await asyncio.sleep(0)


async def with_group(
    book: Book, work: Callable[[GroupCommit[int]], Awaitable[None]], **options: Any
) -> None:
    """Run `work` beside a group that commits into `book`."""
    handlers = Handlers(book.commit, book.refuse, book.abandon, book.began)
    watch = Watch(committed=lambda _: None, lost=lambda _: None)
    group: GroupCommit[int] = GroupCommit(book.connect, handlers, watch, **options)
    running = asyncio.create_task(group.run())
    try:
        await work(group)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_what_waits_is_committed_together() -> None:
    """While one batch is under way the next one forms; nothing waits for a timer."""
    book = Book()

    async def work(group: GroupCommit[int]) -> None:
        await settle(lambda: group.is_open)
        book.gate.clear()
        group.put(0)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        for item in range(1, 51):
            group.put(item)
        book.gate.set()
        await settle(lambda: len(book.committed) == 51)

    await with_group(book, work, connections=1)
    assert book.batches == [[0], list(range(1, 51))]


async def test_a_batch_has_a_cap() -> None:
    """A flood is cut into batches the database digests."""
    book = Book()

    async def work(group: GroupCommit[int]) -> None:
        for item in range(BATCH + 10):
            group.put(item)
        await settle(lambda: len(book.committed) == BATCH + 10)

    await with_group(book, work, connections=1)
    assert [len(batch) for batch in book.batches] == [BATCH, 10]


@pytest.mark.parametrize("culprits", [{137}, {0}, {499}, {3, 4}, {0, 250, 499}])
async def test_the_culprits_are_found_and_the_others_committed(culprits: set[int]) -> None:
    """One poison record among 500: 499 are answered."""
    book = Book()
    book.poison = culprits

    async def work(group: GroupCommit[int]) -> None:
        for item in range(500):
            group.put(item)
        await settle(lambda: len(book.committed) + len(book.refused) == 500)

    await with_group(book, work, connections=1)
    assert set(book.refused) == culprits
    assert book.committed == sorted(set(range(500)) - culprits)
    assert not book.abandoned


async def test_a_conflict_is_tried_again() -> None:
    """A deadlock says nothing against the batch."""
    book = Book()
    book.faults = [asyncpg.DeadlockDetectedError("x"), asyncpg.SerializationError("x")]

    async def work(group: GroupCommit[int]) -> None:
        group.put(1)
        await settle(lambda: bool(book.batches))

    await with_group(book, work)
    assert book.committed == [1]
    assert not book.abandoned


@pytest.mark.parametrize(
    "fault",
    [
        OSError("gone"),
        TimeoutError(),
        asyncpg.AdminShutdownError("x"),
        asyncpg.DiskFullError("x"),
        asyncpg.InterfaceError("closed"),
        asyncpg.InternalClientError("cannot switch to state 11"),
    ],
)
async def test_an_outage_abandons_what_is_in_hand_and_work_goes_on(fault: Exception) -> None:
    """Nothing is answered that is not durable; a new connection takes what comes after."""
    book = Book()
    book.faults = [fault]

    async def work(group: GroupCommit[int]) -> None:
        group.put(1)
        await settle(lambda: bool(book.abandoned))
        group.put(2)
        await settle(lambda: bool(book.batches))

    await with_group(book, work, connections=1)
    assert book.abandoned == [(1, "unavailable")]
    assert book.committed == [2]
    assert len(book.lines) == 2


async def test_without_a_connection_everything_is_abandoned_at_once() -> None:
    """A queue that nobody empties would only hold answers back."""
    book = Book()
    book.is_away = True

    async def work(group: GroupCommit[int]) -> None:
        group.put(1)
        await settle(lambda: bool(book.abandoned))
        assert not group.is_open

    await with_group(book, work)
    assert book.abandoned == [(1, "unavailable")]


async def test_an_idle_connection_that_is_cut_is_noticed() -> None:
    """Not the next request finds out, but the server itself."""
    book = Book()

    async def work(group: GroupCommit[int]) -> None:
        await settle(lambda: group.is_open)
        book.is_away = True
        for line in list(book.lines):
            line.terminate()
        await settle(lambda: not group.is_open)

    await with_group(book, work)


async def test_a_full_queue_gives_up_the_oldest() -> None:
    """Its sender has most likely given up too."""
    book = Book()
    book.gate.clear()

    async def work(group: GroupCommit[int]) -> None:
        await settle(lambda: group.is_open)
        group.put(0)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        for item in range(1, 5):
            group.put(item)
        assert len(group) == 3
        book.gate.set()
        await settle(lambda: len(book.committed) == 4)

    await with_group(book, work, connections=1, capacity=3)
    assert book.abandoned == [(1, "overload")]
    assert book.committed == [0, 2, 3, 4]


async def test_what_waited_too_long_is_not_begun() -> None:
    """Its NAS asks again or has asked elsewhere: the oldest go first, and cost no statement."""
    book, now = Book(), time.monotonic()
    book.began = lambda item: now - 2 * PATIENCE_SECONDS if item < 10 else now + 60

    async def work(group: GroupCommit[int]) -> None:
        for item in range(20):
            group.put(item)
        await settle(lambda: len(book.committed) == 10)

    await with_group(book, work, connections=1)
    assert book.abandoned == [(item, "overload") for item in range(10)]
    assert book.batches == [list(range(10, 20))]


async def test_where_statements_are_slow_less_time_is_left_to_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What they take longer would make the answers late: half the usual wait is then too long."""
    monkeypatch.setattr(group_commit, "_LATELY", 1)
    book = Book()
    book.began = lambda item: time.monotonic() - item * PATIENCE_SECONDS / 2

    async def work(group: GroupCommit[int]) -> None:
        book.gate.clear()
        group.put(0)
        await asyncio.sleep(1.0)
        group.put(1)
        book.gate.set()
        await settle(lambda: bool(book.abandoned))

    await with_group(book, work, connections=1)
    assert book.committed == [0]
    assert book.abandoned == [(1, "overload")]


async def test_a_conflict_that_lasts_is_one_item_s() -> None:
    """It is found by halving, like any other that the database refuses; the others go on."""
    book = Book()
    book.conflicting = {3}

    async def work(group: GroupCommit[int]) -> None:
        for item in range(8):
            group.put(item)
        await settle(lambda: len(book.committed) + len(book.refused) == 8)

    await with_group(book, work, connections=1)
    assert book.refused == [3]
    assert not book.abandoned
