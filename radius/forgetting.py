"""What memory must not know any more: admissions that were revoked.

Memory lets known devices in while the database is away (memory.py). Whoever was shut out before it
went must be shut out of memory too: every few seconds this asks which admissions were revoked since
it last asked. (Blocks are held with the territory, in `house.py`, and judged in an outage as ever.)
What is decided in the last seconds before an outage may be missed here; its own Disconnect reaches
the gateway all the same.
"""

import asyncio
from datetime import timedelta
from typing import Final

import asyncpg

from radius.memory import Memory
from radius.outages import AWAY, Outage
from territory.clock import Clock

_LOOK_SECONDS: Final = 5.0
_OVERLAP: Final = timedelta(seconds=60)
"""Who revokes stamps the row by their own clock, and commits a little later."""
_REVOKED: Final = "select id from live.admission where revoked_at > $1"


class Forgetting:
    """Keeps memory in step with what is revoked."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", memory: Memory, clock: Clock) -> None:
        self._pool = pool
        self._memory = memory
        self._clock = clock
        self._since = clock.now() - _OVERLAP
        self._outage = Outage("forgetting")

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                await self.look()
            except AWAY as fault:
                self._outage.lasts(fault)
            else:
                self._outage.is_over()

    async def look(self) -> None:
        """Forget what was revoked since the last look; raises what an outage looks like."""
        now = self._clock.now()
        async with asyncio.timeout(_LOOK_SECONDS):
            rows = await self._pool.fetch(_REVOKED, self._since)
        if rows:
            for _ in self._memory.forget({row["id"] for row in rows}):
                await asyncio.sleep(0)
        self._since = now - _OVERLAP
