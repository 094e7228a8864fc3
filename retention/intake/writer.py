"""Makes what waits durable, in batches, each forgotten once it is in the database, not before.

While the database is away the batch stays, the queue fills, streams wait and datagrams are dropped
and counted. What is written after the midnight of its receipt is taken for received on the new day,
and keeps when it happened: a day that is closed looks no more at what came before.

Syslog and IPFIX by UDP have no acknowledgement: a crash of this process loses what waits (at most
`retention.intake.waiting` translations, in practice those of the last second), and what the
kernel's buffers hold; a proper stop writes what waits first.
"""

import asyncio
from typing import Final

import structlog

from retention.intake.door import Door
from retention.intake.evidence import Row
from retention.intake.store import Store
from territory.clock import Clock
from territory.errors import Unavailable

log = structlog.get_logger()

MOST_ROWS: Final = 5_000
"""Of one batch."""
GATHER_SECONDS: Final = 0.2
"""How long a batch gathers once it has begun."""
_RETRY_SECONDS: Final = 2.0


class Writer:
    """Empties the door's queue into the store."""

    def __init__(self, door: Door, store: Store, clock: Clock) -> None:
        self._door = door
        self.store = store
        self._clock = clock
        self._batch: list[Row] = []
        self.is_failing = False

    async def run(self) -> None:
        """Write until cancelled; what is then not durable is left to `finish`."""
        rows = self._door.rows
        while True:
            self._batch.append(await rows.get())
            await asyncio.sleep(GATHER_SECONDS)
            self._gather()
            while not await self._write():  # noqa: ASYNC110 - nobody tells that it is back
                await asyncio.sleep(_RETRY_SECONDS)

    async def finish(self) -> None:
        """Write what waits, once; what the database then does not take is lost, and counted."""
        while self._batch or not self._door.rows.empty():
            self._gather()
            if not await self._write():
                lost = len(self._batch) + self._door.rows.qsize()
                self._door.metrics.drop("unwritten", lost)
                log.error("intake_lost", translations=lost)
                return

    def _gather(self) -> None:
        rows = self._door.rows
        while len(self._batch) < MOST_ROWS and not rows.empty():
            self._batch.append(rows.get_nowait())

    async def _write(self) -> bool:
        """Make the batch durable and forget it; False: it stays."""
        self._date_again()
        try:
            if self._batch:
                await self.store.write(self._batch)
        except Unavailable as fault:
            self._show(failing=True, cause=str(fault))
            return False
        self._door.metrics.durable.inc(len(self._batch))
        self._batch = []
        self._show(failing=False)
        return True

    def _date_again(self) -> None:
        """Take what waited over midnight for received now."""
        now = self._clock.now()
        self._batch = [
            row._replace(received_at=now) if row.received_at.date() < now.date() else row
            for row in self._batch
        ]

    def _show(self, *, failing: bool, cause: str = "") -> None:
        metrics = self._door.metrics
        metrics.waiting.set(len(self._batch) + self._door.rows.qsize())
        metrics.failing.set(failing)
        if failing is not self.is_failing:
            self.is_failing = failing
            level = log.error if failing else log.info
            level("intake_hindered" if failing else "intake_no_longer_hindered", cause=cause)
