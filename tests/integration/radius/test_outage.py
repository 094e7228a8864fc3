"""Bad days: the database away, the server killed. What was acknowledged is there."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from itertools import count, takewhile
from pathlib import Path

import asyncpg
import pytest

from radius.exchange import ACCESS, ACCOUNTING
from territory.clock import Clock
from territory.database.components import Component
from territory.database.connect import component_url
from territory.database.prepare import prepare
from territory.keyring import Keyring
from tests.integration.radius.conftest import SITES, WAIT_SECONDS, Lab
from tests.servers.postgresql import Cluster, postgresql_programs
from tests.servers.radius import Credential, Nas, grant, report, running_radius
from tests.servers.territory import lay

DEVICE, OTHER = "8A-56-7E-F9-10-E4", "02-00-00-00-00-02"
START = 1


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """Debian's PostgreSQL, running: 15, the oldest that Socle takes, where it is installed.

    Outside pytest's own folders, which each new run of pytest closes to other accounts.
    """
    with tempfile.TemporaryDirectory(prefix="socle-outage-", dir="/var/tmp") as folder:
        running = Cluster(Path(folder))
        yield running
        running.stop("immediate")


@pytest.fixture
async def lab15(cluster: Cluster, keyring: Keyring, clock: Clock) -> AsyncIterator[Lab]:
    """The server on that PostgreSQL."""
    urls = await prepare(cluster.url, None)
    sites = await lay(cluster.url, keyring, SITES)
    async with (
        running_radius(urls[Component.RADIUS], keyring, clock) as server,
        Nas(server.port(ACCESS)) as access,
        Nas(server.port(ACCOUNTING)) as accounting,
    ):
        await access.until_answered()
        yield Lab(server, access, accounting, cluster.url, keyring, clock, sites)


@pytest.mark.parametrize(
    ("releases", "taken"), [(("15", "17"), "15"), (("16", "9.6", "17"), "17"), (("18",), "18")]
)
def test_the_oldest_postgresql_taken_is_preferred(
    tmp_path: Path, releases: tuple[str, ...], taken: str
) -> None:
    """15 where it is installed, else the newest."""
    for release in releases:
        program = tmp_path / release / "bin/initdb"
        program.parent.mkdir(parents=True)
        program.touch()
    assert postgresql_programs(tmp_path) == tmp_path / taken / "bin"


def test_a_machine_without_postgresql_is_told_what_to_install(tmp_path: Path) -> None:
    """Not skipped: these tests are the proof that nothing acknowledged is lost."""
    with pytest.raises(AssertionError, match="apt-get install postgresql"):
        postgresql_programs(tmp_path)


async def test_an_outage_degrades_and_ends(lab15: Lab, cluster: Cluster) -> None:
    """Known devices are still let in, nobody else is answered, nothing is acknowledged.

    Afterwards everything works again, and what happened meanwhile is in the security log.
    """
    lab, known = lab15, await lab15.grant()
    unknown = await lab.grant()
    record = report(START, "s-1", known, DEVICE)
    assert (await lab.access.ask(lab.access.log_in(known, DEVICE))).code == 2
    await lab.rows_once("select from security.authentication", lambda rows: len(rows) == 1)
    await asyncio.to_thread(cluster.stop, "fast")
    reply = await lab.access.ask(lab.access.log_in(known, DEVICE))
    assert (reply.code, reply.number(27)) == (2, 4 * 3600)
    assert lab.server.counters.answered["access_accept", "from_memory"] == 1
    assert await lab.access.is_silent(lab.access.log_in(known, OTHER))
    waiting = lab.access.log_in(unknown, DEVICE)
    assert await lab.access.is_silent(waiting)
    packet = lab.accounting.accounting_request(record)
    assert await lab.accounting.is_silent(packet)
    await lab.discarded("accounting", "unavailable")
    await asyncio.to_thread(cluster.start)
    await lab.access.until_answered()
    assert (await lab.access.ask(waiting)).code == 2
    assert (await lab.accounting.ask(packet)).code == 5
    query = "select reason from security.authentication order by received_at"
    logged = await lab.rows_once(query, lambda rows: len(rows) == 3)
    assert [row["reason"] for row in logged] == ["first_use", "from_memory", "first_use"]


async def test_the_server_may_start_before_its_database(
    cluster: Cluster, keyring: Keyring, clock: Clock
) -> None:
    """It answers nobody until it has read who may speak, and then it works."""
    urls = await prepare(cluster.url, None)
    sites = await lay(cluster.url, keyring, SITES)
    credential = await grant(cluster.url, keyring, sites["mairie"], clock.now())
    cluster.stop("fast")
    async with (
        running_radius(urls[Component.RADIUS], keyring, clock) as server,
        Nas(server.port(ACCESS)) as nas,
    ):
        assert await nas.is_silent(nas.log_in(credential, DEVICE))
        await asyncio.to_thread(cluster.start)
        await nas.until_answered()
        assert (await nas.ask(nas.log_in(credential, DEVICE))).code == 2


async def test_outcomes_of_a_day_that_is_gone_hold_nobody_up(lab15: Lab) -> None:
    """A demonstration moves a year on and archives the day behind: that log line is given up."""
    credential = await lab15.grant()
    await lab15.access.ask(lab15.access.log_in(credential, DEVICE))
    await lab15.rows("select live.drop_day('security', $1)", lab15.clock.now().date())
    reply = await lab15.access.ask(lab15.access.log_in(credential, DEVICE))
    assert reply.code == 2


async def test_a_crash_of_postgresql_loses_no_acknowledged_record(
    lab15: Lab, cluster: Cluster
) -> None:
    """`pg_ctl stop -m immediate` under load: every acknowledged record is there afterwards."""
    lab, credential = lab15, await lab15.grant()
    acknowledged: set[str] = set()
    sending = [
        asyncio.create_task(send_records(lab.accounting.port, name, credential, acknowledged))
        for name in ("a", "b")
    ]
    await many(acknowledged)
    await asyncio.to_thread(cluster.stop, "immediate")
    await end(sending)
    await asyncio.to_thread(cluster.start)
    kept = {row["acct_session_id"] for row in await lab.rows("select * from live.session")}
    assert acknowledged <= kept
    assert len(await lab.rows("select from source.event")) >= len(acknowledged)


async def test_kill_9_loses_no_acknowledged_record(
    cluster: Cluster, keyring: Keyring, clock: Clock, tmp_path: Path
) -> None:
    """The server killed under load: every acknowledged record is there."""
    await prepare(cluster.url, None)
    sites = await lay(cluster.url, keyring, SITES)
    credential = await grant(cluster.url, keyring, sites["mairie"], clock.now())
    url = component_url(cluster.url, Component.RADIUS, None)
    acknowledged: set[str] = set()
    process = start_server(url, tmp_path)
    port = await accounting_port(process)
    try:
        sending = [
            asyncio.create_task(send_records(port, name, credential, acknowledged))
            for name in ("a", "b")
        ]
        await many(acknowledged)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    await end(sending)
    connection = await asyncpg.connect(cluster.url)
    try:
        rows = await connection.fetch("select acct_session_id from live.session")
        events = await connection.fetchval("select count(*) from source.event")
    finally:
        await connection.close()
    assert acknowledged <= {row["acct_session_id"] for row in rows}
    assert events >= len(acknowledged)


SERVER = """
import asyncio, sys
import structlog
from radius.exchange import ACCESS, ACCOUNTING
from territory.clock import SystemClock
from territory.keyring import Keyring
from tests.servers.radius import running_radius

