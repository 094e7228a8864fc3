"""The security log of answers: rows of security.authentication, on their way by COPY.

An answer does not wait for its row. Rows are made of octets as PostgreSQL's binary COPY takes them,
most of which are the same from one answer to the next, and go out several times a second on a
connection of their own: the cheapest way there is, for us and for the database. A crash may lose
what waits; an outage keeps it, up to a bound, and the counter says how many were given up. What was
on its way when a connection was lost may be committed or not: it goes out again, and may be there
twice, which a log of attempts can bear and a gap in it could not.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import asyncpg

from radius.days import Days
from radius.group_commit import Connection
from radius.outages import AWAY
from radius.outcome_rows import as_copied
from territory.clock import Clock
from territory.errors import Unavailable

CAPACITY: Final = 50_000
FLUSH_SECONDS: Final = 0.2
"""How long a row waits at most while the database is well: what a crash may lose."""
_LAST_FLUSH_SECONDS: Final = 3.0
_PAUSE_SECONDS: Final = 1.0
_ROWS_A_COPY: Final = 2_000
_REFUSED: Final = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, ValueError)
"""A day that was archived meanwhile, for instance: its partition is gone."""
_AWAY: Final = (*AWAY, Unavailable)


class OutcomeLog:
    """Rows that wait, and the connection that takes them."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        clock: Clock,
        lost: Callable[[BaseException], None],
    ) -> None:
        self._connect = connect
        self._clock = clock
        self._lost = lost
        self._days = Days()
        self._rows: deque[bytes] = deque(maxlen=CAPACITY)
        self._connection: Connection | None = None
        self.rows_lost = 0
        """Rows given up because the database was away too long, or refused them."""

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, row: bytes) -> None:
        """Queue a row; the oldest is given up if there is no room."""
        if len(self._rows) == CAPACITY:
            self.rows_lost += 1
        self._rows.append(row)

    async def run(self) -> None:
        """Work until cancelled, then log what is left."""
        try:
            while True:
                await asyncio.sleep(FLUSH_SECONDS)
                try:
                    await self._flush()
                except _AWAY as fault:
                    self._disconnect()
                    self._lost(fault)
                    await asyncio.sleep(_PAUSE_SECONDS)
        finally:
            await self._flush_last()

    async def _flush_last(self) -> None:
        try:
            async with asyncio.timeout(_LAST_FLUSH_SECONDS):
                await self._flush()
        except _AWAY:
            self.rows_lost += len(self._rows)
        finally:
            self._disconnect()

    async def _flush(self) -> None:
        while self._rows:
            connection = await self._connected()
            await self._days.ensure(connection, self._clock.now().date())
            rows = [self._rows.popleft() for _ in range(min(len(self._rows), _ROWS_A_COPY))]
            left = deque([rows])
            try:
                while left:
                    await self._copy(connection, left)
            except BaseException:
                self._put_back([row for part in left for row in part])
                raise

    def _put_back(self, rows: list[bytes]) -> None:
        """Let rows wait again, before those that came meanwhile; the oldest go for want of room."""
        given_up = max(0, len(rows) + len(self._rows) - CAPACITY)
        self.rows_lost += given_up
        self._rows.extendleft(reversed(rows[given_up:]))

    async def _copy(self, connection: Connection, left: deque[list[bytes]]) -> None:
        """Write the first part of what is left; of a part that is refused, its halves remain."""
        rows = left[0]
        try:
            await connection.copy_to_table(
                "authentication",
                schema_name="security",
                source=_stream(as_copied(rows)),
                format="binary",
            )
        except _REFUSED:
            middle = len(rows) // 2
            self.rows_lost += not middle
            left.popleft()
            left.extendleft((rows[middle:], rows[:middle]) if middle else ())
        else:
            left.popleft()

    async def _connected(self) -> Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._connect()
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None


async def _stream(octets: bytes) -> AsyncIterator[bytes]:
    yield octets
