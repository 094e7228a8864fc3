"""Once an interval, every controller of the territory: loaded, asked, what it said kept.

Beside the rounds over the fleet, at a pace of its own: a slow controller delays no ping. While the
database is away, the controllers last known are asked, and what they say waits for the next time.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from supervision.controllers.differences import Described
from supervision.controllers.poller import READERS, Controllers
from supervision.controllers.records import Door, load_described, load_doors, record_heard
from supervision.metrics import Metrics
from territory.controllers.https import LOOK_SECONDS
from territory.errors import Unavailable
from territory.identifiers import MacAddress
from territory.keyring import Keyring

_SHARE: Final = 2 / 3
"""Of the interval, that one controller may take."""


class ControllerRounds:
    """Carries out rounds over the controllers."""

    def __init__(
        self,
        engine: AsyncEngine,
        keyring: Keyring,
        controllers: Controllers,
        metrics: Metrics,
        seconds: float,
    ) -> None:
        self._engine = engine
        self._keyring = keyring
        self._controllers = controllers
        self._metrics = metrics
        self._seconds = seconds
        self._doors: tuple[Door, ...] | None = None
        """None: not read yet."""
        self._described: Mapping[MacAddress, Described] = {}

    async def run(self) -> None:
        """Carry out a round every interval, until cancelled."""
        while True:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.once())
                group.create_task(asyncio.sleep(self._seconds))

    async def once(self) -> None:
        """Ask every controller, and keep what became of it."""
        patience = min(LOOK_SECONDS, self._seconds * _SHARE)
        # A database that is away is told by the rounds over the fleet: it is the same.
        with suppress(Unavailable):
            self._described = await load_described(self._engine)
            self._doors = await load_doors(self._engine, self._keyring, READERS, patience)
        if self._doors is None:
            return
        heard = await self._controllers.poll(self._doors, self._described)
        self._metrics.show_controllers(heard)
        with suppress(Unavailable):
            await record_heard(self._engine, heard, self._doors)
