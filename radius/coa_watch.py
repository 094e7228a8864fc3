"""Which open sessions must end or change now: the decision, pure.

A NAS ends a session by itself when its Session-Timeout runs out, or at a quota it was told of.
This is for all it was not told, or does not know: a right taken back, a device blocked, a quota
that its brand has no attribute for or that several devices share, a place that closed early.

* Who logs out is given a few seconds, in which their gateway ends the session itself.
* What Session-Timeout says is the NAS's for a minute: only then is it asked.
* A session asked about is not asked about again until its NAS has reported it alive since, and ten
  minutes have passed: a NAS that refuses, or is silent, is not worn out.
* Of more devices than a plan lets online at once, those that came last are ended.
* A guest whose plan slows them down is told so once a day: the limit is renewed by then.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from territory.database.commands import Kind
from territory.rules.opening_hours import Hours
from territory.rules.quotas import Amounts, Known, Limits, Stop, standing
from territory.rules.usage import Remaining

LEAVING: Final = timedelta(seconds=5)
GRACE: Final = timedelta(seconds=60)
ASK_AGAIN: Final = timedelta(minutes=10)
SLOW_AGAIN: Final = timedelta(days=1)


class Reason(StrEnum):
    """Why a session must end or change; what a command's row says of who asks."""

    BLOCKED = "watch.blocked"
    REVOKED = "watch.revoked"
    ENDED = "watch.ended"
    CLOSED = "watch.closed"
    USED_UP = "watch.used_up"
    DEVICES = "watch.too_many_devices"
    SLOW = "watch.slow"
    PLAN = "watch.plan_changed"


@dataclass(frozen=True, slots=True)
class Watched:
    """An open session, and what is known of the right it uses."""

    key: UUID
    ends_at: datetime
    revoked_at: datetime | None
    is_blocked: bool
    """Its device, ticket, account or admission is."""
    octets_left: int | None
    """Of the admission, by what its NAS has reported; None: no limit."""
    used: Amounts
    """By its guest today and this month."""
    last_seen_at: datetime
    """Last reported by its NAS."""
    disconnect_asked_at: datetime | None
    """When a disconnection was last asked for here."""
    slow_asked_at: datetime | None
    """When it was last told to be slow."""
    earlier_devices: int = 0
    """Of its guest, online now since before this session began."""


@dataclass(frozen=True, slots=True)
class Due:
    """What must be asked of a session's NAS."""

    key: UUID
    kind: Kind
    reason: Reason


def due(session: Watched, limits: Limits, hours: Hours | None, now: datetime) -> Due | None:
    """Return what to ask for a session; None: nothing, or it was asked lately.

    Args:
        session: as its NAS last reported it.
        limits: its plan's.
        hours: of its place; None: always open.
        now: the instant, aware, UTC.
    """
    reason = _reason(session, limits, hours, now)
    if reason is None:
        return None
    if reason is Reason.SLOW:
        if _is_fresh(session.slow_asked_at, SLOW_AGAIN, now):
            return None
        return Due(session.key, Kind.COA, reason)
    asked = session.disconnect_asked_at
    if asked and (asked >= session.last_seen_at or _is_fresh(asked, ASK_AGAIN, now)):
        return None
    return Due(session.key, Kind.DISCONNECT, reason)


def has_closed(hours: Hours, now: datetime) -> bool:
    """Whether a place is closed, and was a minute ago."""
    return not hours.is_open(now) and not hours.is_open(now - GRACE)


def _reason(session: Watched, limits: Limits, hours: Hours | None, now: datetime) -> Reason | None:
    if session.is_blocked:
        return Reason.BLOCKED
    if session.revoked_at and session.revoked_at <= now - LEAVING:
        return Reason.REVOKED
    if session.ends_at <= now - GRACE:
        return Reason.ENDED
    if hours is not None and has_closed(hours, now):
        return Reason.CLOSED
    return _quota_reason(session, limits, now)


def _quota_reason(session: Watched, limits: Limits, now: datetime) -> Reason | None:
    """Return whether a quota is used up, and what its plan then wants."""
    left = Remaining(max(1, int((session.ends_at - now).total_seconds())), session.octets_left)
    found = standing(limits, None, Known(left, session.used, session.earlier_devices), now)
    if found.slow:
        return Reason.SLOW
    if found.stop is Stop.DEVICES:
        return Reason.DEVICES
    return None if found.stop in (None, Stop.ENDED) else Reason.USED_UP


def _is_fresh(at: datetime | None, within: timedelta, now: datetime) -> bool:
    return at is not None and at > now - within
