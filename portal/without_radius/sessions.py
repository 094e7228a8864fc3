"""Sessions at gateways that speak no RADIUS, told to the base by the portal: start, counters, stop.

    browser handed back, controller let in, poll acknowledged -> start
    controller asked who is online (keeper)                   -> counters
    notice of leaving, gone at the controller, right over     -> stop

Each act is one function of the database (migrations 0020, 0024, 0030), which keeps session and
evidence in one transaction, so that time left, quotas, daily slices and a device's story read these
like any other. Such a session's `nas_id` is its gateway's id. What nobody told is concluded (a
negative cause, `territory.rules.session`), dated by the base's own clock alone, and gives way to
what is told late.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from portal.records import DEADLINE_SECONDS, Pool, Row, reaching
from territory.identifiers import MacAddress
from territory.rules.quotas import Amounts
from territory.rules.session_key import session_key

USER_REQUEST: Final = 1
LOST_CARRIER: Final = 2
SESSION_TIMEOUT: Final = 5
ADMIN_RESET: Final = 6
"""Acct-Terminate-Cause (RFC 2866 §5.10); below nought where it is concluded."""
DAYS_AHEAD: Final = 3
_NAME_DIGITS: Final = 16
_ENSURE_DAYS: Final = "SELECT live.ensure_days($1, $2)"
START: Final = """
    live.start_gateway_session($1, $2, $3, $4, $5::text::macaddr, $6::text::inet, $7)
"""
"""What records a beginning; its arguments are `Beginning.arguments`."""
_REOPEN: Final = """
    SELECT live.reopen_gateway_session($1, $2, $3::text::macaddr, $4::text::inet, $5)
"""
_COUNT: Final = "SELECT live.count_gateway_sessions($1, $2, $3, $4, $5)"
_STOP: Final = "SELECT live.stop_gateway_session($1, $2, $3, $4, $5, $6, $7)"
_OPEN: Final = "SELECT * FROM live.gateway_sessions($1, $2, $3::text::macaddr)"
_TO_END: Final = """
    SELECT session_key, began_anew_at FROM live.gateway_session_to_end($1, $2::text::macaddr, $3)
"""


@dataclass(frozen=True, slots=True)
class Beginning:
    """A device that a gateway lets through from now on."""

    gateway_id: UUID
    """Which gateway."""
    admission_id: UUID
    """The right it uses, which must be of that gateway's site and bound to the device."""
    device: MacAddress
    """Its MAC address."""
    mark: str
    """What the gateway knows it by (rhid), else the admission: the session's name begins so."""
    address: str = ""
    """Its private IPv4 address; empty: not told."""

    def arguments(self, now: datetime) -> tuple[object, ...]:
        """Return what `START` takes, for a session that begins at `now`.

        Its name is one for each millisecond it may begin in.
        """
        name = f"{name_mark(self.mark)}-{int(now.timestamp() * 1000):x}"
        key = session_key(self.gateway_id, b"", name.encode(), self.device.octets)
        device, address = str(self.device), self.address or None
        return UUID(bytes=key), self.gateway_id, self.admission_id, name, device, address, now


@dataclass(frozen=True, slots=True)
class Ending:
    """A session's end."""

    key: UUID
    """The session."""
    cause: int
    """Acct-Terminate-Cause; below nought: concluded, nobody told it."""
    happened_at: datetime
    """By the base's clock."""
    upload_octets: int = 0
    """From the guest, where told."""
    download_octets: int = 0
    """To the guest, where told."""
    gateway_time: datetime | None = None
    """The gateway's own time then, where told."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What a session has used so far, as a controller says."""

    key: UUID
    """The session."""
    upload_octets: int
    """From the guest."""
    download_octets: int
    """To the guest."""
    since: datetime
    """When it began to count: what earlier sessions told of that time is not this one's."""


@dataclass(frozen=True, slots=True)
class ToEnd:
    """A session whose end is still to be told: it is open, or its end was only concluded."""

    key: UUID
    """The session."""
    began_anew_at: datetime | None
    """When its device next began one at that gateway; None: not since."""


@dataclass(frozen=True, slots=True)
class GatewaySession:
    """An open session at a gateway without RADIUS, and what is known of its right."""

    key: UUID
    """Its key."""
    gateway_id: UUID
    """Where."""
    site_id: UUID
    """Its gateway's site."""
    name: str
    """Its name."""
    device: MacAddress
    """Whose."""
    admission_id: UUID
    """The right it uses."""
    plan_id: UUID
    """Which plan that is of."""
    started_at: datetime
    """Since."""
    ends_at: datetime
    """The right ends at."""
    revoked_at: datetime | None
    """Ended early at."""
    revoked_reason: str | None
    """Why it ended early."""
    is_blocked: bool
    """Whether device or right may not go online."""
    octets_left: int | None
    """Of the right; None: no limit."""
    used: Amounts
    """By its guest, today and this month."""


