"""Runs that die at their first step, the next at its second... until one ends.

A process of its own, which forks for each run and kills the child as `kill -9` does: no `finally`
runs, no buffer is flushed. After every death what lies beside the objects must verify; each run
takes up what the one before left. Nothing of a storage is opened before the fork.
"""

import asyncio
import itertools
import os
import signal
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from retention.manifests.chain import Chain
from retention.manifests.verify import verify
from retention.sealing.archive import Places, Step
from territory.errors import Unavailable
from tests.custody import run_take_in
from tests.evidence import run_archive, run_purge
from tests.object_storage import ObjectStorage

NOTICED_SECONDS = 60
WORK = {"seal": run_archive, "purge": run_purge, "hold": run_take_in}


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


def check(places: Places) -> None:
    """Verify what the run before left; here, for a storage's client does not survive a fork."""
    if places.archive.exists() and Chain.read(places.archive).links:
        verdict = verify(places.storage)
        if not verdict.is_whole and verdict.head:
            raise SystemExit(str(verdict.faults))


def die_at_each_step(
    work: str, url: str, now: datetime, storage: ObjectStorage, prefix: str, folder: Path
) -> int:
    """Return how many runs died before one ended.

    Args:
        work: one of WORK.
        url: the database.
        now: the time of all the runs.
        storage: the server whose buckets of `prefix` hold the objects.
        prefix: see `storage`.
        folder: where the rest of the archive lies.
    """
    for step in itertools.count(1):
        child = os.fork()
        if child == 0:
            places = storage.places(prefix, folder)
            check(places)
            asyncio.run(take_up(work, places, url, now, step))
            check(places)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status == 0:
            return step - 1
        if not os.WIFSIGNALED(status):
            raise SystemExit(f"step {step} failed by itself, or what the one before left is broken")
    raise AssertionError
