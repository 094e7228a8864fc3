"""How many wrong passwords are borne, and for how long the door then stays shut. Pure.

An attempt is counted before its password is looked at, so that guesses made in parallel count
too; a right password sets the count back to nought. The lock grows with the attempts and ends by
itself: a colleague's or an attacker's errors never shut anyone out for good.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

FREE_ATTEMPTS = 5
FIRST_LOCK = timedelta(minutes=1)
LONGEST_LOCK = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Attempts:
    """What an operator's row says of wrong passwords."""

    failed: int
    """In a row, this attempt not included."""
    locked_until: datetime | None


def is_locked(attempts: Attempts, now: datetime) -> bool:
    """Whether no password is looked at now."""
    return attempts.locked_until is not None and now < attempts.locked_until


def count_attempt(attempts: Attempts, now: datetime) -> Attempts:
    """The row to write before the password is looked at."""
    failed = attempts.failed + 1
    if failed < FREE_ATTEMPTS:
        return Attempts(failed, None)
    doubled = min(failed - FREE_ATTEMPTS, 10)
    return Attempts(failed, now + min(FIRST_LOCK * 2**doubled, LONGEST_LOCK))
