"""Access-Rejects go out a moment late, so that nobody guesses at the speed of the wire.

Each reject waits about as long as the setting says, plus a chance part, so that its time tells
nothing of how it was found (draft-ietf-radext-deprecating-radius). Duplicates that come meanwhile
get nothing and then the one reply: the request counts as being worked on until it is sent. The
number that wait is bounded; beyond, a reject goes out at once and is counted, because memory is
worth more than a guesser's second. `Schedule` is the thinking, pure; `RejectDelay` has its timer.
"""

import asyncio
import heapq
from collections.abc import Callable
from itertools import count
from typing import Final, Generic, TypeVar

JITTER: Final = 0.25
"""The chance part, at most, of the delay asked for."""
CAPACITY: Final = 10_000

Item = TypeVar("Item")


def delay_seconds(least: float, chance: float) -> float:
    """Return how long a reject waits: `least` and up to a quarter more, by `chance` in [0, 1)."""
    return least * (1.0 + JITTER * chance)


class Schedule(Generic[Item]):
    """What waits, soonest first, up to a bound; in the seconds of any one clock."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._heap: list[tuple[float, int, Item]] = []
        self._order = count()

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def next_at(self) -> float | None:
        """When the soonest is due; None while nothing waits."""
        return self._heap[0][0] if self._heap else None

    def put(self, due_at: float, item: Item) -> bool:
        """Let `item` wait until `due_at`; False, and nothing kept, where too many wait."""
        if len(self._heap) >= self._capacity:
            return False
        heapq.heappush(self._heap, (due_at, next(self._order), item))
        return True

    def take(self, now: float) -> list[Item]:
        """Return what is due at `now`, soonest first, and keep it no longer."""
        due = []
        while self._heap and self._heap[0][0] <= now:
            due.append(heapq.heappop(self._heap)[2])
        return due

    def take_all(self) -> list[Item]:
        """Return all that waits, soonest first, and keep it no longer."""
        return self.take(float("inf"))


class RejectDelay(Generic[Item]):
    """Holds rejects back and sends them when they are due, with one timer for all."""

    def __init__(
        self,
        seconds: float,
        send: Callable[[Item], None],
        chance: Callable[[], float],
        capacity: int = CAPACITY,
    ) -> None:
        """Take the least delay, what to do with a reject that is due, and a source of chance.

        Args:
            seconds: 0 sends every reject at once.
            send: called once for each item, from the loop; raises nothing.
            chance: uniform in [0, 1).
            capacity: how many may wait.
        """
        self._seconds = seconds
        self._send = send
        self._chance = chance
        self._schedule: Schedule[Item] = Schedule(capacity)
        self._timer: asyncio.TimerHandle | None = None
        self.overflow = 0
        """Rejects sent at once because too many waited."""

    def __len__(self) -> int:
        return len(self._schedule)

    def hold(self, item: Item) -> None:
        """Send `item` in a while, or at once where there is no delay or no room."""
        if self._seconds <= 0:
            self._send(item)
            return
        loop = asyncio.get_running_loop()
        due_at = loop.time() + delay_seconds(self._seconds, self._chance())
        if self._schedule.put(due_at, item):
            self._wind(loop)
        else:
            self.overflow += 1
            self._send(item)

    def release(self) -> None:
        """Send all that waits now: the server is about to stop."""
        self._stop()
        for item in self._schedule.take_all():
            self._send(item)

    def _ring(self) -> None:
        self._timer = None
        loop = asyncio.get_running_loop()
        for item in self._schedule.take(loop.time()):
            self._send(item)
        self._wind(loop)

    def _wind(self, loop: asyncio.AbstractEventLoop) -> None:
        """Set the timer to the soonest, unless it is set so already."""
        soonest = self._schedule.next_at
        if soonest is None or (self._timer is not None and self._timer.when() <= soonest):
            return
        self._stop()
        self._timer = loop.call_at(soonest, self._ring)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
