"""When a gateway says it sent a guest: seconds, milliseconds or microseconds since the epoch. Pure.

One dialect's documents say one unit and its equipment writes another, so the number of digits says
which: until the year 2286 they are 10, 13 and 16. Whether that is fresh is the view's to judge.
"""

from datetime import UTC, datetime

from territory.errors import ProtocolError

_DIVISORS = {10: 1, 13: 1_000, 16: 1_000_000}


def told_time(text: str) -> datetime:
    """Return the instant that `t` tells, aware, whole seconds.

    Raises:
        ProtocolError: `bad-time`: not 10, 13 or 16 digits.
    """
    divisor = _DIVISORS.get(len(text))
    if divisor is None or not (text.isascii() and text.isdigit()):
        raise ProtocolError("bad-time")
    return datetime.fromtimestamp(int(text) // divisor, UTC)
