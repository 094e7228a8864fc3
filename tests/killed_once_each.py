"""Runs that die before each change to a disk, or step, at which none has died yet, until one ends.

They fork and die as those of killed_at_each_step.py. A change is known by what the audit events of
Python tell of it (a rename, a second name, an overwriting, a removal, a folder, a program started,
a dump opened), so that none has to be told by the code that makes it. After every death what is
left must be whole, and closed.
"""

import asyncio
import os
import re
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import asyncpg

from retention.ending.backup import DATABASE, backups
from retention.sealing.archive import Places, Progress
from territory.errors import Unavailable
from tests.backups import BACKUPS, run_backup, run_restore
from tests.ceremonies import run_drop, run_rewrap
from tests.evidence import Evidence

Run = Callable[[str, Places, datetime, Progress], Coroutine[None, None, object]]
Check = Callable[[str, Places], Coroutine[None, None, None]]

_CHANGES = {"os.rename": 1, "os.link": 0, "os.remove": 0, "os.mkdir": 0, "subprocess.Popen": 0}
"""Which argument of an event names what changes."""
NOTICED_SECONDS = 60
_TOKEN = re.compile(r"\.[0-9a-f]{8}(?=\.unfinished$)")


def killer(seen: set[str], dies_at: str, told: int) -> Callable[[str], None]:
    """Return what kills this process at a point that is not among `seen`, once it is told."""

    def pass_by(point: str) -> None:
        if point not in seen and re.match(dies_at, point):
            os.write(told, point.encode())
            os.kill(os.getpid(), signal.SIGKILL)

    return pass_by


def watch_changes(pass_by: Callable[[str], None]) -> None:
    """Pass by each change to a disk that this process is about to make."""

    started: list[str] = []

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if event in _CHANGES or (event == "open" and arguments[1] == "r+b"):
            name = _TOKEN.sub("", Path(str(arguments[_CHANGES.get(event, 0)])).name)
            pass_by(f"{event} {name}")
            started.append(name)
        elif event == "open" and "pg_restore" in started and _is_dump(arguments[0]):
            pass_by(f"{event} {DATABASE}")

    sys.addaudithook(watch)


def _is_dump(path: object) -> bool:
    return str(path).endswith(DATABASE)


def at_steps(pass_by: Callable[[str], None]) -> Progress:
    """Pass by each step that the work tells."""
    return lambda step: pass_by(f"step {step.name} {step.detail}".strip())


async def closed(url: str, _: Places) -> None:
    """Refuse a database that a restore has begun on and that lets a component in."""
    try:
        connection = await asyncpg.connect(Evidence(url).retention_url)
    except asyncpg.InsufficientPrivilegeError:
        return
    await connection.close()
    raise SystemExit("half restored, and open")


async def without_a_backup(_: str, places: Places) -> None:
    """Refuse what looks like a backup and is not whole."""
    if list(backups(places.archive.with_name(BACKUPS))):
        raise SystemExit("half a backup looks like one")


async def unchecked(_: str, __: Places) -> None:
    """Leave it to the test."""


def insisting(run: Run) -> Run:
    """Run, once the database has noticed that the run before is dead and gives its lock back."""

    async def insist(url: str, places: Places, now: datetime, progress: Progress) -> None:
        async with asyncio.timeout(NOTICED_SECONDS):
            while True:
                try:
                    await run(url, places, now, progress)
                except Unavailable as fault:
                    if "under way" not in str(fault):
                        raise
                    await asyncio.sleep(0.05)
                else:
                    return

    return insist


@dataclass(frozen=True, slots=True)
class Work:
    """What dies."""

    run: Run
    check: Check = unchecked
    """What must hold after every death."""
    dies_at: str = ""
    """How the points begin at which it does."""


WORK = {
    "backup": Work(run_backup, without_a_backup, r"os.rename (database|backup.json$|[-0-9]+T)"),
    "restore": Work(run_restore, closed, r"os.rename|subprocess|open|step"),
    "rewrap": Work(insisting(run_rewrap)),
    "drop": Work(insisting(run_drop)),
}


def die_once_each(work: str, url: str, places: Places, now: datetime) -> list[str]:
    """Return where runs of one of WORK died, before one ended."""
    return list(_deaths(WORK[work], url, places, now))


def _deaths(work: Work, url: str, places: Places, now: datetime) -> Iterator[str]:
    seen: set[str] = set()
    while True:
        reads, writes = os.pipe()
        child = os.fork()
        if child == 0:
            if seen:
                asyncio.run(work.check(url, places))
            pass_by = killer(seen, work.dies_at, writes)
            watch_changes(pass_by)
            asyncio.run(work.run(url, places, now, at_steps(pass_by)))
            os._exit(0)
        os.close(writes)
        _, status = os.waitpid(child, 0)
        with os.fdopen(reads) as told:
            point = told.read()
        if status == 0:
            return
        if not os.WIFSIGNALED(status):
            raise SystemExit(f"failed by itself after {sorted(seen)}")
        seen.add(point)
        yield point
