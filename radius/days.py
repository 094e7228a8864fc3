"""The daily partitions, made before the first row of a new day (UTC, by the server's clock)."""

from datetime import date
from typing import Final

from radius.group_commit import Connection
from radius.statements import ENSURE_DAYS

_DAYS: Final = 3


class Days:
    """Which days this process knows to be ready."""

    def __init__(self) -> None:
        self._first: date | None = None

    async def ensure(self, connection: Connection, day: date) -> None:
        """Make sure that `day` and the two after it have their partitions."""
        if self._first is not None and 0 <= (day - self._first).days < _DAYS:
            return
        await connection.execute(ENSURE_DAYS, day, _DAYS)
        self._first = day
