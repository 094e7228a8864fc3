"""What guests have used, counted day by day: kept up each minute, for plans that limit a day.

The database does it in one statement (`live.count_guests`): what a session has told since it was
counted last is added to its guest's days, cut at each midnight of Europe/Paris. Run twice, in
two servers at once, or after a crash adds nothing twice. What was told since is added by whoever
looks it up (`live.guest_used`), so a minute's delay shows nowhere; what this must not do is wait
until a session is sealed and gone, two days later.
"""

import asyncio
from typing import Final

import asyncpg

from radius.outages import AWAY, Outage
from territory.clock import Clock

_EVERY_SECONDS: Final = 60.0
_TIMEOUT_SECONDS: Final = 30.0
_COUNT: Final = "select live.count_guests($1)"


class GuestDays:
    """Counts what guests use, until cancelled."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._outage = Outage("guest_days")

    async def run(self) -> None:
        """Count each minute; an outage leaves it for the next."""
        while True:
            try:
                await self.count()
            except AWAY as fault:
                self._outage.lasts(fault)
            else:
                self._outage.is_over()
            await asyncio.sleep(_EVERY_SECONDS)

    async def count(self) -> int:
        """Count what is new now; return how many sessions had something new."""
        now = self._clock.now()
        counted: int = await self._pool.fetchval(_COUNT, now, timeout=_TIMEOUT_SECONDS)
        return counted
