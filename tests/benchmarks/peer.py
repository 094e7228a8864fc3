"""The peer: FreeRADIUS 3 with rlm_sql, lean and tuned (freeradius/radiusd.conf says how).

It runs in the foreground from a folder of its own, against the same PostgreSQL cluster as we do,
with the tables of Debian's package and the same subscribers, passwords and requests.
"""

import os
import re
import shutil
import subprocess
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.benchmarks import postgres
from tests.benchmarks.servers import (
    SHARED_SECRET,
    ServerProcess,
    free_ports,
    wait_for_accept,
)
from tests.benchmarks.wire import Subscriber

PACKAGE = Path("/etc/freeradius/3.0")
SCHEMA = PACKAGE / "mods-config/sql/main/postgresql/schema.sql"
LIBRARIES = Path("/usr/lib/freeradius")
TEMPLATE = Path(__file__).parent / "freeradius" / "radiusd.conf"
FLAT_TEMPLATE = TEMPLATE.with_name("flat.conf")
PROGRAM = "/usr/sbin/freeradius"
THREADS = 16
DATABASE = "peer"
REPLY = (("Session-Timeout", "14400"), ("Acct-Interim-Interval", "300"))
"""What an Access-Accept grants, as rows of radreply."""


def missing() -> str | None:
    """What has to be installed before the peer can run; None when it is all there."""
    if os.access(PROGRAM, os.X_OK) and os.access(SCHEMA, os.R_OK):
        return None
    return (
        "the peer cannot be run: install Debian's freeradius and freeradius-postgresql, and run "
        "as root or as a member of the group freerad, who alone may read its schema"
    )


class _Peer(ABC):
    """A FreeRADIUS in a folder of its own, running inside a `with` block."""

    def __init__(self, name: str, subscribers: Sequence[Subscriber]) -> None:
        self.name = name
        self._subscribers = subscribers
        self._folder = Path(tempfile.mkdtemp(prefix="socle-peer-"))
        self._process: ServerProcess | None = None

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._process:
            self._process.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def process_id(self) -> int:
        """Of the server, once started."""
        assert self._process
        return self._process.id

    @abstractmethod
    def _start(self) -> None:
        """Fill what it reads, and run it."""

    def _run(self, template: Path, words: Mapping[str, str], port: int, *options: str) -> None:
        """Start it with a configuration, and wait until it lets somebody in."""
        common = {
            "LIBDIR": str(LIBRARIES),
            "FOLDER": str(self._folder),
            "SECRET": SHARED_SECRET.decode(),
            "AUTHENTICATION_PORT": str(port),
        }
        (self._folder / "radiusd.conf").write_text(_filled(template, {**common, **words}))
        folder = str(self._folder)
        command = [PROGRAM, "-f", *options, "-n", "radiusd", "-d", folder, "-l", "stdout"]
        self._process = ServerProcess(command, self._folder, os.environ)
        wait_for_accept(self._process, port, self._subscribers[0])


class FreeRadius(_Peer):
    """The peer with its users and records in PostgreSQL."""

    def __init__(self, cluster: postgres.Cluster, subscribers: Sequence[Subscriber]) -> None:
        super().__init__(f"{_version()} + rlm_sql", subscribers)
        self.authentication_port, self.accounting_port = free_ports(2)
        self._url = cluster.create_database(DATABASE)
        self._host = cluster.host

    def _start(self) -> None:
        self._fill()
        words = {
            "PACKAGE": str(PACKAGE),
            "THREADS": str(THREADS),
            "DSN": f"dbname={DATABASE} host={self._host} user=postgres",
            "ACCOUNTING_PORT": str(self.accounting_port),
        }
        self._run(TEMPLATE, words, self.authentication_port)

    def _fill(self) -> None:
        postgres.execute(self._url, [SCHEMA.read_text()])
        columns = ("username", "attribute", "op", "value")
        checks = ((s.user_name, "Cleartext-Password", ":=", s.password) for s in self._subscribers)
        replies = (
            (s.user_name, attribute, "=", value)
            for s in self._subscribers
            for attribute, value in REPLY
        )
        postgres.copy(self._url, "radcheck", columns, checks)
        postgres.copy(self._url, "radreply", columns, replies)
        postgres.execute(self._url, ["VACUUM ANALYZE"])

    def reset(self) -> None:
        """Empty its two logs, so that each window starts from the same tables."""
        emptied = "TRUNCATE radacct, radpostauth RESTART IDENTITY"
        postgres.execute(self._url, ["CHECKPOINT", emptied, "VACUUM ANALYZE"])

    def recorded(self, kind: str) -> int:
        """Rows of radpostauth, or of radacct."""
        table = {"access": "radpostauth", "accounting": "radacct"}[kind]
        return postgres.count(self._url, f"SELECT count(*) FROM {table}")

    def records_due(self, kind: str, good: int) -> int:
        """One row an answer, or one a session: a third of the records are Starts at the least."""
        return good if kind == "access" else -(-good // 3)


class FlatFreeRadius(_Peer):
    """The peer with its users in a file, in one thread."""

    def __init__(self, subscribers: Sequence[Subscriber]) -> None:
        super().__init__(f"{_version()} from a file", subscribers)
        (self.authentication_port,) = free_ports(1)

    def _start(self) -> None:
        users = self._folder / "users"
        users.write_text("".join(map(_flat_entry, self._subscribers)))
        users.chmod(0o600)
        self._run(FLAT_TEMPLATE, {}, self.authentication_port, "-s")


def _flat_entry(subscriber: Subscriber) -> str:
    replies = ",\n".join(f"\t{attribute} = {value}" for attribute, value in REPLY)
    return f'{subscriber.user_name} Cleartext-Password := "{subscriber.password}"\n{replies}\n'


def _filled(template: Path, words: Mapping[str, str]) -> str:
    return re.sub(r"@([A-Z_]+)@", lambda found: words[found[1]], template.read_text())


def _version() -> str:
    told = subprocess.check_output([PROGRAM, "-v"], text=True)
    found = re.search(r"Version (\d+\.\d+\.\d+)", told)
    return f"FreeRADIUS {found[1] if found else '3'}"
