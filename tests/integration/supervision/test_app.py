"""Supervision as it runs: rounds on a real fleet, its metrics, and what hinders it."""

import asyncio
import re
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select, update

from supervision import app
from territory.clock import SystemClock
from territory.database.components import Component
from territory.database.connect import open_engine
from territory.database.tables import access_point, equipment_state
from territory.keyring import Keyring
from territory.settings import DatabaseSettings, MetricsSettings, Settings, SupervisionSettings
from tests.integration.supervision.ground import describe_site, vanishing_host
from tests.servers.addresses import free_port
from tests.servers.snmpd import ADDRESS, UNIFI, agent

pytestmark = pytest.mark.namespace

INTERVAL_SECONDS = 1.0
PATIENCE_SECONDS = 90
RoleUrl = Callable[[Component], str]
_ROUND_ENDED = re.compile(r"last_round_timestamp_seconds [1-9]")


@asynccontextmanager
async def supervision(url: str, keyring: Keyring) -> AsyncIterator[str]:
    """Supervision, running; the address of its metrics and health."""
    port = free_port()
    settings = Settings(
        database=DatabaseSettings(url=url),
        supervision=SupervisionSettings(interval_seconds=INTERVAL_SECONDS),
        metrics=MetricsSettings(supervision_port=port),
    )
    running = asyncio.create_task(app.run(settings, keyring, SystemClock()))
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def eventually(look: Callable[[], Awaitable[Any]], fits: Callable[[Any], bool]) -> Any:
    """What `look` gives once it fits, within the deadline."""
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while not fits(found := await look()):
        assert asyncio.get_running_loop().time() < deadline, f"never came; last seen: {found}"
        await asyncio.sleep(0.05)
    return found


async def fetch(address: str) -> tuple[int, str]:
    """Status and body; status 0 while nobody listens."""
    try:
        async with aiohttp.ClientSession() as http, http.get(address) as answer:
            return answer.status, await answer.text()
    except aiohttp.ClientConnectionError:
        return 0, ""


