"""Counts end with their window, and what has lapsed is forgotten."""

import threading

from limits import RateLimitItemPerMinute
from limits.strategies import FixedWindowRateLimiter

from portal.counters import SWEPT_AFTER, Counters


class Hands:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        """Return what it shows."""
        return self.seconds


def test_a_window_ends() -> None:
    """A minute after the first of them, counting begins anew."""
    clock = Hands()
    limiter = FixedWindowRateLimiter(Counters(clock))
    two = RateLimitItemPerMinute(2)
    assert [limiter.hit(two, "somebody") for _ in range(3)] == [True, True, False]
    clock.seconds += 59.9
    assert not limiter.hit(two, "somebody")
    assert limiter.hit(two, "somebody else")
    clock.seconds += 0.1
    assert limiter.hit(two, "somebody")


def test_what_has_lapsed_is_forgotten() -> None:
    """A flood of names leaves nothing behind, and no thread was started for it."""
    clock, threads = Hands(), threading.active_count()
    counters = Counters(clock)
    for number in range(SWEPT_AFTER):
        counters.incr(str(number), 60)
    assert counters.get("7") == 1
    assert counters.get_expiry("7") == 1060
    clock.seconds += 61
    assert counters.get("7") == 0
    for _ in range(SWEPT_AFTER):
        counters.incr("one", 60)
    assert counters.reset() == 1
    assert threading.active_count() == threads


def test_one_is_forgotten_when_asked() -> None:
    """The others stay."""
    counters = Counters(Hands())
    counters.incr("a", 60)
    counters.incr("b", 60, amount=3)
    counters.clear("a")
    assert (counters.get("a"), counters.get("b"), counters.check()) == (0, 3, True)
