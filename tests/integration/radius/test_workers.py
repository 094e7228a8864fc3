"""`socle serve radius --workers 2`: two processes on the same ports, each with its own sources."""

import asyncio
import base64
import os
import socket
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest

from territory.clock import SystemClock
from territory.database.components import Component
from territory.keyring import Keyring
from tests.integration.radius.conftest import SITES
from tests.servers.radius import Nas, grant
from tests.servers.territory import lay

SOURCES = 40
UP_SECONDS = 60.0
DEVICE = "02-00-00-00-00-01"

pytestmark = pytest.mark.slow


def free_ports() -> tuple[int, int, int]:
    """Two UDP ports, and a TCP port whose tenth successor is free too."""
    kinds = (socket.SOCK_DGRAM, socket.SOCK_DGRAM, socket.SOCK_STREAM)
    probes = [socket.socket(socket.AF_INET, kind) for kind in kinds]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    one, two, three = (int(probe.getsockname()[1]) for probe in probes)
    for probe in probes:
        probe.close()
    return one, two, three


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


async def test_two_processes_share_the_ports(
    database_url: str, role_url: Callable[[Component], str], keyring: Keyring, tmp_path: Path
) -> None:
    """Every source is answered, some by one process and some by the other; they end together."""
    sites = await lay(database_url, keyring, SITES)
    credential = await grant(database_url, keyring, sites["mairie"], SystemClock().now())
    (tmp_path / "master.key").write_text(base64.b64encode(bytes(range(32))).decode())
    (tmp_path / "master.key").chmod(0o600)
    access, accounting, metrics = free_ports()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "socle", "serve", "radius", "--workers", "2"),
        env=os.environ
        | {
            "SOCLE_STATE_FOLDER": str(tmp_path),
            "SOCLE_DATABASE__URL": role_url(Component.RADIUS),
            "SOCLE_RADIUS__HOST": "127.0.0.1",
            "SOCLE_RADIUS__AUTHENTICATION_PORT": str(access),
            "SOCLE_RADIUS__ACCOUNTING_PORT": str(accounting),
            "SOCLE_METRICS__RADIUS_PORT": str(metrics),
        },
    )
    try:
        assert [await replies(metrics), await replies(metrics + 10)] == [0, 0]
        async with AsyncExitStack() as stack:
            sources = [await stack.enter_async_context(Nas(access)) for _ in range(SOURCES)]
            for nas in sources:
                await nas.until_answered(UP_SECONDS)
            for nas in sources:
                assert (await nas.ask(nas.log_in(credential, DEVICE))).code == 2
        shares = [await replies(metrics), await replies(metrics + 10)]
        assert sum(shares) == SOURCES
        assert min(shares) > 0
    finally:
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 20) == 0
