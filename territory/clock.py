"""Where "now" comes from: read once at the edge of a way and passed down as an argument.

The demo shifts the day of the whole base at once; it does so through a file that every
component's clock reads, so that no component knows of it.
"""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

_REREAD_SECONDS = 0.2


class Clock(Protocol):
    """Anything that tells the time."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock; the only one outside demonstrations and tests."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return datetime.now(UTC)


class OffsetClock:
    """The machine's clock moved forward by the number of seconds a file holds (demo only)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = timedelta()
        self._read_again_at = 0.0

    def now(self) -> datetime:
        """Return the shifted instant; the file is read again at most every 0.2 s."""
        if time.monotonic() >= self._read_again_at:
            self._offset = timedelta(seconds=self._read())
            self._read_again_at = time.monotonic() + _REREAD_SECONDS
        return datetime.now(UTC) + self._offset

    def _read(self) -> float:
        try:
            return float(self._path.read_text())
        except (OSError, ValueError):
            return self._offset.total_seconds()


def shift(path: Path, forward: timedelta) -> None:
    """Move the demonstration's clock forward, durably, for every process that reads `path`."""
    present = OffsetClock(path)._read()
    fresh = path.with_suffix(".new")
    fresh.write_text(str(present + forward.total_seconds()))
    fresh.replace(path)
