"""Whether the time is believed before anything is sealed or destroyed by it.

A clock a year ahead would seal days whose facts are still to come and destroy what the law keeps.
Three things stand against it:

    the database's clock
    since the machine started: its own time, which cannot be set (`clock_evidence.py`)
    across a start: the last time that was believed, and whether the kernel says that a source
        steers the clock: if so 40 days may have passed, if not, or if it cannot be asked, 4

Nothing that the doubted clock stamped vouches for it: a record received since proves nothing. A
source found again (NTP) lets the next run believe; else whoever finds the clock right says so
(`--after-long-stop`) or sets it. What is believed is recorded, for the manifest of its day and for
the next run.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from retention.manifests.chain import Chain
from retention.sealing import clock_evidence, index
from retention.sealing.clock_evidence import Reading, is_one_start, jump_of
from retention.sealing.facts import Connection
from retention.sealing.slices import midnight
from territory.errors import Unavailable

_FARTHEST = timedelta(minutes=5)
_LONGEST_STOP = timedelta(days=40)
_LONGEST_UNSTEERED_STOP = timedelta(days=4)  # a long weekend
_SAY_SO = "if it is right, say so once with `socle archive run --after-long-stop`"


class ClockGuard(StrEnum):
    """How much must speak for a time before the archive works by it."""

    FULL = "full"
    """The database's clock, the machine's own time, and what was believed before."""
    AFTER_LONG_STOP = "after a long stop"
    """The database's clock; someone has said that nothing ran for so long, or that it was set."""
    NONE = "none"
    """Nothing: a demonstration or a test moves its clock on purpose."""


def fault_of(now: Reading, before: Reading | None, worked_at: datetime | None) -> str | None:
    """Return what speaks against a reading; None where nothing does, or nothing is known.

    Args:
        now: it.
        before: the last one that was believed; None: none was.
        worked_at: the last work done by a time that was believed; None: none was.
    """
    if before and (jump := jump_of(before, now)):
        return f"{jump}: {_SAY_SO}"
    if before and is_one_start(before, now):
        return None
    believed = max((at for at in (before and before.at, worked_at) if at), default=now.at)
    stop = f"the clock ({now.at}) is {{}} after the last time that was believed ({believed})"
    if now.at - believed > _LONGEST_STOP:
        return f"{stop.format('over 40 days')}: {_SAY_SO}"
    if now.at - believed > _LONGEST_UNSTEERED_STOP and not now.synchronised:
        unsteered = "and the kernel does not say that a source steers it (NTP): have it steered; or"
        return f"{stop.format('over 4 days')}, {unsteered}, {_SAY_SO}"
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
    if abs(now - database) > _FARTHEST:
        raise Unavailable(
            f"the clock ({now}) and the database's ({database}) differ by over 5 minutes;"
            " nothing was done"
        )
    reading = await clock_evidence.read_clock(now)
    if guard is ClockGuard.FULL:
        before = await clock_evidence.load_last(connection)
        worked_at = signed_at or (None if before else await _first_held(connection))
        if fault := fault_of(reading, before, worked_at):
            raise Unavailable(f"{fault}; nothing was done")
    await clock_evidence.record(connection, reading)


async def _first_held(connection: Connection) -> datetime | None:
    """Return when the oldest day in the database began: before any run, all that there is."""
    day = await index.first_held_day(connection)
    return midnight(day) if day else None
