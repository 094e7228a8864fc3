"""What the archive's clock is worth: asked of its machine at each run, told in each day's manifest.

    adjtimex (kernel), chronyc or timedatectl (who steers it) -> Reading -> archive.clock_reading
        each run: against the reading before it, by the time since the machine started -> a jump?
        when the day is sealed -> ClockEvidence in its manifest

What cannot be asked is absent, never guessed. A wall clock may be set; the time since the machine
started may not, so between two readings of one start both must have advanced alike.
"""

import asyncio
import ctypes
import shutil
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from retention.manifests.manifest import ClockEvidence
from retention.sealing.facts import Connection
from retention.sealing.slices import midnight
from territory.database.injunctions import Row

FARTHEST: Final = timedelta(minutes=5)
"""How much more or less than the machine's own time a clock may have advanced."""
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_ASK_SECONDS: Final = 5.0
_UNSYNCHRONISED: Final = 0x0040  # STA_UNSYNC, adjtimex(2)
_NANOSECONDS: Final = 0x2000  # STA_NANO: offsets in nanoseconds, else microseconds
_MICRO, _NANO = 1e-6, 1e-9
_CHRONY_FIELDS: Final = 14
_LEAPS: Final = {"Insert second": "insert", "Delete second": "delete"}

_RECORD: Final = """
    INSERT INTO archive.clock_reading (at, boot_id, uptime_seconds, synchronised, offset_seconds,
        error_seconds, source, stratum, leap)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (at) DO NOTHING
"""
_LAST: Final = "SELECT * FROM archive.clock_reading ORDER BY at DESC LIMIT 1"
_OF_A_DAY: Final = "SELECT * FROM archive.clock_reading WHERE at >= $1 AND at < $2 ORDER BY at"
_FORGET: Final = "DELETE FROM archive.clock_reading WHERE at < $1"


@dataclass(frozen=True, slots=True)
class Reading:
    """What the machine said of its clock at one run."""

    at: datetime
    """What the clock said."""
    boot_id: str
    """Which start of the machine it was read after; empty: not told."""
    uptime_seconds: float
    """Since that start, sleep included."""
    synchronised: bool | None = None
    """Whether the kernel says so; None: it cannot be asked."""
    offset_seconds: float | None = None
    """From its source, as last told; None: nobody tells."""
    error_seconds: float | None = None
    """The largest the kernel allows for; None: it cannot be asked."""
    source: str | None = None
    """The server it follows; None: nobody tells."""
    stratum: int | None = None
    """Of that server; None: nobody tells."""
    leap: str | None = None
    """`insert` or `delete` where a leap second is announced."""


