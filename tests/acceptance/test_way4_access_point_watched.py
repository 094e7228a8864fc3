"""Way 4: an access point is watched. It stands behind a real link, which is cut and mended.

Due, poll, reading, health, metric: `socle serve supervision` as it is installed, the real
PostgreSQL, an access point in a network namespace of its own. What a technician would see is read
where they see it: the row the console shows, and what Prometheus scrapes.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest

from territory.database.components import Component
from territory.keyring import Keyring
from tests.integration.supervision.ground import describe_site, vanishing_host
from tests.servers.addresses import free_port

pytestmark = pytest.mark.namespace

INTERVAL_SECONDS = 2.0
WAIT_SECONDS = 90
"""However slow the machine."""
MOST_ROUNDS = 4
"""An outage is told within two intervals, but for the round under way and one that asks in vain."""


@contextmanager
def serving(folder: Path, url: str, port: int) -> Iterator[None]:
    """`socle serve supervision`, as an installation runs it."""
    Keyring.load_or_create(folder / "master.key")
    environment = os.environ | {
        "SOCLE_STATE_FOLDER": str(folder),
        "SOCLE_DATABASE__URL": url,
        "SOCLE_SUPERVISION__INTERVAL_SECONDS": str(INTERVAL_SECONDS),
        "SOCLE_METRICS__SUPERVISION_PORT": str(port),
    }
    command = (sys.executable, "-m", "socle", "serve", "supervision")
    root = Path(__file__).parents[2]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, env=environment, cwd=root, stderr=log)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0, (folder / "log").read_text()


async def get(address: str) -> str:
    """The body of an address that answers well."""
    async with aiohttp.ClientSession() as http, http.get(address) as answer:
        assert answer.status == 200
        return await answer.text()


async def until(look: Callable[[], Awaitable[Any]], state: str) -> Any:
    """The row of the access point once it has that state."""
    deadline = time.monotonic() + WAIT_SECONDS
    while (found := await look()) is None or found["state"] != state:
        assert time.monotonic() < deadline, f"not {state} in time: {found}"
        await asyncio.sleep(0.05)
    return found


def rounds(log: str) -> int:
    """How many rounds have ended."""
    return log.count('"fleet_polled"')


async def test_an_access_point_that_loses_its_link_is_told_and_comes_back(
    database_url: str, role_url: Callable[[Component], str], tmp_path: Path
) -> None:
    """Up, then down within two intervals with a reason in words, then up again; no one is named."""
    port = free_port()
    shown = f"http://127.0.0.1:{port}"

    async def look() -> Any:
        connection = await asyncpg.connect(database_url)
        try:
            query = "SELECT * FROM live.equipment_state WHERE kind = 'access_point'"
            return await connection.fetchrow(query)
        finally:
            await connection.close()

    with vanishing_host() as access_point:
        site = await describe_site(
            database_url, "mairie-de-trifouillis", access_point_address=str(access_point.address)
        )
        with serving(tmp_path, role_url(Component.SUPERVISION), port):
            up = await until(look, "up")
            assert up["equipment_id"] == site.access_point_id
            assert up["reason"] == "Répond normalement."
            assert json.loads(await get(f"{shown}/healthz"))["status"] == "ok"

            access_point.cut()
            cut_at, before = datetime.now(UTC), rounds((tmp_path / "log").read_text())
            down = await until(look, "down")
            assert rounds((tmp_path / "log").read_text()) - before <= MOST_ROUNDS
            assert down["since"] > cut_at
            assert "Ne répond plus au ping" in down["reason"]
            assert "À essayer d’abord" in down["reason"]

            access_point.mend()
            again = await until(look, "up")
            assert again["since"] > down["since"]
            metrics = await get(f"{shown}/metrics")

    labels = 'kind="access_point",site="mairie-de-trifouillis",state="up"'
    assert f"socle_supervision_equipment{{{labels}}} 1.0" in metrics
    assert 'socle_supervision_state_changes_total{kind="access_point",state="down"} 1.0' in metrics
    log = (tmp_path / "log").read_text()
    changes = [json.loads(line) for line in log.splitlines() if "equipment_state_changed" in line]
    of_ours = [change["state"] for change in changes if change["kind"] == "access_point"]
    assert of_ours[-3:] == ["up", "down", "up"]
    assert str(access_point.address) not in metrics + log
