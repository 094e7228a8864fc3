"""Bad days: the database away, the server killed. What was acknowledged is there."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from radius.exchange import ACCESS, ACCOUNTING
from territory.clock import Clock
from territory.database.components import Component
from territory.database.prepare import prepare
from territory.keyring import Keyring
from tests.conftest import FixedClock
from tests.integration.radius.conftest import SITES, Lab
from tests.servers.outage import DatabaseOutage
from tests.servers.postgresql import Cluster, postgresql_programs
from tests.servers.radius import Nas, grant, report, running_radius
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
    query = "select reason from security.authentication order by reason"
    logged = await lab.rows_once(query, lambda rows: len(rows) == 3)
    assert [row["reason"] for row in logged] == ["first_use", "first_use", "from_memory"]


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


@pytest.fixture
async def outage(lab: Lab) -> AsyncIterator[DatabaseOutage]:
    """The lab's database, to be taken away."""
    outage = DatabaseOutage(lab.owner_url)
    yield outage
    await outage.end()


async def test_memory_does_not_outlast_its_time(
    lab: Lab, outage: DatabaseOutage, clock: FixedClock
) -> None:
    """Four hours after the database went, a live admission is no longer enough."""
    credential = await lab.grant(ends_at=clock.now() + timedelta(hours=9))
    assert (await lab.access.ask(lab.access.log_in(credential, DEVICE))).code == 2
    await outage.begin()
    assert (await lab.access.ask(lab.access.log_in(credential, DEVICE))).code == 2
    clock.advance(hours=4, seconds=1)
    assert await lab.access.is_silent(lab.access.log_in(credential, DEVICE))


@pytest.mark.parametrize("told", [True, False], ids=["refused before", "only revoked"])
async def test_who_was_shut_out_before_the_outage_stays_out(
    lab: Lab, outage: DatabaseOutage, clock: FixedClock, told: bool
) -> None:
    """Revoked while the database was there, whether the device came by since or not."""
    credential = await lab.grant()
    assert (await lab.access.ask(lab.access.log_in(credential, DEVICE))).code == 2
    await lab.rows("update live.admission set revoked_at = $1", clock.now())
    if told:
        assert (await lab.access.ask(lab.access.log_in(credential, DEVICE))).code == 3
    else:
        await lab.server.forgetting.look()
    await outage.begin()
    assert await lab.access.is_silent(lab.access.log_in(credential, DEVICE))
