"""Rows of the security log that wait: bounded, in order, and none lost uncounted."""

import asyncio
from contextlib import suppress
from typing import Any

from radius import outcome_log
from radius.outcome_log import CAPACITY, OutcomeLog
from tests.conftest import FixedClock


class _Gone:
    """A connection that ends while rows are on their way, and more come meanwhile."""

    def __init__(self, log: "list[OutcomeLog]", meanwhile: int) -> None:
        self._log = log
        self._meanwhile = meanwhile

    async def execute(self, *_arguments: Any) -> None:
        """Make the days."""

    async def copy_to_table(self, *_arguments: Any, **_options: Any) -> None:
        """Fail, late."""
        for number in range(self._meanwhile):
            self._log[0].add(b"later %d" % number)
        raise ConnectionResetError

    def is_closed(self) -> bool:
        """Not yet."""
        return False

    def terminate(self) -> None:
        """Nothing to end."""


async def test_rows_put_back_push_out_the_oldest_and_are_counted(clock: FixedClock) -> None:
    """A connection lost with rows in hand, while the queue filled up: every loss is counted."""
    logs: list[OutcomeLog] = []

    async def connect() -> Any:
        return _Gone(logs, CAPACITY - 1)

    lost = asyncio.Event()
    log = OutcomeLog(connect, clock, lambda _: lost.set())
    logs.append(log)
    for number in range(5):
        log.add(b"row %d" % number)
    running = asyncio.create_task(log.run())
    async with asyncio.timeout(60 + outcome_log.FLUSH_SECONDS):
        await lost.wait()
    assert (len(log), log.rows_lost) == (CAPACITY, 4)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
