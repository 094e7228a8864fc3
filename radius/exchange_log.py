"""One line for each exchange, when somebody wants to read them: at debug, and so many a second.

No line holds a name, a password, an address or a device: a device appears as a hash whose key
changes every day, enough to follow it through one day's lines and useless after.
"""

import hashlib
from datetime import date, datetime
from typing import Final

import structlog

_LINES_A_SECOND: Final = 100
_DIGEST_OCTETS: Final = 6


class ExchangeLog:
    """Writes canonical lines, bounded."""

    def __init__(self, key: bytes, *, enabled: bool) -> None:
        self._key = key
        self._log = structlog.get_logger()
        self.enabled = enabled
        """Whether anything is written at all; asked before a line is made up."""
        self._second = 0
        self._lines = 0
        self._suppressed = 0

    def write(self, event: str, now: datetime, device: bytes | None, **facts: object) -> None:
        """Write one line, unless this second has had enough; then count it."""
        second = int(now.timestamp())
        if second != self._second:
            self._second, self._lines = second, 0
        if self._lines >= _LINES_A_SECOND:
            self._suppressed += 1
            return
        self._lines += 1
        suppressed, self._suppressed = self._suppressed, 0
        if suppressed:
            facts["suppressed_before"] = suppressed
        self._log.debug(event, device=self.pseudonym(device, now.date()), **facts)

    def pseudonym(self, device: bytes | None, day: date) -> str | None:
        """Return a device's name in one day's lines, 12 hexadecimal digits."""
        if device is None:
            return None
        key = hashlib.blake2b(day.isoformat().encode(), key=self._key, digest_size=16).digest()
        return hashlib.blake2b(device, key=key, digest_size=_DIGEST_OCTETS).hexdigest()