async def main():
    async with running_radius(sys.argv[1], Keyring(bytes(range(32))), SystemClock()) as server:
        print(server.port(ACCESS), server.port(ACCOUNTING), flush=True)
        await asyncio.Event().wait()

structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
asyncio.run(main())
"""


def start_server(url: str, folder: Path) -> "subprocess.Popen[bytes]":
    """Start a server as a process of its own; it writes its ports on its first line."""
    script = folder / "server.py"
    script.write_text(SERVER)
    root = Path(__file__).parents[3]
    with (folder / "server.log").open("wb") as errors:
        return subprocess.Popen(
            [sys.executable, str(script), url],
            stdout=subprocess.PIPE,
            stderr=errors,
            env=os.environ | {"PYTHONPATH": str(root)},
        )


async def accounting_port(process: "subprocess.Popen[bytes]") -> int:
    """Return the port of a server that was started, once it answers."""
    assert process.stdout is not None
    line = await asyncio.to_thread(process.stdout.readline)
    process.stdout.close()
    access, accounting = (int(word) for word in line.split())
    async with Nas(access) as nas:
        await nas.until_answered(30)
    return accounting


async def send_records(
    port: int, name: str, credential: Credential, acknowledged: set[str]
) -> None:
    """Send sessions one after another, 30 outstanding, and note each that is acknowledged."""
    async with Nas(port) as nas:

        async def one(number: int) -> None:
            session = f"{name}-{number}"
            await nas.ask(nas.accounting_request(report(START, session, credential, DEVICE)))
            acknowledged.add(session)

        async with asyncio.TaskGroup() as group:
            waiting: set[asyncio.Task[None]] = set()
            for number in range(100_000):
                waiting.add(group.create_task(one(number)))
                if len(waiting) >= 30:
                    _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)


async def many(acknowledged: set[str]) -> None:
    """Return once 300 records are acknowledged."""
    async with asyncio.timeout(WAIT_SECONDS):
        for _ in takewhile(lambda _: len(acknowledged) < 300, count()):
            await asyncio.sleep(0)


async def end(tasks: "list[asyncio.Task[None]]") -> None:
    """Cancel tasks and wait for their end."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
