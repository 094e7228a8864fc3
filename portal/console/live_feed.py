"""One listener for each portal process, however many look: the database is read once for all.

    NOTIFY state_change, territory -> read, at most once a second, every fifteen at least -> Journal
                                                                                               |
    viewer, viewer, viewer ... each with a position in the journal  <--- one event wakes all --+

Nothing is read while nobody looks. A viewer holds neither a connection nor a queue: who writes to a
slow browser comes back to the journal later, and finds the steps since, or the whole picture. Each
reading also asks whether whoever looks still may: a sign-in that ended, or sees other sites now,
ends its stream. While the database is away the last picture stands, and its time says so.
"""

import asyncio
import json
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from portal.console.estate import unwatched_since
from portal.console.live_picture import Journal, Look, news, whole
from portal.console.live_queries import load_picture
from territory.clock import Clock
from territory.web.problems import is_unavailable

CHANNELS: Final = ("state_change", "territory")
MOST_VIEWERS: Final = 256
"""In one process; one more is told to come back later."""
MOST_OF_ONE: Final = 8
"""With one cookie or one wall link: a link that goes round shuts nobody else out."""
BETWEEN_SECONDS: Final = 1.0
"""Between two readings, however much changes."""
REST: Final = 10
"""Times as long as a reading took until the next: guests' pages are written by the same process."""
READ_SECONDS: Final = 15.0
"""At the latest between two readings while somebody looks: sessions change without a word."""
AWAY_SECONDS: Final = 2.0

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Event:
    """What is written to a browser."""

    name: str
    """``picture``, ``news``, ``beat`` or ``end``."""
    data: str
    id: str | None = None
    """Where a browser that comes back goes on; absent where nothing moved."""


Passes = Callable[[AsyncConnection, Collection[bytes]], Awaitable[Mapping[bytes, Look]]]
"""What each of these digests may still look at; one that may no longer is absent."""


class Viewer:
    """One open stream."""

    __slots__ = ("_feed", "_position", "_seen", "digest", "is_over", "look")

    def __init__(self, feed: "Feed", digest: bytes, look: Look, last_id: str) -> None:
        self.digest = digest
        """SHA-256 of what lets it look: a cookie's token or a wall link's."""
        self.look = look
        self.is_over = False
        """It may no longer look."""
        self._feed = feed
        self._position = feed.position(last_id)
        self._seen = feed.readings  # what was read before may be old: nobody looked

    async def next(self) -> Event | None:
        """Wait for what this viewer is to be told next; None: the process ends."""
        while not self._feed.is_closed:
            woken = self._feed.woken
            if self.is_over:
                return Event("end", "{}")
            if self._feed.readings > self._seen:
                return self._due() or self._feed.beat()
            try:
                async with asyncio.timeout(2 * READ_SECONDS):
                    await woken.wait()
            except TimeoutError:
                return self._feed.beat()
        return None

    def _due(self) -> Event | None:
        event = self._feed.event(self._position, self.look)
        self._seen = self._feed.readings
        self._position = self._feed.journal.number
        return event


