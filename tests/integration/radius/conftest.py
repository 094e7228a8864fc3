"""A running RADIUS server on a database of the test's own, with one site's NAS on loopback."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import count, takewhile
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from radius import group_commit, sockets
from radius.exchange import ACCESS, ACCOUNTING
from radius.protocol import duplicates
from radius.server import Server
from territory.clock import Clock
from territory.database.components import Component
from territory.keyring import Keyring
from tests.servers.radius import Credential, Nas, grant, running_radius
from tests.servers.territory import SitePlan, lay

WAIT_SECONDS = 60.0


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine: nothing is given up for having waited, nor forgotten meanwhile."""
    for module in (group_commit, sockets):
        monkeypatch.setattr(module, "PATIENCE_SECONDS", 600.0)
    kept = (600.0, duplicates.CAPACITY)
    monkeypatch.setattr(duplicates.DuplicateCache.__init__, "__defaults__", kept)


@dataclass(frozen=True, slots=True)
class Lab:
    """Everything a test of the server needs."""

    server: Server
    access: Nas
    accounting: Nas
    owner_url: str
    keyring: Keyring
    clock: Clock
    sites: dict[str, UUID]

    async def grant(self, site: str = "mairie", **changes: Any) -> Credential:
        """Write an admission of a site."""
        now: datetime = self.clock.now()
        return await grant(self.owner_url, self.keyring, self.sites[site], now, **changes)

    async def rows(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        """Return what the database holds, as its owner sees it."""
        connection = await asyncpg.connect(self.owner_url)
        try:
            return await connection.fetch(query, *arguments)
        finally:
            await connection.close()

    async def rows_once(
        self, query: str, so: Callable[[list[asyncpg.Record]], bool]
    ) -> list[asyncpg.Record]:
        """Return what the database holds as soon as it is `so`."""
        async with asyncio.timeout(WAIT_SECONDS):
            while not so(rows := await self.rows(query)):
                pass
        return rows

    async def told(self, statement: str, *arguments: Any) -> None:
        """Change the territory, and return once the server has read it.

        A reading that began before the change may end after it: the next one cannot.
        """
        await self.rows(statement, *arguments)
        directory = self.server.directory
        for _ in range(2):
            plans = directory.plans
            directory.reload_soon()
            async with asyncio.timeout(WAIT_SECONDS):
                while directory.plans is plans:  # noqa: ASYNC110
                    await asyncio.sleep(0)

    async def discarded(self, kind: str, reason: str, packets: int = 1) -> None:
        """Return once so many packets were discarded for that reason, and are listed.

        Raises:
            AssertionError: more than so many.
        """
        counted = self.server.counters.discarded
        async with asyncio.timeout(WAIT_SECONDS):
            for _ in takewhile(lambda _: counted[kind, reason] < packets, count()):
                await asyncio.sleep(0)
        assert counted[kind, reason] == packets
        await self.server.sightings.flush()

    async def row(self, query: str, *arguments: Any) -> asyncpg.Record:
        """Return the only row of a query."""
        (row,) = await self.rows(query, *arguments)
        return row


SITES = (
    SitePlan("mairie", "coovachilli", "10.1.0.1:3990", "http://portal.example/", "127.0.0.1"),
    SitePlan("gare", "coovachilli", "10.1.0.1:3990", "http://portal.example/", "127.0.0.3"),
)


@pytest.fixture
async def lab(
    database_url: str, role_url: Callable[[Component], str], keyring: Keyring, clock: Clock
) -> AsyncIterator[Lab]:
    """The server, running and ready, and a NAS of the first site on each port."""
    sites = await lay(database_url, keyring, SITES)
    async with (
        running_radius(role_url(Component.RADIUS), keyring, clock) as server,
        Nas(server.port(ACCESS)) as access,
        Nas(server.port(ACCOUNTING)) as accounting,
    ):
        await access.until_answered()
        yield Lab(server, access, accounting, database_url, keyring, clock, sites)
