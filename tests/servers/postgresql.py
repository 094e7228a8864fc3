"""Debian's PostgreSQL as a cluster of a test's own, beside the embedded one."""

import os
import shutil
import subprocess
from pathlib import Path

DEBIAN_POSTGRESQL = Path("/usr/lib/postgresql")
OLDEST = 15


def postgresql_programs(installed: Path) -> Path:
    """Return the folder of Debian's `initdb`: of the oldest release Socle takes, else the newest.

    Raises:
        AssertionError: none is installed; the message names the package.
    """
    found = {float(path.parts[-3]): path.parent for path in installed.glob("[0-9]*/bin/initdb")}
    release = OLDEST if OLDEST in found else max(found, default=0)
    assert release >= OLDEST, (
        f"no PostgreSQL {OLDEST} or later in {installed}: apt-get install postgresql"
    )
    return found[release]


class Cluster:
    """A PostgreSQL of the test's own, which it may stop at any moment.

    With a password, nobody gets in without theirs (SCRAM); else every local role does.
    """

    def __init__(self, folder: Path, password: str = "") -> None:
        self.folder = folder
        self._password = password
        self._data = folder / "data"
        self._programs = postgresql_programs(DEBIAN_POSTGRESQL)
        self._as_postgres = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        folder.chmod(0o755)
        self._data.mkdir()
        if self._as_postgres:
            shutil.chown(folder, "postgres")
            shutil.chown(self._data, "postgres")
        how = ["-A", "trust"]
        if password:
            file = folder / "password"
            file.write_text(password)
            how = ["-A", "scram-sha-256", f"--pwfile={file}"]
        self._run("initdb", *how, "-U", "postgres", "-E", "UTF8", "--no-locale")
        self.start()

    @property
    def url(self) -> str:
        """The owner's address."""
        return f"postgresql://postgres:{self._password}@/postgres?host={self.folder}"

    def start(self) -> None:
        """Start it, recovering what a crash left."""
        options = f"-c listen_addresses= -c unix_socket_directories={self.folder}"
        self._run("pg_ctl", "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self, mode: str) -> None:
        """Stop it: `fast`, or `immediate`, which is a crash."""
        self._run("pg_ctl", "-w", "-m", mode, "stop")

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), "-D", str(self._data), *arguments]
        subprocess.run(
            [*self._as_postgres, *command], check=True, timeout=110, stdout=subprocess.DEVNULL
        )
