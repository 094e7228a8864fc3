"""Whether log-ins fail everywhere: then it is the base that fails, and no site. Pure.

Log-ins are made in turn, so a fault of the base shows as failures in a row whatever the site: those
of `SITES` different sites, or of all where there are fewer, with none between that came through.
Where nothing is tried any more, at night, the last failure grows old, and nobody is blamed.
"""

from datetime import datetime
from typing import Final

SITES: Final = 3
LEAST: Final = 2
"""Failures: one may be a lost datagram."""


class Streak:
    """The failures since the last log-in that came through anywhere."""

    def __init__(self) -> None:
        self._failures = 0
        self._sites: set[str] = set()
        self._counts_until: datetime | None = None

    def note(self, site_code: str, counts_until: datetime, *, good: bool) -> None:
        """Take note of one log-in, which proves nothing any more after `counts_until`."""
        self._counts_until = counts_until
        if good:
            self._failures = 0
            self._sites.clear()
        else:
            self._failures += 1
            self._sites.add(site_code)

    def is_common(self, sites: int, now: datetime) -> bool:
        """Whether so few of a territory of so many probed sites are enough to blame the base."""
        is_old = self._counts_until is None or now > self._counts_until
        return not is_old and self._failures >= LEAST and len(self._sites) >= min(SITES, sites)
