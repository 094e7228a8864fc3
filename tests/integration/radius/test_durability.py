"""What was acknowledged is recorded, exactly once and in order, whoever was killed and when.

PostgreSQL as Debian ships it, fsync on; the server in a process of its own; the load insists on an
answer, so that a record that is there twice was not known again. The last test searches that disk
for what no record is made of.
"""

import asyncio
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Self
from uuid import UUID, uuid4

import asyncpg
import pytest

from retention.keys import age
from retention.manifests.chain import Chain
from territory.clock import SystemClock
from territory.database.components import Component
from territory.database.prepare import prepare
from territory.keyring import Keyring
from tests.evidence import CUSTODIANS, Evidence, opened, places_in, run_archive
from tests.integration.radius.conftest import SITES
from tests.servers.gateway_load import WAIT_SECONDS, GatewayLoad, check_exactly_once
from tests.servers.postgresql import Cluster
from tests.servers.radius import Credential, Nas, attribute, grant, report
from tests.servers.radius_process import RadiusProcess
from tests.servers.territory import lay

_LOOK_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Ground:
    """A database to crash, with one site and a guest in it."""

    cluster: Cluster
    radius_url: str
    credential: Credential
    sites: dict[str, UUID]

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
    return Ground(cluster, urls[Component.RADIUS], credential, sites)


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

    Also those whose commit was under way when PostgreSQL died, committed or not, though their NAS
    insists.
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
        waiting = """select count(*) from pg_locks join pg_database on database = pg_database.oid
            where datname = current_database() and locktype = 'relation' and not granted"""
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


def vendor(number: int, kind: int, text: bytes) -> bytes:
    """Return a maker's own attribute (RFC 2865 §5.26)."""
    return attribute(26, number.to_bytes(4) + attribute(kind, text))


def consulted(name: str) -> bytes:
    """Return every attribute by which a gateway might tell what somebody consulted."""
    url, browser = f"http://{name}/".encode(), f"Mozilla/5.0 ({name})".encode()
    texts = (11, 18, 19, 20, 22, 24, 25, 33, 34, 63, 77, 78, 87, 88, 89, 126, 225, 250)
    own = [
        *((14559, kind, url) for kind in (6, 9, 100)),  # CoovaChilli: Original-URL and others
        *((14988, kind, url) for kind in (11, 12, 15)),  # MikroTik: Advertise-URL
        *((14122, kind, url) for kind in (2, 3, 4)),  # WISPr: Redirection-URL
        *((9, 1, each) for each in (b"url-redirect=" + url, b"http-tlv=" + browser)),  # Cisco
        (25053, 7, url),
        (14823, 15, browser),
    ]
    extended = attribute(241, b"\x1a" + url) + attribute(245, b"\x1a\0" + browser)
    plain = b"".join(attribute(kind, name if kind % 2 else url) for kind in texts)
    return plain + extended + b"".join(vendor(*each) for each in own)


def holds(folder: Path, text: str) -> list[Path]:
    """Return the files that hold a text, plain or in hexadecimal."""
    wanted = (text.encode(), text.encode().hex().encode())
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if any(each in path.read_bytes() for each in wanted)]


async def test_what_was_consulted_is_never_written(ground: Ground, tmp_path: Path) -> None:
    """Sent by every attribute that could tell it, in what is accepted, refused, recorded, spooled,
    set aside and forged; PostgreSQL's files and write-ahead log, the server's log and spool, opened
    segments are searched (CPCE L34-1 VI). A session's name shows that the search finds."""
    name, session, now = f"{uuid4().hex}.example", uuid4().hex, SystemClock().now()
    said, device = consulted(name), "8A-56-7E-F9-10-E4"
    guest = await grant(ground.cluster.url, Keyring(bytes(range(32))), ground.sites["mairie"], now)
    stranger = Credential(guest.admission_id, "nobody", "x")
    poison = report(2, f"{session}-2", guest, device) + attribute(53, 0xFFFFFFFF) + said
    async with (
        RadiusProcess(ground.radius_url, tmp_path, spool=True) as server,
        Nas(server.access_port) as access,
        Nas(server.accounting_port) as nas,
        Nas(server.accounting_port, secret=b"another") as forger,
    ):
        assert (await access.ask(access.log_in(guest, device, said))).code == 2
        assert (await access.ask(access.log_in(stranger, device, said))).code == 3
        start = report(1, session, guest, device) + said
        assert (await nas.ask(nas.accounting_request(start))).code == 5
        async with asyncio.timeout(WAIT_SECONDS):
            while not (await server.measures())["socle_radius_set_aside_total"]:
                forger.send(forger.accounting_request(start))
                nas.send(nas.accounting_request(poison))
                await asyncio.sleep(_LOOK_SECONDS)
        await ground.crash()
        for kind in (3, 2):
            later = report(kind, session, guest, device, seconds=60 * kind) + said
            assert (await nas.ask(nas.accounting_request(later))).code == 5
        assert holds(tmp_path, name) == []
        await ground.recover()
        await drained(server)
    evidence = Evidence(ground.cluster.url)
    aside = await evidence.fetch("SELECT packet FROM live.set_aside")
    assert any(session.encode() in row["packet"] for row in aside)
    folder = ground.cluster.folder
    assert (holds(folder, name), holds(tmp_path, name)) == ([], [])
    assert "pg_wal" in {path.parent.name for path in holds(folder, session)}

    identities = {login: age.new_identity() for login in CUSTODIANS}
    for login, identity in identities.items():
        await evidence.custodian(login, age.recipient_of(identity))
    places = places_in(tmp_path)
    await run_archive(evidence.retention_url, places, now + timedelta(days=4))
    told = [
        str(opened(places, identities, sealed.object).to_pylist())
        for _, sealed in Chain.read(places.archive).segments()
    ]
    assert any(device.replace("-", ":").lower() in each for each in told)
    assert not any(name in each for each in told)
