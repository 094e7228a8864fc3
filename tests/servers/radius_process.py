"""The RADIUS server as a process of its own, as `socle serve radius` runs it: to be killed."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import aiohttp

from tests.servers.radius import Nas

START_SECONDS = 90.0
_ROOT = Path(__file__).parents[2]
_SERVER = """
import asyncio, sys
import structlog, uvloop
from radius.exchange import ACCESS, ACCOUNTING
from radius.server import Server
from territory.clock import SystemClock
from territory.keyring import Keyring
from territory.settings import Settings

async def main():
    settings = Settings.model_validate_json(sys.argv[1])
    async with Server(settings, Keyring(bytes(range(32))), SystemClock()).running() as server:
        print(server.port(ACCESS), server.port(ACCOUNTING), server.metrics_port, flush=True)
        await asyncio.Event().wait()

structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(main())
"""


@dataclass
class RadiusProcess:
    """One server; an asynchronous context that ends it by SIGKILL, if nothing else did."""

    url: str
    """The database, as the radius role."""
    folder: Path
    """For its log, and its spool if it has one."""
    spool: bool = False
    access_port: int = field(default=0, init=False)
    accounting_port: int = field(default=0, init=False)
    metrics_port: int = field(default=0, init=False)

    async def __aenter__(self) -> Self:
        self._process = await asyncio.to_thread(self._start)
        assert self._process.stdout is not None
        line = await asyncio.to_thread(self._process.stdout.readline)
        self._process.stdout.close()
        self.access_port, self.accounting_port, self.metrics_port = map(int, line.split())
        async with Nas(self.access_port) as nas:
            await nas.until_answered(START_SECONDS)
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self.kill()

    async def kill(self) -> None:
        """Send SIGKILL and wait for the end; nothing happens if it is over."""
        self._process.send_signal(signal.SIGKILL)
        await asyncio.to_thread(self._process.wait, 60)

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def resident_octets(self) -> int:
        """How much memory it has."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("it is not running")

    async def measures(self) -> dict[str, float]:
        """Return its metrics: name and labels as Prometheus reads them, to value."""
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"http://127.0.0.1:{self.metrics_port}/metrics") as answer,
        ):
            lines = (await answer.text()).splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    def _start(self) -> "subprocess.Popen[bytes]":
        settings = {
            "state_folder": str(self.folder),
            "database": {"url": self.url},
            "radius": {
                "host": "127.0.0.1",
                "authentication_port": 0,
                "accounting_port": 0,
                "spool": {"enabled": self.spool},
            },
            "metrics": {"radius_port": 0},
        }
        with (self.folder / "server.log").open("ab") as errors:
            return subprocess.Popen(
                [sys.executable, "-c", _SERVER, json.dumps(settings)],
                stdout=subprocess.PIPE,
                stderr=errors,
                env=os.environ | {"PYTHONPATH": str(_ROOT)},
            )
