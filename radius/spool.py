"""The durable spool: accounting acknowledged while the database is away.

Off unless `radius.spool` is on. What the ledger cannot take is written to this machine's disk,
sealed (spool_format.py), synced, and only then acknowledged; spool_replay.py enters it in the
database later, exactly once and in order. Writes are group commits: while one batch is being
synced in a thread, the next one forms; the loop never waits for the disk.

As long as anything waits here, everything new comes here too, so that order is kept: an
Accounting-On must not overtake the Starts before it. What is left in the end, less than a batch, is
replayed while new records are held in memory, unacknowledged, for that one commit; then they go
the usual way.

What cannot be written is not acknowledged: the disk is full or fails, the spool has reached its
size, or its oldest record has waited longer than it may. It is counted and told.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import structlog

from radius.outages import describe
from radius.reels import REEL_OCTETS, ReelFile, ReelFolder
from radius.spool_format import Reel, SpooledRecord, UnreadableReel
from territory.clock import Clock
from territory.errors import ConfigurationError, Fault, Unavailable

BATCH: Final = 500
CAPACITY: Final = 20_000
"""Records in memory at once, before the disk has them."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SpoolLimits:
    """How much it takes."""

    octets: int
    """On the disk."""
    age: timedelta
    """Of the oldest record that waits."""


@dataclass(frozen=True, slots=True)
class SpoolAnswers:
    """Where the spool brings what became of a record; each takes what `put` was given with it."""

    written: Callable[[Any], None]
    """On the disk: acknowledge it."""
    released: Callable[[Any], None]
    """Nothing is before it any more: it may go the usual way."""
    refused: Callable[[Any, str], None]
    """Not durable: `spool-full`, `spool-old`, `spool-failed` or `overload`."""


