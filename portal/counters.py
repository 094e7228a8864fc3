"""Where `limits` counts in this process: a dictionary, swept by those who count.

The library's own memory starts a thread every few milliseconds in which something is counted, to
forget what has lapsed; that is a quarter of what a log-in costs. Here what has lapsed is looked
for once in so many counts.
"""

import time
from collections.abc import Callable
from typing import Final

from limits.storage import Storage

SWEPT_AFTER: Final = 4096
"""Counts between two looks for what has lapsed."""


class Counters(Storage):
    """Counts by key, each until its end."""

    STORAGE_SCHEME = ["counters"]  # noqa: RUF012 - as the library declares it

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing. `clock`: seconds that pass, whatever the time of day is set to."""
        super().__init__()
        self._clock = clock
        self._counts: dict[str, tuple[int, float]] = {}
        self._since = 0

    @property
    def base_exceptions(self) -> type[Exception]:
        """What may go wrong: nothing."""
        return ArithmeticError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count, and return how many there are; a first one opens `expiry` seconds."""
        now = self._clock()
        self._sweep(now)
        count, ends = self._counts.get(key, (0, 0.0))
        if ends <= now:
            count, ends = 0, now + expiry
        self._counts[key] = count + amount, ends
        return count + amount

    def get(self, key: str) -> int:
        """Return how many there are."""
        count, ends = self._counts.get(key, (0, 0.0))
        return count if ends > self._clock() else 0

    def get_expiry(self, key: str) -> float:
        """Return when a count ends, by its clock."""
        return self._counts.get(key, (0, self._clock()))[1]

    def check(self) -> bool:
        """Return whether it can count: always."""
        return True

    def reset(self) -> int:
        """Forget everything; return how many counts there were."""
        forgotten = len(self._counts)
        self._counts.clear()
        return forgotten

    def clear(self, key: str) -> None:
        """Forget one count."""
        self._counts.pop(key, None)

    def _sweep(self, now: float) -> None:
        self._since += 1
        if self._since >= SWEPT_AFTER:
            self._since = 0
            self._counts = {k: kept for k, kept in self._counts.items() if kept[1] > now}
