"""What must be done about the open sessions of gateways without RADIUS: the decision, pure.

A gateway that RADIUS tells ends a session by itself, or is asked to. These are of three kinds:

* A **controller** is asked to put a guest out, and lists who is online: what it says is told.
* openNDS that **asks us** was told the session's length and volume and ends it by itself; at level
  3 it says so. A session it did not speak of is concluded a minute after its right ended.
* A gateway that a **browser opens** was told nothing. It is taken to end with the right, as its
  own settings should say; what ends earlier (closing time, quota, a block) it does not hear of, so
  that the guest may well go on, and the session is left open: the evidence does not say less than
  what can have been.

The last two cannot be told anything, so only a guest's own log-out, which their browser carries to
the gateway, ends such a session before its time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Address
from typing import Final

from portal.admission import REVOKED_BY_GUEST
from portal.controllers.port import Online
from portal.without_radius.sessions import (
    ADMIN_RESET,
    LOST_CARRIER,
    SESSION_TIMEOUT,
    USER_REQUEST,
    Counted,
    Ending,
    GatewaySession,
)
from territory.identifiers import MacAddress
from territory.rules.opening_hours import Hours
from territory.rules.quotas import Known, Limits, Stop, standing
from territory.rules.usage import NOTHING_USED, Allowance, remaining

MOST_OCTETS: Final = 2**50
"""More than any session carries: an exbibyte."""
MOST_SECONDS: Final = 10 * 366 * 86_400
"""Longer than any guest was let in: ten years."""
LEAVING: Final = timedelta(seconds=15)
"""In which a gateway may still say itself that its guest logged out."""
GRACE: Final = timedelta(seconds=60)
"""In which it may still say itself that a right has ended."""
SETTLING: Final = timedelta(seconds=60)
"""In which a controller may not list a guest yet whom it was just told to let in."""


class Over(StrEnum):
    """Why a session may not go on."""

    BLOCKED = "blocked"
    LEFT = "left"
    """The guest logged out."""
    REVOKED = "revoked"
    ENDED = "ended"
    CLOSED = "closed"
    USED_UP = "used_up"


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for a session."""

    limits: Limits
    """Its plan's."""
    hours: Hours | None
    """Its place's; None: always open."""


def why_over(session: GatewaySession, rules: Rules, now: datetime) -> Over | None:
    """Return why a session may not go on; None: it may, also slowly."""
    if session.is_blocked:
        return Over.BLOCKED
    if session.revoked_at is not None and session.revoked_at <= now:
        return Over.LEFT if session.revoked_reason == REVOKED_BY_GUEST else Over.REVOKED
    if session.ends_at <= now:
        return Over.ENDED
    left = remaining(Allowance(session.ends_at, session.octets_left), NOTHING_USED, now)
    found = standing(rules.limits, rules.hours, Known(left, session.used), now)
    if found.stop is Stop.CLOSED:
        return Over.CLOSED
    return None if found.stop in (None, Stop.DEVICES, Stop.ENDED) else Over.USED_UP


def conclusion(
    session: GatewaySession, over: Over, *, is_told: bool, now: datetime
) -> Ending | None:
    """Return how a session ends that no gateway will tell the end of; None: not yet, or not known.

    Args:
        session: at a gateway that cannot be told anything.
        over: why it may not go on.
        is_told: whether its gateway was told how long it lasts.
        now: the instant, aware, UTC.
    """
    if over is Over.LEFT and session.revoked_at and session.revoked_at <= now - LEAVING:
        return Ending(session.key, -USER_REQUEST, session.revoked_at)
    if session.ends_at <= now - GRACE:
        return Ending(session.key, -SESSION_TIMEOUT, session.ends_at)
    if over is Over.CLOSED and is_told:
        return Ending(session.key, -SESSION_TIMEOUT, now)
    return None


def put_out(session: GatewaySession, over: Over, now: datetime) -> Ending:
    """Return the end of a session whose controller has just put the guest out."""
    causes = {Over.LEFT: USER_REQUEST, Over.ENDED: SESSION_TIMEOUT, Over.CLOSED: SESSION_TIMEOUT}
    return Ending(session.key, causes.get(over, ADMIN_RESET), now)


def private_address(told: str) -> str:
    """Return the IPv4 address that a controller tells, or nothing where it is none."""
    try:
        return str(IPv4Address(told))
    except ValueError:
        return ""


def _bounded(told: int, most: int = MOST_OCTETS) -> int:
    """Return what a controller counted, as far as it can be true: it may say anything."""
    return min(max(0, told), most)


@dataclass(frozen=True, slots=True)
class Look:
    """What a controller's list makes of the sessions that were open at it."""

    counted: tuple[Counted, ...]
    """Those that go on."""
    gone: tuple[Ending, ...]
    """Those it lists no longer: nobody told when they ended."""
    unknown: tuple[Online, ...]
    """Whom it lets through without an open session."""


def compare(sessions: Iterable[GatewaySession], online: Sequence[Online], now: datetime) -> Look:
    """Return what a controller's list means for its sessions."""
    listed: Mapping[MacAddress, Online] = {each.device: each for each in online}
    known = list(sessions)
    counted = [
        Counted(
            each.key,
            _bounded(listed[each.device].upload_octets),
            _bounded(listed[each.device].download_octets),
            now - timedelta(seconds=_bounded(listed[each.device].seconds, MOST_SECONDS)),
        )
        for each in known
        if each.device in listed
    ]
    gone = [
        Ending(each.key, -LOST_CARRIER, now)
        for each in known
        if each.device not in listed and each.started_at <= now - SETTLING
    ]
    devices = {each.device for each in known}
    unknown = [each for each in online if each.device not in devices]
    return Look(tuple(counted), tuple(gone), tuple(unknown))
