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
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import make_url

from territory.database.components import Component
from territory.database.connect import component_url
from territory.database.embedded import EmbeddedDatabase
from territory.database.prepare import prepare
from territory.keyring import Keyring

TEMPLATE = "socle_template"
_counter = itertools.count(1)


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
    folder = Path(tempfile.gettempdir()) / f"socle-tests-{run}"
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


@pytest.fixture
def database_url(server_url: str) -> Iterator[str]:
    """The owner's address of a fresh, migrated database that is this test's alone."""
    with _fresh_database(server_url) as url:
        yield url


@pytest.fixture(scope="module")
def module_database_url(server_url: str) -> Iterator[str]:
    """The same, shared by the tests of one file: for servers that take seconds to start."""
    with _fresh_database(server_url) as url:
        yield url


@pytest.fixture
def role_url(database_url: str) -> Callable[[Component], str]:
    """A function that gives this test's database address for one component's role."""
    return lambda component: component_url(database_url, component, None)


def database_named(url: str, name: str) -> str:
    """Return `url` with another database in it."""
    return make_url(url).set(database=name).render_as_string(hide_password=False)


@contextmanager
def _fresh_database(server_url: str) -> Iterator[str]:
    name = f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{next(_counter)}"
    asyncio.run(_execute(server_url, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}"))
    yield database_named(server_url, name)
    asyncio.run(_execute(server_url, f"DROP DATABASE {name} WITH (FORCE)"))


async def _ensure_template(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        known = "SELECT 1 FROM pg_database WHERE datname = $1"
        if not await connection.fetchval(known, TEMPLATE):
            await connection.execute("CREATE DATABASE socle_template_draft")
            await prepare(database_named(url, "socle_template_draft"), None)
            await connection.execute(f"ALTER DATABASE socle_template_draft RENAME TO {TEMPLATE}")
    finally:
        await connection.close()


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
