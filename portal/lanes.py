"""Work in lanes: one task for each, so that nobody waits for what another is slow with.

Whoever gives work to a lane that is still busy is told so, and gives it again later: there are no
more tasks than lanes, however slow whatever answers them is.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any


class Lanes:
    """The lanes that are busy."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def give(self, lane: str, work: Coroutine[Any, Any, None]) -> bool:
        """Have a lane do this; say whether it was free. What is not taken is never begun."""
        if lane in self._tasks:
            work.close()
            return False
        self._tasks[lane] = asyncio.create_task(work)
        return True

    async def rest(self, seconds: float | None = None) -> None:
        """Wait until all is done, or so long; free the lanes that are.

        Raises: what the first of them raised that failed.
        """
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=seconds)
        done = {lane: task for lane, task in self._tasks.items() if task.done()}
        self._tasks = {lane: task for lane, task in self._tasks.items() if lane not in done}
        faults = [fault for task in done.values() if (fault := task.exception()) is not None]
        if faults:
            raise faults[0]

    async def close(self) -> None:
        """End what is under way."""
        tasks, self._tasks = list(self._tasks.values()), {}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
