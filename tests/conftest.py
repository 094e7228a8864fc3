"""What every test may ask for: a database of its own, a clock that stands still, a keyring.

One embedded PostgreSQL serves the whole run (all xdist workers); each test that asks gets a fresh
database copied from a migrated template, which costs less than a tenth of a second.
"""

import asyncio
import fcntl
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import make_url

from territory.database.components import Component
from territory.database.connect import component_url
from territory.database.embedded import EmbeddedDatabase
from territory.database.prepare import prepare
from territory.keyring import Keyring

TEMPLATE = "socle_template"
ROOM_OCTETS = 3 << 30
"""More than all the databases there are at a time, and their logs."""
# No test asks for a quiet machine.
settings.register_profile("socle", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("socle")
_counter = itertools.count(1)
_TRIES = 6
"""PostgreSQL waits five seconds in each."""


class FixedClock:
    """A clock that stands until a test moves it."""

    def __init__(self, instant: datetime) -> None:
        self.instant = instant

    def now(self) -> datetime:
        """Return the instant the test has set."""
        return self.instant

    def advance(self, **duration: float) -> None:
        """Move forward by a timedelta's arguments."""
        self.instant += timedelta(**duration)


@pytest.fixture
def clock() -> FixedClock:
    """A clock at 2026-11-20 14:00:00 UTC."""
    return FixedClock(datetime(2026, 11, 20, 14, tzinfo=UTC))


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    """A keyring of a constant master key."""
    return Keyring(bytes(range(32)))


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """The owner's address of the run's PostgreSQL, with the migrated template in it.

    Its folder is not among pytest's own: those are closed to the user the server runs as, and a
    second run at the same time would close them again.
    """
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"alone-{os.getpid()}")
    folder = _quickest_place() / f"socle-tests-{run}"
    folder.mkdir(mode=0o755, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        server = EmbeddedDatabase(folder / "postgres")
        asyncio.run(_ensure_template(server.url))
    yield server.url
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        server.stop()
        if not (folder / "postgres" / "postmaster.pid").exists():
            shutil.rmtree(folder)


Do = Callable[[str], object]
"""Has PostgreSQL do what a statement says."""


@pytest.fixture(scope="session")
def administrator(server_url: str) -> Iterator[Do]:
    """One connection for all that is made and dropped, in a loop that no test sees."""
    loop = asyncio.new_event_loop()
    connection = loop.run_until_complete(asyncpg.connect(server_url))
    yield lambda statement: loop.run_until_complete(connection.execute(statement))
    loop.run_until_complete(connection.close())
    loop.close()


@pytest.fixture
def database_url(server_url: str, administrator: Do) -> Iterator[str]:
    """The owner's address of a fresh, migrated database that is this test's alone."""
    with _fresh_database(server_url, administrator) as url:
        yield url


@pytest.fixture(scope="module")
def module_database_url(server_url: str, administrator: Do) -> Iterator[str]:
    """The same, shared by the tests of one file: for servers that take seconds to start."""
    with _fresh_database(server_url, administrator) as url:
        yield url


@pytest.fixture
def role_url(database_url: str) -> Callable[[Component], str]:
    """A function that gives this test's database address for one component's role."""
    return lambda component: component_url(database_url, component, None)


def database_named(url: str, name: str) -> str:
    """Return `url` with another database in it."""
    return make_url(url).set(database=name).render_as_string(hide_password=False)


@contextmanager
def _fresh_database(server_url: str, administrator: Do) -> Iterator[str]:
    name = f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{next(_counter)}"
    administrator(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
    yield database_named(server_url, name)
    drop(administrator, name)


def drop(administrator: Do, name: str) -> None:
    """Drop a database, whoever is still connected: on a busy machine they take their time to go."""
    for _ in range(_TRIES - 1):
        with suppress(asyncpg.ObjectInUseError):
            administrator(f"DROP DATABASE {name} WITH (FORCE)")
            return
    administrator(f"DROP DATABASE {name} WITH (FORCE)")


def _quickest_place() -> Path:
    """Memory, where there is enough: a database is four hundred files, made and dropped."""
    memory = Path("/dev/shm")
    if memory.is_dir() and shutil.disk_usage(memory).free > ROOM_OCTETS:
        return memory
    return Path(tempfile.gettempdir())


async def _ensure_template(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        known = "SELECT 1 FROM pg_database WHERE datname = $1"
        if not await connection.fetchval(known, TEMPLATE):
            await _forgo_the_disk(connection)
            await connection.execute("CREATE DATABASE socle_template_draft")
            await prepare(database_named(url, "socle_template_draft"), None)
            await connection.execute(f"ALTER DATABASE socle_template_draft RENAME TO {TEMPLATE}")
    finally:
        await connection.close()


async def _forgo_the_disk(connection: asyncpg.Connection) -> None:
    """Wait for no disk: what a killed server must not lose, the kernel holds; no test cuts power.

    A database is then made and dropped in a fifth of the time.
    """
    for setting in ("fsync", "full_page_writes"):
        await connection.execute(f"ALTER SYSTEM SET {setting} = off")
    await connection.execute("SELECT pg_reload_conf()")