class _Timex(ctypes.Structure):
    """`struct timex` of adjtimex(2), as far as it is read, and room for the rest."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


def ask_kernel() -> dict[str, Any]:
    """Return `synchronised`, `offset_seconds` and `error_seconds`; empty: it cannot be asked."""
    told = _Timex()
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(told))
    except (OSError, AttributeError):
        return {}
    if state < 0:
        return {}
    if told.status & _UNSYNCHRONISED:
        return {"synchronised": False}  # its offset and error then tell of nothing
    unit = _NANO if told.status & _NANOSECONDS else _MICRO
    return {
        "synchronised": True,
        "offset_seconds": told.offset * unit,
        "error_seconds": told.maxerror * _MICRO,
    }


def parse_chrony(text: str) -> dict[str, Any]:
    """Return what `chronyc -c -n tracking` says; empty: nothing, or no source yet."""
    told = text.strip().split(",")
    if len(told) < _CHRONY_FIELDS or told[0] in {"", "00000000"}:
        return {}
    try:
        found = {"source": told[1], "stratum": int(told[2]), "offset_seconds": float(told[4])}
    except ValueError:
        return {}
    leap = _LEAPS.get(told[13])
    return found | ({"leap": leap} if leap else {})


def parse_timesync(text: str) -> dict[str, Any]:
    """Return what `timedatectl show-timesync` says; empty: nothing, or no server yet."""
    told = dict(line.partition("=")[::2] for line in text.splitlines())
    server = told.get("ServerAddress") or told.get("ServerName")
    if not server:
        return {}
    message = told.get("NTPMessage", "")
    pairs = dict(each.strip().partition("=")[::2] for each in message.strip("{ }").split(","))
    stratum = pairs.get("Stratum", "")
    return {"source": server} | ({"stratum": int(stratum)} if stratum.isdecimal() else {})


_DAEMONS: Final = (
    (("chronyc", "-c", "-n", "tracking"), parse_chrony),
    (("timedatectl", "show-timesync", "--all"), parse_timesync),
)


async def _ask_daemon() -> dict[str, Any]:
    """Return what the first that steers the clock here says of its source; empty: none does."""
    for command, parse in _DAEMONS:
        if shutil.which(command[0]) and (found := parse(await _output(command))):
            return found
    return {}


async def _output(command: Iterable[str]) -> str:
    quiet = asyncio.subprocess.DEVNULL
    asked = await asyncio.create_subprocess_exec(
        *command, stdin=quiet, stdout=asyncio.subprocess.PIPE, stderr=quiet
    )
    try:
        async with asyncio.timeout(_ASK_SECONDS):
            said, _ = await asked.communicate()
    except TimeoutError:
        asked.kill()
        await asked.wait()
        return ""
    return said.decode(errors="replace")


async def read_clock(now: datetime) -> Reading:
    """Return what this machine says of its clock, which said `now`."""
    boot_id = _BOOT_ID.read_text().strip() if _BOOT_ID.exists() else ""
    uptime = time.clock_gettime(time.CLOCK_BOOTTIME)
    return Reading(now, boot_id, uptime, **{**ask_kernel(), **await _ask_daemon()})


def is_one_start(before: Reading, now: Reading) -> bool:
    """Whether both were read after one start of a machine, whose own time measures what passed."""
    return bool(before.boot_id) and before.boot_id == now.boot_id


def jump_of(before: Reading, now: Reading) -> str | None:
    """Return how a clock jumped between two readings of one start of a machine; None: it did not.

    Across a restart nothing measures what passed: then only going back is seen here.
    """
    passed = now.at - before.at
    if not is_one_start(before, now):
        backward = passed < -FARTHEST
        return f"the clock went back by {-passed} since the last run" if backward else None
    lived = timedelta(seconds=now.uptime_seconds - before.uptime_seconds)
    if abs(passed - lived) <= FARTHEST:
        return None
    return f"the clock advanced by {passed} while the machine ran for {lived}: it was set"


def evidence_of(readings: Iterable[Reading]) -> ClockEvidence:
    """Return what the readings of a day come to."""
    every = list(readings)
    offsets = [abs(each.offset_seconds) for each in every if each.offset_seconds is not None]
    errors = [each.error_seconds for each in every if each.error_seconds is not None]
    return ClockEvidence(
        readings=len(every),
        silent=sum(each.synchronised is None for each in every),
        unsynchronised=sum(each.synchronised is False for each in every),
        worst_offset_microseconds=_microseconds(offsets),
        worst_error_microseconds=_microseconds(errors),
        sources=tuple(sorted({each.source for each in every if each.source})),
        strata=tuple(sorted({each.stratum for each in every if each.stratum is not None})),
        leaps=tuple(sorted({each.leap for each in every if each.leap})),
    )


def _microseconds(seconds: list[float]) -> int | None:
    return round(max(seconds) / _MICRO) if seconds else None


async def load_last(connection: Connection) -> Reading | None:
    """Return the last reading that was believed."""
    row = await connection.fetchrow(_LAST)
    return _reading(row) if row else None


async def record(connection: Connection, reading: Reading) -> None:
    """Keep a reading that was believed, until its day is sealed."""
    await connection.execute(_RECORD, *asdict(reading).values())


async def load_evidence(connection: Connection, day: date) -> ClockEvidence:
    """Return what the readings of a UTC day come to."""
    span = midnight(day), midnight(day + timedelta(days=1))
    return evidence_of(_reading(row) for row in await connection.fetch(_OF_A_DAY, *span))


async def forget(connection: Connection, day: date) -> None:
    """Delete the readings up to a day whose manifest has told of them."""
    await connection.execute(_FORGET, midnight(day + timedelta(days=1)))


def _reading(row: Row) -> Reading:
    return Reading(**{field.name: row[field.name] for field in fields(Reading)})
