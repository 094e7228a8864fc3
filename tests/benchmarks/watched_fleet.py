"""`socle serve supervision` over ten thousand access points that may vanish all at once.

    a network of addresses in a namespace --pings, SNMP--> socle serve supervision --> PostgreSQL
                 blackholed at a stroke  ----------------> every one of them is down

Each access point is pinged and asked by SNMP each minute, as in service. Their kernel pings back,
`access_points` answers SNMP at every address. Needs root, for the namespace.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any, Final, Self
from uuid import uuid4

from sqlalchemy import insert

from territory.database import tables
from territory.database.components import Component
from territory.database.connect import open_engine
from territory.database.prepare import prepare
from territory.keyring import Keyring
from territory.model import SnmpEntry
from territory.vocabulary import SnmpVersion
from tests.benchmarks import postgres
from tests.benchmarks.access_points import COMMUNITY
from tests.benchmarks.portal_speed import free_tcp_ports
from tests.benchmarks.registry import Spoiled
from tests.benchmarks.servers import ServerProcess
from tests.integration.supervision.ground import VanishingHost, run, vanishing_host

DEVICES: Final = 10_000
OF_A_SITE: Final = 3
INTERVAL_SECONDS: Final = 60.0
NETWORK: Final = IPv4Network("10.200.0.0/16")
"""Routed to the namespace alone, for as long as it is there."""
_UP_SECONDS: Final = 300.0
_GONE_SECONDS: Final = 6 * INTERVAL_SECONDS
_STATES = "SELECT count(*) FROM live.equipment_state WHERE state = '{}'"


class WatchedFleet:
    """The fleet, watched since it was opened."""

    def __init__(self, cluster: postgres.Cluster) -> None:
        self._url = cluster.create_database("watched")
        self._folder = Path(tempfile.mkdtemp(prefix="socle-watched-"))
        self._keyring = Keyring.load_or_create(self._folder / "master.key")
        self._stack = ExitStack()
        (self.metrics_port,) = free_tcp_ports(1)
        self._host: VanishingHost | None = None
        self._process: ServerProcess | None = None

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._start(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def process_id(self) -> int:
        """Of supervision."""
        assert self._process
        return self._process.id

    def _start(self, stack: ExitStack) -> None:
        self._host = host = stack.enter_context(vanishing_host())
        run("ip", "route", "add", str(NETWORK), "via", str(host.address))
        host.run("ip", "route", "add", "local", str(NETWORK), "dev", "lo")
        port = self._answer(stack, host.namespace)
        urls = asyncio.run(prepare(self._url, None))
        asyncio.run(self._describe(port))
        environment = os.environ | {
            "SOCLE_STATE_FOLDER": str(self._folder),
            "SOCLE_DATABASE__URL": urls[Component.SUPERVISION],
            "SOCLE_SUPERVISION__LANDMARKS": f'["{host.address}"]',
            "SOCLE_METRICS__SUPERVISION_PORT": str(self.metrics_port),
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }
        command = [sys.executable, "-m", "socle", "serve", Component.SUPERVISION.value]
        self._process = ServerProcess(command, self._folder, environment)
        stack.callback(self._process.stop)
        self._until("up", _UP_SECONDS)

    def _answer(self, stack: ExitStack, namespace: str) -> int:
        """Have every address of the network answer SNMP; return the port."""
        inside = ("ip", "netns", "exec", namespace)
        command = (*inside, sys.executable, "-m", "tests.benchmarks.access_points")
        process = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        stack.callback(process.terminate)
        assert process.stdout
        return int(process.stdout.readline())

    async def _describe(self, port: int) -> None:
        organisation, plan = uuid4(), uuid4()
        access = SnmpEntry(version=SnmpVersion.V2C, port=port, community=COMMUNITY.decode())
        sealed = self._keyring.seal(access.model_dump_json(exclude_none=True))
        sites = [uuid4() for _ in range(-(-DEVICES // OF_A_SITE))]
        named: dict[str, Any] = {"kind": "departement", "contact_email": "banc@example.org"}
        lasting = {"session_seconds": 14_400, "idle_seconds": 900, "interim_seconds": 300}
        lasting["mac_authentication"] = False
        placed = {"organisation_id": organisation, "plan_id": plan, "place_type": "mairie"}
        rows: tuple[tuple[Any, list[dict[str, Any]]], ...] = (
            (
                tables.organisation,
                [{"id": organisation, "code": "banc", "name": "Banc d'essai", **named}],
            ),
            (
                tables.plan,
                [
                    {"id": plan, "code": "banc", "name": "Banc", "mac_authentication": False}
                    | lasting
                ],
            ),
            (
                tables.site,
                [
                    {"id": each, "code": f"lieu-{number}", "name": f"Lieu {number}", **placed}
                    | {"link": "private_network", "listed": True}
                    for number, each in enumerate(sites)
                ],
            ),
            (
                tables.access_point,
                [
                    {"id": uuid4(), "site_id": sites[number // OF_A_SITE], "code": f"ap-{number}"}
                    | {"name": "Borne", "management_address": str(NETWORK[number + 1])}
                    | {"snmp_sealed": sealed}
                    for number in range(DEVICES)
                ],
            ),
        )
        engine = open_engine(self._url)
        async with engine.begin() as connection:
            for table, values in rows:
                await connection.execute(insert(table), values)
        await engine.dispose()

    def vanish(self) -> tuple[float, float]:
        """Take all of them away; return the seconds until half of them are down, and the last."""
        assert self._host
        self._host.run("ip", "route", "del", "local", str(NETWORK), "dev", "lo")
        self._host.run("ip", "route", "add", "blackhole", str(NETWORK))
        half = self._until("down", _GONE_SECONDS, DEVICES // 2)
        return half, half + self._until("down", _GONE_SECONDS)

    def _until(self, state: str, longest_seconds: float, devices: int = DEVICES) -> float:
        """Return how long it took until so many are in a state."""
        began = time.monotonic()
        while (known := postgres.count(self._url, _STATES.format(state))) < devices:
            if time.monotonic() - began > longest_seconds or not (
                self._process and self._process.running
            ):
                output = self._process.output if self._process else ""
                raise Spoiled(f"{known} of {DEVICES} access points are {state}: {output}")
            time.sleep(0.5)
        return time.monotonic() - began
