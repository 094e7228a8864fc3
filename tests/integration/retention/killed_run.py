"""Runs that die at their first step, the next at its second... until one ends: WORK FOLDER URL NOW.

A process of its own, which forks for each run (so that imports are paid once) and kills the child
as `kill -9` does: no `finally` runs, no buffer is flushed. After every death the archive must
verify; each run takes up what the one before left. Prints how many died.
"""

import asyncio
import itertools
import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from retention.archive import Places, Step
from retention.chain import Chain
from retention.verify import verify_folder
from territory.errors import Unavailable
from tests.evidence import places_in, run_archive, run_purge

NOTICED_SECONDS = 60
WORK = {"seal": run_archive, "purge": run_purge}


def killer(at_step: int) -> Callable[[Step], None]:
    """Return what watches the steps and kills this process at one of them."""
    taken = 0

    def watch(step: Step) -> None:
        nonlocal taken
        taken += 1
        if taken == at_step:
            os.kill(os.getpid(), signal.SIGKILL)

    return watch


async def take_up(work: str, places: Places, url: str, now: datetime, step: int) -> None:
    """Run, once the database has noticed that the run before is dead and gives its lock back."""
    async with asyncio.timeout(NOTICED_SECONDS):
        while True:
            try:
                await WORK[work](url, places, now, killer(step))
            except Unavailable as fault:
                if "under way" not in str(fault):
                    raise
                await asyncio.sleep(0.05)
            else:
                return


def main(work: str, folder: Path, url: str, now: datetime) -> int:
    """Return how many runs died before one ended."""
    places = places_in(folder)
    for step in itertools.count(1):
        child = os.fork()
        if child == 0:
            asyncio.run(take_up(work, places, url, now, step))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if places.archive.exists() and Chain.read(places.archive).links:
            verdict = verify_folder(places.archive)
            if not verdict.is_whole:
                raise SystemExit(f"after step {step}: {verdict.faults}")
        if status == 0:
            return step - 1
        if not os.WIFSIGNALED(status):
            raise SystemExit(f"step {step} failed by itself")
    raise AssertionError


if __name__ == "__main__":
    work_, folder_, url_, now_ = sys.argv[1:]
    sys.stdout.write(str(main(work_, Path(folder_), url_, datetime.fromisoformat(now_))))
