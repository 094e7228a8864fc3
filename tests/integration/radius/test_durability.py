"""What was acknowledged is recorded, exactly once and in order, whoever was killed and when.

PostgreSQL as Debian ships it, fsync on; the server in a process of its own; the load sends nothing
twice, so that a record that is there twice was recorded twice.
"""

import asyncio
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Self

import asyncpg
import pytest

from territory.clock import SystemClock
from territory.database.components import Component
from territory.database.prepare import prepare
from territory.keyring import Keyring
from tests.integration.radius.conftest import SITES
from tests.servers.gateway_load import WAIT_SECONDS, GatewayLoad, check_exactly_once
from tests.servers.postgresql import Cluster
from tests.servers.radius import Credential, grant
from tests.servers.radius_process import RadiusProcess
from tests.servers.territory import lay

_LOOK_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Ground:
    """A database to crash, with one site and a guest in it."""

    cluster: Cluster
    radius_url: str
    credential: Credential

    async def crash(self) -> None:
        """Stop PostgreSQL at once."""
        await asyncio.to_thread(self.cluster.stop, "immediate")

    async def recover(self) -> None:
        """Start it again."""
        await asyncio.to_thread(self.cluster.start)

    async def holds(self, load: GatewayLoad) -> None:
        """Hold the database to what was acknowledged."""
        await check_exactly_once(load, self.cluster.url)


@pytest.fixture(scope="module")
def ground(keyring: Keyring) -> Iterator[Ground]:
    """One cluster for this file: each test's sessions have names of their own."""
    with tempfile.TemporaryDirectory(prefix="socle-durability-", dir="/var/tmp") as folder:
        cluster = Cluster(Path(folder))
        yield asyncio.run(_ground(cluster, keyring))
        cluster.stop("immediate")


async def _ground(cluster: Cluster, keyring: Keyring) -> Ground:
    urls = await prepare(cluster.url, None)
    sites = await lay(cluster.url, keyring, SITES)
    now = SystemClock().now()
    credential = await grant(cluster.url, keyring, sites["mairie"], now)
    return Ground(cluster, urls[Component.RADIUS], credential)


async def drained(server: RadiusProcess) -> None:
    """Return once nothing waits in the spool."""
    async with asyncio.timeout(WAIT_SECONDS):
        for _ in count():
            if not (await server.measures())["socle_radius_spool_records"]:
                break
            await asyncio.sleep(_LOOK_SECONDS)


@pytest.mark.parametrize("spool", [False, True], ids=["without", "with_spool"])
async def test_kill_9_under_load(ground: Ground, tmp_path: Path, spool: bool) -> None:
    """The server killed while it answers: what it answered is there, once."""
    load = GatewayLoad(f"kill-{spool}", ground.credential)
    async with (
        RadiusProcess(ground.radius_url, tmp_path, spool) as server,
        load.on(server.accounting_port),
    ):
        await load.until(300)
        await server.kill()
    await ground.holds(load)


async def test_a_crash_of_postgresql_under_load(ground: Ground, tmp_path: Path) -> None:
    """An immediate stop: what was answered before it is there, once; nothing is answered after."""
    load = GatewayLoad("crash", ground.credential)
    async with (
        RadiusProcess(ground.radius_url, tmp_path) as server,
        load.on(server.accounting_port),
    ):
        await load.until(300)
        await ground.crash()
    await ground.recover()
    await ground.holds(load)


async def test_a_crash_of_postgresql_is_bridged_by_the_spool(
    ground: Ground, tmp_path: Path
) -> None:
    """Records are acknowledged before, during and after; each is there once, in order.

    Also those whose commit was under way when PostgreSQL died, committed or not.
    """
    load = GatewayLoad("bridge", ground.credential)
    async with RadiusProcess(ground.radius_url, tmp_path, spool=True) as server:
        async with load.on(server.accounting_port):
            await load.until(300)
            await ground.crash()
            await load.until(300)
            await ground.recover()
            await drained(server)
            await load.until(300)
        await drained(server)
    await ground.holds(load)


@dataclass
class Turnstile:
    """Lets what enters records through one transaction at a time; an asynchronous context.

    It holds a lock that each needs, and hands it to itself behind the one that waits: PostgreSQL
    serves them in the order they came.
    """

    url: str

    async def __aenter__(self) -> Self:
        self._watch = await asyncpg.connect(self.url)
        self._holder = await asyncpg.connect(self.url)
        await self._lock(self._holder)
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self._holder.close()
        await self._watch.close()

    async def let_a_batch_through(self) -> int:
        """Return how many records are noted as entered, once that is more than before.

        The next transaction stands at the lock then: not always a batch, days are made ready too.
        """
        before = await self._entered()
        while (entered := await self._entered()) == before:
            await self._let_one_through()
        return entered

    async def _let_one_through(self) -> None:
        await self._until_waiting(1)
        behind = await asyncpg.connect(self.url)
        locked = asyncio.create_task(self._lock(behind))
        await self._until_waiting(2)
        await self._holder.close()
        await locked
        self._holder = behind
        await self._until_waiting(1)

    async def _entered(self) -> int:
        notes = "select coalesce(sum(sequence), 0) from live.spool_position"
        return int(await self._watch.fetchval(notes))

    async def _lock(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        await connection.execute("begin")
        await connection.execute("lock table source.event in exclusive mode")

    async def _until_waiting(self, wanted: int) -> None:
        waiting = "select count(*) from pg_locks where not granted and locktype = 'relation'"
        async with asyncio.timeout(WAIT_SECONDS):
            for _ in count():
                if await self._watch.fetchval(waiting) >= wanted:
                    break
                await asyncio.sleep(_LOOK_SECONDS)


async def test_killed_again_and_again(ground: Ground, tmp_path: Path) -> None:
    """Killed while it spools, then twice between two batches of its replay: each is there once."""
    load = GatewayLoad("again", ground.credential)
    async with RadiusProcess(ground.radius_url, tmp_path, spool=True) as server:
        await ground.crash()
        async with load.on(server.accounting_port):
            await load.until(1_500)
            await server.kill()
    await ground.recover()
    for _ in range(2):
        async with (
            Turnstile(ground.cluster.url) as turnstile,
            RadiusProcess(ground.radius_url, tmp_path, spool=True) as server,
            load.on(server.accounting_port),
        ):
            entered = await turnstile.let_a_batch_through()
            await server.kill()
            assert 0 < entered < len(load.acknowledged)
    async with RadiusProcess(ground.radius_url, tmp_path, spool=True) as server:
        await drained(server)
    await ground.holds(load)
