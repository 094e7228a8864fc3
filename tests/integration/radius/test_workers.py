"""`socle serve radius --workers 2`: two processes on the same ports, each with its own sources.

The first alone does what is done once: RadSec, orders to the NAS and the watch over sessions.
"""

import asyncio
import base64
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import aiohttp
import asyncpg
import pytest

from territory.clock import SystemClock
from territory.database.commands import Outcome, Request, Target, ask_disconnect, await_result
from territory.database.components import Component
from territory.keyring import Keyring
from territory.settings.radius import RadsecSettings
from tests.integration.radius.conftest import SITES
from tests.servers.addresses import free_port
from tests.servers.coa_gateway import listening
from tests.servers.radius import Credential, Nas, grant, report, sign_request
from tests.servers.radsec import SITE_NAME, Papers, Site
from tests.servers.territory import lay

SOURCES = 40
UP_SECONDS = 90.0
DEVICE = "02-00-00-00-00-01"
RADSEC_SECRET = b"radsec"
RADSEC = ("port", "certificate", "key", "authorities", "revocation_lists")
WATCHED = "select result from live.command where requested_by = 'watch.revoked'"

pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the workers listen."""

    access: int
    accounting: int
    metrics: int
    radsec: int

    @classmethod
    def free(cls) -> "Ports":
        """Return ports that nobody listens on."""
        return cls(free_port(), free_port(), free_port(), free_port())


@dataclass(frozen=True, slots=True)
class Workers:
    """Two processes and the one that runs them."""

    process: asyncio.subprocess.Process

    def first(self) -> int | None:
        """Return the number of the first worker's process, None while there is none."""
        parent = self.process.pid
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        return next((int(child) for child in children if b"WORKER=0" in environment(child)), None)

    async def end_the_first(self) -> None:
        """Kill the first worker, and return once another process has taken its place."""
        old = self.first()
        assert old is not None
        os.kill(old, signal.SIGKILL)
        async with asyncio.timeout(UP_SECONDS):
            while self.first() in {old, None}:  # noqa: ASYNC110 - another process's
                await asyncio.sleep(0.1)


def environment(process: str) -> bytes:
    """Return what a process was told at its start; nothing of one that is gone."""
    try:
        return Path(f"/proc/{process}/environ").read_bytes()
    except OSError:
        return b""


@asynccontextmanager
async def two_workers(
    url: str, folder: Path, ports: Ports, radsec: RadsecSettings
) -> AsyncIterator[Workers]:
    """Run them until the context ends, and hold that they end well."""
    (folder / "master.key").write_text(base64.b64encode(bytes(range(32))).decode())
    (folder / "master.key").chmod(0o600)
    told = {
        "STATE_FOLDER": str(folder),
        "DATABASE__URL": url,
        "RADIUS__HOST": "127.0.0.1",
        "RADIUS__AUTHENTICATION_PORT": str(ports.access),
        "RADIUS__ACCOUNTING_PORT": str(ports.accounting),
        "METRICS__RADIUS_PORT": str(ports.metrics),
    } | {f"RADIUS__RADSEC__{name.upper()}": str(getattr(radsec, name)) for name in RADSEC}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "socle", "serve", "radius", "--workers", "2"),
        env=os.environ | {f"SOCLE_{name}": value for name, value in told.items()},
    )
    try:
        yield Workers(process)
    finally:
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 90) == 0


async def replies(port: int) -> float:
    """How many replies the process behind a metrics port has sent; waits for it to be up."""
    async with asyncio.timeout(UP_SECONDS), aiohttp.ClientSession() as http:
        while True:
            try:
                async with http.get(f"http://127.0.0.1:{port}/metrics") as answer:
                    lines = (await answer.text()).splitlines()
                break
            except aiohttp.ClientError:
                await asyncio.sleep(0.1)
    return sum(float(x.split()[-1]) for x in lines if x.startswith("socle_radius_replies_total"))


async def test_two_processes_share_the_work_and_the_first_comes_back(
    database_url: str, role_url: Callable[[Component], str], keyring: Keyring, tmp_path: Path
) -> None:
    """Every source is answered, some by one process and some by the other; they end together.

    The first killed, the base starts it again, and all that it alone does goes on by itself.
    """
    papers, ports = Papers.make(tmp_path), Ports.free()
    town_hall, station = SITES
    async with listening("s-1") as gateway:
        sites = await lay(
            database_url,
            keyring,
            [
                replace(town_hall, coa_port=gateway.port),
                replace(station, nas_address=None, tls_name=SITE_NAME),
            ],
        )
        credential = await grant(database_url, keyring, sites["mairie"], SystemClock().now())
        url, radsec = role_url(Component.RADIUS), papers.settings(port=ports.radsec)
        async with two_workers(url, tmp_path, ports, radsec) as workers:
            await check_sharing(ports, credential)
            await start_session(ports, credential)
            async with await connected(ports.radsec, papers) as site:
                await workers.end_the_first()
                await site.ended()
            async with await connected(ports.radsec, papers):
                pass
            await check_orders(database_url)


async def check_sharing(ports: Ports, credential: Credential) -> None:
    """Hold that each of many sources is answered, and neither process answers all."""
    shares = [ports.metrics, ports.metrics + 10]
    assert [await replies(port) for port in shares] == [0, 0]
    async with AsyncExitStack() as stack:
        sources = [await stack.enter_async_context(Nas(ports.access)) for _ in range(SOURCES)]
        for nas in sources:
            await nas.until_answered(UP_SECONDS)
        for nas in sources:
            assert (await nas.ask(nas.log_in(credential, DEVICE))).code == 2
    answered = [await replies(port) for port in shares]
    assert sum(answered) == SOURCES
    assert min(answered) > 0


async def start_session(ports: Ports, credential: Credential) -> None:
    """Start session s-1."""
    async with Nas(ports.accounting) as nas:
        start = report(1, "s-1", credential, DEVICE)
        assert (await nas.ask(nas.accounting_request(start))).code == 5


async def check_orders(url: str) -> None:
    """Hold that what is asked is done, and that the watch asks by itself."""
    connection = await asyncpg.connect(url)
    try:
        key = await connection.fetchval("select session_key from live.session")
        asked = Request("test", SystemClock().now(), UP_SECONDS)
        number = await ask_disconnect(connection, Target(session_key=key), asked)
        result = await await_result(connection, number, UP_SECONDS)
        assert result is not None
        assert result.outcome is Outcome.CLOSED
        await connection.execute("update live.admission set revoked_at = now() - interval '9s'")
        async with asyncio.timeout(UP_SECONDS):
            for _ in count():
                if await connection.fetchval(WATCHED):
                    break
                await asyncio.sleep(0.1)
    finally:
        await connection.close()


async def connected(port: int, papers: Papers) -> Site:
    """Return a RadSec site whose Status-Server the base answers; waits for that."""
    context = papers.client(papers.site())
    async with asyncio.timeout(UP_SECONDS):
        while True:
            try:
                async with Site(port, context) as site:
                    site.send(sign_request(12, 1, os.urandom(16), b"", RADSEC_SECRET))
                    await site.packet()
                return Site(port, context)
            except (EOFError, OSError):
                await asyncio.sleep(0.1)