class Spool:
    """What waits for the database, on the disk and on its way there."""

    def __init__(
        self, folder: Path, key: bytes, limits: SpoolLimits, answers: SpoolAnswers, clock: Clock
    ) -> None:
        """Open the spool, with what was left in it; `key` has 32 octets.

        Raises:
            ConfigurationError: the folder cannot be used.
        """
        try:
            self._folder = ReelFolder(folder, key)
            self._files = deque(self._folder.files())
        except OSError as fault:
            expected = f"expected a folder this process may write to: {fault}"
            raise ConfigurationError([Fault("radius.spool.folder", expected)]) from fault
        self._limits = limits
        self._answers = answers
        self._clock = clock
        self._writer = self._folder.begin()
        self._executor = ThreadPoolExecutor(1, "spool")
        self._queue: deque[tuple[SpooledRecord, Any]] = deque()
        self._held: deque[tuple[SpooledRecord, Any]] | None = None
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._waits = asyncio.Event()
        self._refuses: str | None = None
        self.refused = 0
        """Records not taken, and so not acknowledged."""
        self.torn_octets = 0
        """Cut off reels' ends: writes that a crash broke off, never acknowledged."""
        self.lost_records = 0
        """Acknowledged, and damaged on the disk since."""
        if self._files:
            self._waits.set()

    @property
    def is_in_use(self) -> bool:
        """Whether anything waits: then everything new must come here."""
        return self._waits.is_set()

    @property
    def records(self) -> int:
        """How many wait."""
        finished = sum(file.records for file in self._files)
        return len(self._queue) + self._writer.records + finished

    @property
    def octets(self) -> int:
        """How much lies on the disk."""
        return self._writer.octets + sum(file.octets for file in self._files)

    @property
    def oldest_at(self) -> datetime | None:
        """Receipt of the oldest record on the disk."""
        return self._files[0].oldest_at if self._files else self._writer.oldest_at

    @property
    def oldest_seconds(self) -> float:
        """How long the oldest record on the disk has waited; 0: none waits."""
        oldest = self.oldest_at
        return (self._clock.now() - oldest).total_seconds() if oldest else 0.0

    async def check(self) -> None:
        """Tell whether all is well.

        Raises:
            Unavailable: records wait, or none can be taken.
        """
        if self.is_in_use:
            raise Unavailable(f"{self.records} accounting records wait for the database")
        if self._refuses:
            raise Unavailable(f"the spool takes no records: {self._refuses}")

    def put(self, record: SpooledRecord, context: Any) -> None:
        """Take a record; one of the answers is called with `context`, now or later."""
        held = self._held
        if held is not None:
            held.append((record, context))
            if len(held) > CAPACITY:
                self._refuse([held.popleft()], "overload")
            return
        self._queue.append((record, context))
        if len(self._queue) > CAPACITY:
            self._refuse([self._queue.popleft()], "overload")
        self._wake.set()
        self._idle.clear()
        if not self._waits.is_set():
            self._waits.set()
            log.warning("spool.begun")

    async def run(self) -> None:
        """Write until cancelled, then close the reel and give the folder back."""
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._queue:
                    await self._write_some()
                self._idle.set()
        finally:
            await asyncio.shield(self._in_thread(self._writer.finish))
            self._executor.shutdown()
            self._folder.close()

    async def _write_some(self) -> None:
        batch = [self._queue.popleft() for _ in range(min(len(self._queue), BATCH))]
        refusal, fault = self._refusal(), None
        if refusal is None:
            try:
                await self._in_thread(self._writer.write, [record for record, _ in batch])
            except OSError as error:
                refusal, fault = "spool-failed", error
                await self._begin_another()
        self._tell(refusal, fault)
        if refusal is not None:
            self._refuse(batch, refusal)
            return
        for _, context in batch:
            self._answers.written(context)
        if self._writer.octets >= REEL_OCTETS:
            await self._begin_another()

    def _refusal(self) -> str | None:
        if self.octets >= self._limits.octets:
            return "spool-full"
        if self.oldest_seconds > self._limits.age.total_seconds():
            return "spool-old"
        return None

    def _tell(self, refusal: str | None, fault: OSError | None) -> None:
        """Log that records are refused, or taken again; once."""
        if refusal == self._refuses:
            return
        self._refuses = refusal
        if refusal is None:
            log.info("spool.takes")
        else:
            log.error("spool.refuses", reason=refusal, **(describe(fault) if fault else {}))

    def _refuse(self, batch: "list[tuple[SpooledRecord, Any]]", reason: str) -> None:
        self.refused += len(batch)
        for _, context in batch:
            self._answers.refused(context, reason)

    async def _begin_another(self) -> None:
        """Finish the reel that is being written and begin the next."""
        finished, self._writer = self._writer, self._folder.begin()
        file = await self._in_thread(finished.finish)
        if file is not None:
            self._files.append(file)

    async def _in_thread(self, work: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work, *arguments)

    # --- For the replay ---------------------------------------------------------------------------

    async def until_used(self) -> None:
        """Return once records wait."""
        await self._waits.wait()

    async def next_file(self) -> ReelFile | None:
        """Return the oldest reel, finished for that if it is long; None: little waits."""
        if not self._files and self._writer.records > BATCH:
            await self._begin_another()
        return self._files[0] if self._files else None

    @asynccontextmanager
    async def held(self) -> AsyncIterator[ReelFile | None]:
        """Hold new records while the block replays the last reel, which it is given.

        If nothing waits any more after the block, the held ones are released; else they are
        written, and so are those from the first in doubt on: perhaps it is recorded already, and
        only the replay looks.
        """
        self._held = deque()
        try:
            await self._idle.wait()
            await self._begin_another()
            yield self._files[0] if self._files else None
        finally:
            held, self._held = self._held, None
            drained = not self._files
            if drained:
                self._waits.clear()
                self._refuses = None
                log.info("spool.drained")
            for record, context in held:
                drained = drained and not record.in_doubt
                if drained:
                    self._answers.released(context)
                else:
                    self.put(record, context)

    async def read(self, file: ReelFile) -> Reel | None:
        """Return what a reel holds; None: nothing that opens, and it is out of the way."""
        try:
            reel = await asyncio.to_thread(self._folder.read, file)
        except UnreadableReel:
            log.error("spool.unreadable", reel=file.path.name, octets=file.octets)
            await asyncio.to_thread(self._folder.put_aside, file)
            self._files.remove(file)
            return None
        if reel is None:
            await self.remove(file)
            return None
        file.records = sum(len(frame.records) for frame in reel.frames)
        self.torn_octets += reel.torn_octets
        self.lost_records += reel.lost_records
        if reel.torn_octets or reel.lost_records:
            found = {"torn_octets": reel.torn_octets, "lost_records": reel.lost_records}
            log.error("spool.cut", reel=file.path.name, **found)
        return reel

    async def remove(self, file: ReelFile) -> None:
        """Forget a reel that is replayed, and delete it."""
        await asyncio.to_thread(self._folder.remove, file)
        self._files.remove(file)