class Days:
    """Which days' partitions this process knows to be made."""

    def __init__(self) -> None:
        self._first: date | None = None

    async def ensure(self, pool: Pool, day: date) -> None:
        """Make sure that `day` and the two after it have their partitions."""
        if self._first is not None and 0 <= (day - self._first).days < DAYS_AHEAD - 1:
            return
        await pool.execute(_ENSURE_DAYS, day, DAYS_AHEAD, timeout=DEADLINE_SECONDS)
        self._first = day


def name_mark(mark: str) -> str:
    """Return how the name of a session begins that a gateway knows by `mark`."""
    return mark[:_NAME_DIGITS]


@reaching
async def start_session(pool: Pool, days: Days, beginning: Beginning, now: datetime) -> bool:
    """Record that a device was let in; say whether that was news.

    What it had open at that gateway before is closed: it was captive again in between.
    """
    await days.ensure(pool, now.date())
    query = f"SELECT {START}"
    news = await pool.fetchval(query, *beginning.arguments(now), timeout=DEADLINE_SECONDS)
    return news is True


@reaching
async def reopen_session(pool: Pool, days: Days, beginning: Beginning, now: datetime) -> bool:
    """Have the last session of a right go on that was concluded, not told; say whether one did.

    The time it was away is not counted, and both its end and that it goes on are evidence.
    """
    await days.ensure(pool, now.date())
    again = await pool.fetchval(
        _REOPEN,
        beginning.gateway_id,
        beginning.admission_id,
        str(beginning.device),
        beginning.address or None,
        now,
        timeout=DEADLINE_SECONDS,
    )
    return again is True


@reaching
async def count_sessions(pool: Pool, days: Days, counted: Sequence[Counted], now: datetime) -> None:
    """Record what open sessions have used; that they are alive is thereby known."""
    await days.ensure(pool, now.date())
    await pool.execute(
        _COUNT,
        [each.key for each in counted],
        [each.upload_octets for each in counted],
        [each.download_octets for each in counted],
        [each.since for each in counted],
        now,
        timeout=DEADLINE_SECONDS,
    )


@reaching
async def stop_session(pool: Pool, days: Days, ending: Ending, now: datetime) -> bool:
    """Record a session's end; say whether that was news."""
    await days.ensure(pool, now.date())
    news = await pool.fetchval(
        _STOP,
        ending.key,
        ending.cause,
        ending.upload_octets,
        ending.download_octets,
        ending.happened_at,
        ending.gateway_time,
        now,
        timeout=DEADLINE_SECONDS,
    )
    return news is True


@reaching
async def load_session_to_end(
    pool: Pool, gateway_id: UUID, device: MacAddress, mark: str
) -> ToEnd | None:
    """Return the newest session of a device that a gateway knows by `mark`; None: it was told."""
    asked = (gateway_id, str(device), name_mark(mark))
    row = await pool.fetchrow(_TO_END, *asked, timeout=DEADLINE_SECONDS)
    return ToEnd(row["session_key"], row["began_anew_at"]) if row else None


@reaching
async def load_sessions(
    pool: Pool,
    now: datetime,
    gateway_id: UUID | None = None,
    device: MacAddress | None = None,
) -> list[GatewaySession]:
    """Return the open sessions at gateways without RADIUS, the oldest first.

    Args:
        pool: the portal's.
        now: the instant, aware, UTC.
        gateway_id: of that gateway only.
        device: of that device only.
    """
    asked = (now, gateway_id, str(device) if device else None)
    return [_session(row) for row in await pool.fetch(_OPEN, *asked, timeout=DEADLINE_SECONDS)]


def _session(row: Row) -> GatewaySession:
    most, used = row["session_octets"], row["used_octets"]
    names = ("day_seconds", "month_seconds", "day_octets", "month_octets")
    return GatewaySession(
        key=row["session_key"],
        gateway_id=row["gateway_id"],
        site_id=row["site_id"],
        name=row["name"],
        device=MacAddress.parse(row["device"]),
        admission_id=row["admission_id"],
        plan_id=row["plan_id"],
        started_at=row["started_at"],
        ends_at=row["ends_at"],
        revoked_at=row["revoked_at"],
        revoked_reason=row["revoked_reason"],
        is_blocked=row["is_blocked"],
        octets_left=None if most is None else max(0, most - used),
        used=Amounts(*(row[f"used_{name}"] or 0 for name in names)),
    )
