"""How a component's own process is: time, memory, open files, and how late its event loop runs.

The same for each component, beside its own measures on the same page. A loop that is late answers
nobody meanwhile, whatever the cause: a long computation, a machine that has too much to do.
"""

import asyncio
from typing import Final, NoReturn

from prometheus_client import CollectorRegistry, Histogram, ProcessCollector

_EVERY_SECONDS: Final = 0.5
_BOUNDS: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class Vitals:
    """The measures of this process, in a component's registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        ProcessCollector(registry=registry)
        self._lag = Histogram(
            "socle_event_loop_lag_seconds",
            "How much later than asked the event loop came back, looked at twice a second.",
            buckets=_BOUNDS,
            registry=registry,
        )

    async def follow(self) -> NoReturn:
        """Look at the loop until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _EVERY_SECONDS
            await asyncio.sleep(_EVERY_SECONDS)
            self._lag.observe(max(0.0, loop.time() - due))