class Feed:
    """What is read once for all who look."""

    def __init__(
        self, engine: AsyncEngine, clock: Clock, passes: Passes, unwatched_after: timedelta
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._passes = passes
        self._unwatched_after = unwatched_after
        self._epoch = secrets.token_hex(4)
        self._viewers: set[Viewer] = set()
        self._watched = asyncio.Event()
        self._changed = asyncio.Event()
        self._is_away = False
        self._written: dict[tuple[int, Look], Event | None] = {}
        self.journal = Journal()
        self.readings = 0
        self.is_closed = False
        self.woken = asyncio.Event()
        """Set, and replaced, at each news."""

    def join(self, digest: bytes, look: Look, last_id: str = "") -> Viewer | None:
        """Return a new viewer; None: there are too many. `leave` it in the end."""
        of_one = sum(viewer.digest == digest for viewer in self._viewers)
        if len(self._viewers) >= MOST_VIEWERS or of_one >= MOST_OF_ONE or self.is_closed:
            return None
        viewer = Viewer(self, digest, look, last_id)
        self._viewers.add(viewer)
        self._watched.set()
        self._changed.set()
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """Forget a viewer."""
        self._viewers.discard(viewer)
        if not self._viewers:
            self._watched.clear()
            self._changed.set()

    def close(self) -> None:
        """End every stream: the browsers come back to another process."""
        self.is_closed = True
        self._wake()

    def position(self, last_id: str) -> int:
        """Where a browser that comes back was; -1: nowhere in this journal."""
        epoch, _, number = last_id.partition(".")
        return int(number) if epoch == self._epoch and number.isdecimal() else -1

    def event(self, position: int, look: Look) -> Event | None:
        """What is new to somebody who was told all until `position`; None: nothing.

        It is written once for all who were told, and may see, the same.
        """
        if (position, look) not in self._written:
            self._written[position, look] = self._write(position, look)
        return self._written[position, look]

    def _write(self, position: int, look: Look) -> Event | None:
        steps, picture = self.journal.since(position), self.journal.picture
        if steps is None:
            return self._event("picture", self._with_time(whole(picture, look)))
        found = news(steps, picture, look)
        return self._event("news", self._with_time(found)) if found else None

    def beat(self) -> Event:
        """Say only when the database was last read."""
        return Event("beat", self._with_time({}))

    def _event(self, name: str, data: str) -> Event:
        return Event(name, data, f"{self._epoch}.{self.journal.number}")

    def _with_time(self, facts: dict[str, Any]) -> str:
        picture, now = self.journal.picture, self._clock.now()
        unwatched = unwatched_since(picture.checked_at, now, self._unwatched_after)
        times = {"read_at": picture.at, "now": now, "unwatched_since": unwatched}
        told = facts | {name: at.isoformat() if at else None for name, at in times.items()}
        return json.dumps(told, ensure_ascii=False, separators=(",", ":"))

    async def run(self) -> None:
        """Keep the journal current, while somebody looks, until cancelled."""
        while True:
            await self._watched.wait()
            try:
                async with self._engine.connect() as db:
                    await db.execution_options(isolation_level="AUTOCOMMIT")
                    await self._follow(db)
            except Exception as fault:  # noqa: BLE001 - told once; who looks sees how old it is
                self._tell(fault)
                await asyncio.sleep(AWAY_SECONDS)

    def _tell(self, fault: Exception) -> None:
        if not self._is_away:
            level = logging.WARNING if is_unavailable(fault) else logging.ERROR
            _log.log(level, "live.away", cause=type(fault).__name__)
        self._is_away = True

    async def _follow(self, db: AsyncConnection) -> None:
        """Read at each notification, until nobody looks."""
        connection: Any = (await db.get_raw_connection()).driver_connection
        for channel in CHANNELS:
            await connection.add_listener(channel, self._notified)
        try:
            while self._watched.is_set():
                self._changed.clear()
                began = time.monotonic()
                await self._read(db)
                await asyncio.sleep(max(BETWEEN_SECONDS, REST * (time.monotonic() - began)))
                await self._wait()
        finally:
            if not connection.is_closed():
                for channel in CHANNELS:
                    await connection.remove_listener(channel, self._notified)

    async def _read(self, db: AsyncConnection) -> None:
        viewers = [*self._viewers]
        picture = await load_picture(db, self._clock.now())
        may = await self._passes(db, {viewer.digest for viewer in viewers})
        for viewer in viewers:
            viewer.is_over = may.get(viewer.digest) != viewer.look
        if self._is_away:
            _log.info("live.back")
        self._is_away = False
        self.readings += 1
        self.journal.take(picture)
        self._written.clear()
        self._wake()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(READ_SECONDS):
                await self._changed.wait()
        except TimeoutError:
            return

    def _wake(self) -> None:
        self.woken, woken = asyncio.Event(), self.woken
        woken.set()

    def _notified(self, *_notification: object) -> None:
        self._changed.set()