def promtool_on(metrics: str) -> str:
    """What Prometheus's own checker says of an exposition; nothing when all is well."""
    command = ("promtool", "check", "metrics")
    done = subprocess.run(command, input=metrics, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr + (f"status {done.returncode}" if done.returncode else "")


async def test_a_host_that_vanishes_is_kept_as_down_then_as_up(
    database_url: str, role_url: RoleUrl, keyring: Keyring
) -> None:
    """Way 4 inside the process: poll, health, row and metric follow the host."""
    engine = open_engine(database_url)

    async def row() -> Any:
        query = select(equipment_state).where(equipment_state.c.kind == "access_point")
        async with engine.connect() as connection:
            return (await connection.execute(query)).one_or_none()

    with vanishing_host() as host:
        await describe_site(database_url, "mairie", access_point_address=str(host.address))
        async with supervision(role_url(Component.SUPERVISION), keyring) as address:
            up = await eventually(row, lambda found: found is not None and found.state == "up")
            assert 0 < up.round_trip_seconds < 1
            host.cut()
            down = await eventually(row, lambda found: found.state == "down")
            assert down.since > up.since
            assert "Ne répond plus" in down.reason
            shown = (
                'socle_supervision_equipment{kind="access_point",site="mairie",state="down"} 1.0'
            )
            await eventually(lambda: fetch(f"{address}/metrics"), lambda got: shown in got[1])
            host.mend()
            again = await eventually(row, lambda found: found.state == "up")
            assert again.since > down.since
    await engine.dispose()


async def test_what_filters_pings_lives_by_snmp(
    database_url: str, role_url: RoleUrl, keyring: Keyring, tmp_path: Path
) -> None:
    """Described with its secrets sealed, asked by SNMPv3: up, and its counts in /metrics.

    When the access point loses its power it is down; promtool has nothing to say of either.
    """
    engine = open_engine(database_url)

    async def row() -> Any:
        query = select(equipment_state).where(equipment_state.c.kind == "access_point")
        async with engine.connect() as connection:
            return (await connection.execute(query)).one_or_none()

    async with agent(tmp_path, UNIFI) as snmpd:
        site = await describe_site(database_url, "mairie", access_point_address=ADDRESS)
        sealed = keyring.seal(snmpd.v3.model_dump_json(exclude_none=True))
        async with engine.begin() as connection:
            this = access_point.c.id == site.access_point_id
            await connection.execute(update(access_point).where(this).values(snmp_sealed=sealed))
        async with supervision(role_url(Component.SUPERVISION), keyring) as address:
            up = await eventually(row, lambda found: found is not None and found.state == "up")
            assert "SNMP" in up.reason
            counted = 'socle_supervision_clients{site="mairie",kind="access_point",equipment='
            _, shown = await eventually(
                lambda: fetch(f"{address}/metrics"), lambda got: counted in got[1]
            )
            assert f'{counted}"borne-mairie"}} 12\n' in shown
            assert promtool_on(shown) == ""
            snmpd.stop()
            await eventually(row, lambda found: found.state == "down")
            await eventually(lambda: fetch(f"{address}/metrics"), lambda got: counted not in got[1])
    await engine.dispose()


async def test_promtool_finds_nothing_to_say(
    database_url: str, role_url: RoleUrl, keyring: Keyring
) -> None:
    """Names, units, help and types are as Prometheus wants them, by its own tool."""
    await describe_site(database_url, "mairie", access_point_address="198.19.255.254")
    async with supervision(role_url(Component.SUPERVISION), keyring) as address:
        judged = 'site="mairie"'
        _, metrics = await eventually(
            lambda: fetch(f"{address}/metrics"), lambda got: judged in got[1]
        )
    assert await asyncio.to_thread(promtool_on, metrics) == ""
    assert "198.19.255.254" not in metrics


async def test_health_is_well(database_url: str, role_url: RoleUrl, keyring: Keyring) -> None:
    """/healthz answers 200 while the database and pings are there."""
    async with supervision(role_url(Component.SUPERVISION), keyring) as address:
        _, body = await eventually(lambda: fetch(f"{address}/healthz"), lambda got: got[0] == 200)
    assert '"database"' in body
    assert '"ping"' in body


async def test_of_two_one_looks_and_the_other_takes_over(
    role_url: RoleUrl, keyring: Keyring
) -> None:
    """Who stands by is well, and ends no round before the other is gone."""
    url = role_url(Component.SUPERVISION)

    async def has_looked(address: str) -> bool:
        return bool(_ROUND_ENDED.search((await fetch(f"{address}/metrics"))[1]))

    async with AsyncExitStack() as first:
        at_work = await first.enter_async_context(supervision(url, keyring))
        await eventually(lambda: has_looked(at_work), bool)
        async with supervision(url, keyring) as standing_by:
            await eventually(lambda: fetch(f"{standing_by}/healthz"), lambda got: got[0] == 200)
            await asyncio.sleep(3 * INTERVAL_SECONDS)
            assert not await has_looked(standing_by)
            await first.aclose()
            await eventually(lambda: has_looked(standing_by), bool)


async def test_a_database_that_is_away_is_told_and_does_not_end_it(keyring: Keyring) -> None:
    """Without the database it keeps trying, says so in both places, and ends cleanly."""
    gone = "postgresql://socle_supervision@127.0.0.1:1/socle"
    async with supervision(gone, keyring) as address:
        status, body = await eventually(
            lambda: fetch(f"{address}/healthz"), lambda got: got[0] != 0
        )
        assert status == 503
        assert '"cause": "Unavailable"' in body
        hindered = 'socle_supervision_hindered{by="database"} 1.0'
        await eventually(lambda: fetch(f"{address}/metrics"), lambda got: hindered in got[1])
