"""What a simulated gateway did, kept, and waited for."""

import asyncio

from simulation.events import GatewayEvent


class EventLog:
    """A gateway's listener."""

    def __init__(self) -> None:
        self.events: list[GatewayEvent] = []
        self._happened = asyncio.Event()

    def __call__(self, event: GatewayEvent) -> None:
        """Keep an event."""
        self.events.append(event)
        self._happened.set()

    def kinds(self) -> list[str]:
        """Return the kinds of the events so far, in order."""
        return [event.kind for event in self.events]

    async def until(self, kind: str, times: int = 1) -> None:
        """Wait, at most a minute, until this has happened so many times."""
        async with asyncio.timeout(60):
            while self.kinds().count(kind) < times:
                self._happened.clear()
                await self._happened.wait()
