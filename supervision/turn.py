"""Of several supervisions of one base, one is at work: two would ask twice and tell twice.

The one that holds the lock works; another stands by, looks every interval whether it is free, and
goes to work once it is. The lock is a connection's, and ends with it: whoever worked takes it again
within seconds of the database's return, before anybody who stands by looks. Where the database is
away nobody is kept from working: it goes on, and what it finds waits.
"""

import asyncio
from contextlib import suppress
from typing import Final

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from territory.database.connect import AWAY
from territory.database.locks import Lock
from territory.errors import Unavailable

_LOOK_SECONDS: Final = 2.0
"""How often the one at work looks whether the lock is still its own."""
_TRY: Final = text("SELECT pg_try_advisory_lock(:lock)")
_STILL: Final = text("SELECT 1")

log = structlog.get_logger()


class Turn:
    """One supervision's turn to work."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._held: AsyncConnection | None = None

    async def comes(self, seconds: float) -> None:
        """Return once nobody else is at work; looks every so many seconds."""
        stands_by = False
        while await self._is_anothers():
            if not stands_by:
                log.info("supervision_stands_by")
            stands_by = True
            await asyncio.sleep(seconds)

    async def lasts(self) -> None:
        """Keep the turn until cancelled.

        Raises:
            Unavailable: another has taken it while the database was away from here.
        """
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            if await self._is_lost() and await self._is_anothers():
                raise Unavailable("another supervision of this base is at work")

    async def ends(self) -> None:
        """Give it to whoever stands by: the lock goes with its connection."""
        if self._held is not None:
            held, self._held = self._held, None
            with suppress(*AWAY):
                await held.invalidate()
            await held.close()

    async def _is_anothers(self) -> bool:
        """Take the lock, and return whether somebody else has it; nobody, where nobody knows."""
        try:
            connection = await self._engine.connect()
        except AWAY:
            return False
        self._held = connection
        try:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            is_ours = await connection.scalar(_TRY, {"lock": Lock.SUPERVISION})
        except AWAY:
            is_ours = None
        if not is_ours:
            await self.ends()
        return is_ours is False

    async def _is_lost(self) -> bool:
        """Return whether the lock's connection ended, and the lock with it."""
        if self._held is not None:
            try:
                await self._held.execute(_STILL)
            except AWAY:
                await self.ends()
        return self._held is None
