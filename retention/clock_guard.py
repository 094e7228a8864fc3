"""Whether the time is believed before anything is sealed or destroyed by it.

A clock a year ahead would seal days whose facts are still to come and destroy what the law keeps.
Two things stand against it: the database's clock, and the last sign of work, the newest of the
chain's last signature and the last record received. Nothing here is undone by waiting: whoever
finds the clock right says so (`--after-long-stop`) or sets it.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from retention.chain import Chain
from retention.facts import Connection
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
    """The database's clock, and work within the last forty days."""
    AFTER_LONG_STOP = "after a long stop"
    """The database's clock; someone has said that nothing ran for so long."""
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
    if fault:
        raise Unavailable(f"{fault}; nothing was done")
