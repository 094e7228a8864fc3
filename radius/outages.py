"""An outage in the log: one line when it begins, one when it ends, none in between."""

from typing import Any, Final

import asyncpg
import structlog

AWAY: Final = (
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    TimeoutError,
)
"""What a database that is away looks like; one that ends a connection while the driver is about to
speak makes it raise an internal error."""


class Outage:
    """Whether something a task relies on is away."""

    def __init__(self, name: str) -> None:
        """`name` is what is away, as the first word of the event: `ledger`, `sightings`..."""
        self._name = name
        self._log = structlog.get_logger()
        self._is_away = False

    def lasts(self, fault: BaseException) -> None:
        """It is away, because of `fault`."""
        if not self._is_away:
            self._is_away = True
            self._log.error(f"{self._name}.away", **describe(fault))

    def is_over(self) -> None:
        """It is there."""
        if self._is_away:
            self._is_away = False
            self._log.info(f"{self._name}.back")


def describe(fault: BaseException) -> dict[str, Any]:
    """Return what a log line may say of a database fault: its kind, never its values."""
    return {"fault": type(fault).__name__, "sqlstate": getattr(fault, "sqlstate", None)}
