"""Whether the time is believed before anything is sealed or destroyed by it.

A clock a year ahead would seal days whose facts are still to come and destroy what the law keeps.
Three things stand against it: the database's clock; the last sign of work, the newest of the
chain's last signature and the last record received; and the machine's own time since it started,
which cannot be set (`clock_evidence.py`). Nothing here is undone by waiting: whoever finds the
clock right says so (`--after-long-stop`) or sets it. What is believed is recorded, for the manifest
of its day and for the next run.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from retention.manifests.chain import Chain
from retention.sealing import clock_evidence
from retention.sealing.clock_evidence import Reading, jump_of
from retention.sealing.facts import Connection
from territory.errors import Unavailable

_FARTHEST = timedelta(minutes=5)
_LONGEST_STOP = timedelta(days=40)

_LAST_RECEIVED = """
    SELECT greatest((SELECT max(received_at) FROM source.event),
        (SELECT max(received_at) FROM security.authentication))
"""


class ClockGuard(StrEnum):
    """How much must speak for a time before the archive works by it."""

    FULL = "full"
    """The database's clock, the machine's own time, and work within the last forty days."""
    AFTER_LONG_STOP = "after a long stop"
    """The database's clock; someone has said that nothing ran for so long, or that it was set."""
    NONE = "none"
    """Nothing: a demonstration or a test moves its clock on purpose."""


def fault_of(now: datetime, database: datetime, last_work: datetime | None) -> str | None:
    """Return what speaks against `now`; None where nothing does, or nothing is known."""
    if abs(now - database) > _FARTHEST:
        return f"the clock ({now}) and the database's ({database}) differ by over 5 minutes"
    if last_work and now - last_work > _LONGEST_STOP:
        return (
            f"the clock ({now}) is over 40 days after the last sign of work ({last_work}): if it is"
            " right, say so once with --after-long-stop"
        )
    return None


async def check_clock(
    connection: Connection, chain: Chain, now: datetime, guard: ClockGuard
) -> None:
    """Refuse a time that is not believed.

    Raises:
        Unavailable: it is behind the chain, or the guard has something against it.
    """
    signed_at = chain.links[-1].signed_at if chain.links else None
    if signed_at and now < signed_at:
        raise Unavailable(f"the clock ({now}) is behind the last manifest; nothing was done")
    if guard is ClockGuard.NONE:
        return
    database = await connection.fetchval("SELECT clock_timestamp()")
    last_work = None
    if guard is ClockGuard.FULL:
        received = await connection.fetchval(_LAST_RECEIVED)
        last_work = max((each for each in (signed_at, received) if each), default=None)
    fault = fault_of(now, database, last_work)
    reading = await clock_evidence.read_clock(now)
    if guard is ClockGuard.FULL:
        fault = fault or await _jump(connection, reading)
    if fault:
        raise Unavailable(f"{fault}; nothing was done")
    await clock_evidence.record(connection, reading)


async def _jump(connection: Connection, reading: Reading) -> str | None:
    before = await clock_evidence.load_last(connection)
    jump = jump_of(before, reading) if before else None
    return f"{jump}: if it is right now, say so once with --after-long-stop" if jump else None
