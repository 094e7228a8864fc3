"""How wrong passwords are borne."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from territory.access.throttle import (
    FREE_ATTEMPTS,
    LONGEST_LOCK,
    Attempts,
    count_attempt,
    is_locked,
)

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)


def test_the_lock_grows_from_a_minute_to_half_an_hour() -> None:
    """The fifth attempt in a row locks for 1 min, then 2, 4, 8, 16, 30, 30..."""
    attempts, minutes = Attempts(0, None), []
    for _ in range(12):
        attempts = count_attempt(attempts, NOW)
        lock = attempts.locked_until
        minutes.append((lock - NOW).total_seconds() / 60 if lock else 0)
    assert minutes == [0, 0, 0, 0, 1, 2, 4, 8, 16, 30, 30, 30]


@given(st.integers(0, 10**9))
def test_a_lock_always_ends_by_itself(failed: int) -> None:
    """However many attempts, the door opens again within half an hour."""
    after = count_attempt(Attempts(failed, None), NOW)
    assert not is_locked(after, NOW + LONGEST_LOCK)
    assert is_locked(after, NOW + timedelta(seconds=59)) == (failed + 1 >= FREE_ATTEMPTS)
