"""What was acknowledged is recorded, exactly once and in order, whoever was killed and when.

PostgreSQL as Debian ships it, fsync on; the server in a process of its own; the load sends nothing
twice, so that a record that is there twice was recorded twice.
"""

import asyncio
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

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

SEED = 20_261_122
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


async def test_killed_again_and_again(ground: Ground, tmp_path: Path) -> None:
    """Killed while it spools, then several times while it replays: each record is there once."""
    chance = random.Random(SEED)
    load = GatewayLoad("again", ground.credential)
    async with RadiusProcess(ground.radius_url, tmp_path, spool=True) as server:
        await ground.crash()
        async with load.on(server.accounting_port):
            await load.until(2_000)
            await server.kill()
    await ground.recover()
    for _ in range(2):
        async with (
            RadiusProcess(ground.radius_url, tmp_path, spool=True) as server,
            load.on(server.accounting_port),
        ):
            await asyncio.sleep(chance.uniform(0.0, 0.15))
            await server.kill()
    async with RadiusProcess(ground.radius_url, tmp_path, spool=True) as server:
        await drained(server)
    await ground.holds(load)
