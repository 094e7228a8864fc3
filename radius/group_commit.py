"""Group commit without a timer: a free connection takes all that is queued.

Nothing waits to fill a batch: under light load a batch is one item, under heavy load batches grow
by themselves while the database works, up to a cap. Two connections are enough: while one waits for
the disk the other's batch fills. A batch is answered after the next has left, so that the database
works while we answer. The queue is bounded, in number and in time: what does not fit
pushes the oldest out, and what has waited too long is not begun any more.

An item is handed back in one of three ways: committed, refused (it alone makes a batch fail: found
by halving), or abandoned (the database is away, or the queue was full).
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeAlias, TypeVar

import asyncpg

from radius.outages import AWAY
from territory.errors import Unavailable

Item = TypeVar("Item")
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

BATCH: Final = 500
CONNECTIONS: Final = 2
CAPACITY: Final = 20_000
PATIENCE_SECONDS: Final = 0.7
"""What has waited longer is given up before it costs a statement: its NAS is about to send it again
(RFC 5080 §2.2.1: after two seconds), or has asked its next server."""
_USUAL_STATEMENT_SECONDS: Final = 0.3
"""What a statement takes longer, as where a machine has other work, is taken from the patience."""
_LEAST_PATIENCE_SECONDS: Final = 0.1
_LATELY: Final = 4
"""The mean time of a statement is that of about so many of the last."""
_FIRST_PAUSE_SECONDS: Final = 0.05
_LONGEST_PAUSE_SECONDS: Final = 2.0
_CONFLICT_TRIES: Final = 3

REFUSED: Final = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    ValueError,
    OverflowError,
)
"""What a value of the batch can cause, in the server or already while it is encoded."""
CONFLICT: Final = (asyncpg.TransactionRollbackError,)
"""Deadlock or serialisation failure: the same batch will pass, or one of its halves."""


@dataclass(frozen=True, slots=True)
class Handlers(Generic[Item]):
    """What happens to a batch."""

    commit: Callable[[Connection, Sequence[Item]], Awaitable[Callable[[], None]]]
    """Commits a batch and returns what answers it; raises what the database raises."""
    refuse: Callable[[Connection, Item, str], Awaitable[None]]
    """Takes the one item that cannot be committed, and why."""
    abandon: Callable[[Sequence[Item], str], None]
    """Takes items that nobody will commit: `unavailable` or `overload`."""
    began: Callable[[Item], float] | None = None
    """When an item was received, in monotonic seconds; without it, none is ever too old."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told how it goes."""

    committed: Callable[[int], None]
    """Told the size of every batch that was committed."""
    lost: Callable[[BaseException], None]
    """Told why a connection was lost or could not be had."""


class GroupCommit(Generic[Item]):
    """A bounded queue and the connections that empty it."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        handlers: Handlers[Item],
        watch: Watch,
        *,
        capacity: int = CAPACITY,
        connections: int = CONNECTIONS,
    ) -> None:
        self._connect = connect
        self._handlers = handlers
        self._watch = watch
        self._capacity = capacity
        self._connections = connections
        self._queue: deque[Item] = deque()
        self._idle: list[asyncio.Future[None]] = []
        self._connected = 0
        self._committed = 0
        self._statement_seconds = 0.0

    @property
    def is_open(self) -> bool:
        """Whether any connection is up; if not, nothing that is put will be committed soon."""
        return self._connected > 0

    def __len__(self) -> int:
        return len(self._queue)

    def put(self, item: Item) -> None:
        """Queue an item; the oldest is abandoned if there is no room."""
        if len(self._queue) >= self._capacity:
            self._handlers.abandon([self._queue.popleft()], "overload")
        self._queue.append(item)
        self.wake()

    def wake(self) -> None:
        """Let a free connection look at the queue."""
        while self._idle:
            waiting = self._idle.pop()
            if not waiting.done():
                waiting.set_result(None)
                return

    def _wake_all(self, _: object) -> None:
        while self._idle:
            self.wake()

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(self._connections):
                tasks.create_task(self._keep_working())

    async def _keep_working(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while True:
            committed_before = self._committed
            try:
                await self._work_once()
            except (*AWAY, Unavailable) as fault:
                self._watch.lost(fault)
            if self._committed > committed_before:
                pause = _FIRST_PAUSE_SECONDS
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _work_once(self) -> None:
        """Work on one connection for as long as it lasts."""
        try:
            connection = await self._connect()
        except BaseException:
            self._abandon_all()
            raise
        connection.add_termination_listener(self._wake_all)
        self._connected += 1
        try:
            while not connection.is_closed():
                batch = self._take()
                if batch:
                    await self._commit(connection, batch)
                else:
                    await self._until_woken()
        finally:
            self._connected -= 1
            self._abandon_all()
            connection.terminate()

    def _take(self) -> list[Item]:
        queue = self._queue
        if queue and self._handlers.began is not None:
            self._shed(self._handlers.began)
        return [queue.popleft() for _ in range(min(len(queue), BATCH))]

    def _shed(self, began: Callable[[Item], float]) -> None:
        """Abandon what has waited too long, oldest first."""
        longer = max(0.0, self._statement_seconds - _USUAL_STATEMENT_SECONDS)
        patience = max(_LEAST_PATIENCE_SECONDS, PATIENCE_SECONDS - longer)
        queue, too_old = self._queue, time.monotonic() - patience
        while queue and began(queue[0]) < too_old:
            self._handlers.abandon([queue.popleft()], "overload")

    async def _until_woken(self) -> None:
        waiting = asyncio.get_running_loop().create_future()
        self._idle.append(waiting)
        try:
            await waiting
        finally:
            if waiting in self._idle:
                self._idle.remove(waiting)

    async def _commit(self, connection: Connection, batch: Sequence[Item]) -> None:
        """Commit `batch`, or its halves; give up what is in hand when the database goes away."""
        left = deque([batch])
        tries = 0
        try:
            while left:
                began = time.monotonic()
                try:
                    answer = await self._handlers.commit(connection, left[0])
                except CONFLICT as fault:
                    tries += 1
                    if tries % _CONFLICT_TRIES == 0:
                        await self._split(connection, left, fault)
                except REFUSED as fault:
                    await self._split(connection, left, fault)
                else:
                    asyncio.get_running_loop().call_soon(answer)
                    self._committed += 1
                    took = time.monotonic() - began
                    self._statement_seconds += (took - self._statement_seconds) / _LATELY
                    self._watch.committed(len(left.popleft()))
                    tries = 0
        except (*AWAY, asyncio.CancelledError):
            for part in left:
                self._handlers.abandon(part, "unavailable")
            raise

    async def _split(
        self, connection: Connection, left: deque[Sequence[Item]], fault: Exception
    ) -> None:
        part = left[0]
        if len(part) == 1:
            await self._handlers.refuse(connection, part[0], type(fault).__name__)
            left.popleft()
            return
        middle = len(part) // 2
        left.popleft()
        left.extendleft((part[middle:], part[:middle]))

    def _abandon_all(self) -> None:
        if self._queue and not self._connected:
            self._handlers.abandon(list(self._queue), "unavailable")
            self._queue.clear()
