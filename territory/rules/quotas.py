"""What a plan's limits leave a guest: time and data a day and a month, devices, closing time.

Pure, and asked by RADIUS, by the portal's pages and by gateways without RADIUS alike, so that all
three say the same. `remaining` (usage.py) says what an admission leaves; here that is held against
the guest's day and month, counted over every site and device of theirs, and against the hours of
the place. Days and months are those of Europe/Paris: a limit a day is fresh at midnight there, and
time is counted in seconds that pass, so the days on which clocks change are 23 and 25 hours long.

Time left runs on over midnight where the day's limit is what is nearest, because it is fresh then.
Data does not: a gateway takes one number, and the least of what is left is right until midnight.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NamedTuple

from territory.rules.opening_hours import Hours, zone_of
from territory.rules.usage import Remaining
from territory.vocabulary import AtEnd

_ZONE: Final = zone_of("")


class Stop(StrEnum):
    """Why a guest cannot go on; a stable word for counters, logs, RADIUS and the portal."""

    CLOSED = "closed"
    DAY_TIME = "day_time_used"
    MONTH_TIME = "month_time_used"
    DAY_VOLUME = "day_volume_used"
    MONTH_VOLUME = "month_volume_used"
    DEVICES = "too_many_devices"
    USED_UP = "used_up"
    ENDED = "ended"
    BLOCKED = "blocked"


class Amounts(NamedTuple):
    """Seconds and octets a day and a month: what a plan allows, or what a guest has used."""

    day_seconds: int | None = None
    month_seconds: int | None = None
    day_octets: int | None = None
    """Upload and download together."""
    month_octets: int | None = None


UNLIMITED: Final = Amounts()
UNUSED: Final = Amounts(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a plan limits beyond one access."""

    amounts: Amounts = UNLIMITED
    """A day and a month; None: no limit."""
    devices: int | None = None
    """Of one guest, at once; None: no limit."""
    at_end: AtEnd = AtEnd.CUT
    """What happens once something is used up."""
    slow_upload_bps: int | None = None
    """bit/s from then on, where `at_end` is slow."""
    slow_download_bps: int | None = None
    """bit/s from then on, where `at_end` is slow."""

    @property
    def counts_days(self) -> bool:
        """Whether a day's or a month's use has to be known."""
        return self.amounts != UNLIMITED

    @property
    def needs_facts(self) -> bool:
        """Whether anything must be known of the guest beyond the admission."""
        return self.counts_days or self.devices is not None


NO_LIMITS: Final = Limits()


def limits_of(plan: Mapping[str, Any]) -> Limits:
    """Return the limits of a plan's row."""
    return Limits(
        Amounts(
            plan["day_seconds"], plan["month_seconds"], plan["day_octets"], plan["month_octets"]
        ),
        plan["devices"],
        AtEnd(plan["at_end"]),
        plan["slow_upload_bps"],
        plan["slow_download_bps"],
    )


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a guest at one instant."""

    left: Remaining
    """Of the admission."""
    used: Amounts = UNUSED
    """Today and this month, over all sites and devices of theirs."""
    other_devices: int = 0
    """Of theirs that are online now, this one not counted."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a guest may do from one instant on."""

    seconds: int
    """Until they must be asked again; 0 where they may not go on."""
    octets: int | None
    """That may still pass, both ways; None: no limit."""
    stop: Stop | None = None
    """Why they may not go on; None: they may."""
    until: datetime | None = None
    """When that ends (UTC), where it is known: opening, or a limit renewed."""
    slow: bool = False
    """Whether the plan's slow rates hold."""


def day_of(now: datetime) -> date:
    """Return the day in Europe/Paris."""
    return now.astimezone(_ZONE).date()


def midnight_after(now: datetime) -> datetime:
    """Return when the next day begins in Europe/Paris (UTC)."""
    return _start_of(day_of(now) + timedelta(days=1))


def end_of_day(day: date) -> datetime:
    """Return when a day is over in Europe/Paris (UTC)."""
    return _start_of(day + timedelta(days=1))


def month_after(now: datetime) -> datetime:
    """Return when the next month begins in Europe/Paris (UTC)."""
    first = day_of(now).replace(day=1)
    return _start_of((first + timedelta(days=32)).replace(day=1))


def standing(limits: Limits, hours: Hours | None, known: Known, now: datetime) -> Standing:
    """Return what a guest may do.

    Args:
        limits: the plan's.
        hours: of the place; None: always open.
        known: what the admission leaves and the guest has used.
        now: the present instant, aware, UTC.
    """
    left = known.left
    if left.seconds <= 0:
        return Standing(0, left.octets, Stop.ENDED)
    open_seconds = left.seconds if hours is None else _open_seconds(hours, left.seconds, now)
    if hours is not None and open_seconds == 0:
        return Standing(0, left.octets, Stop.CLOSED, _opening(hours, now))
    if limits.devices is not None and known.other_devices >= limits.devices:
        return Standing(0, left.octets, Stop.DEVICES)
    return _within(limits, known, open_seconds, now)


def _open_seconds(hours: Hours, most: int, now: datetime) -> int:
    """Return how long the place stays open, `most` at most; 0: closed, or within a second."""
    closes = hours.closes_at(now)
    return most if closes is None else min(most, _until(closes, now))


def _opening(hours: Hours, now: datetime) -> datetime | None:
    """Return when a place opens that is closed, or closes within a second."""
    return hours.opens_at(now + timedelta(seconds=hours.is_open(now)))


def _within(limits: Limits, known: Known, seconds: int, now: datetime) -> Standing:
    """Return what the day and the month leave of `seconds` and of the admission's data."""
    spent = _spent(limits.amounts, known.used)
    if known.left.octets == 0 and spent is None:
        spent = Stop.USED_UP
    if spent is None:
        seconds = min(seconds, _seconds_left(limits.amounts, known.used, seconds, now))
        return Standing(seconds, _octets_left(limits.amounts, known))
    renewed = _RENEWED[spent](now) if spent in _RENEWED else None
    if limits.at_end is not AtEnd.SLOW:
        return Standing(0, known.left.octets, spent, renewed)
    if renewed is not None:
        seconds = min(seconds, max(1, _until(renewed, now)))
    return Standing(seconds, None, slow=True)


_RENEWED: Final[dict[Stop, Callable[[datetime], datetime]]] = {
    Stop.MONTH_TIME: month_after,
    Stop.MONTH_VOLUME: month_after,
    Stop.DAY_TIME: midnight_after,
    Stop.DAY_VOLUME: midnight_after,
}


def _spent(allowed: Amounts, used: Amounts) -> Stop | None:
    """Return the limit that is used up, the one renewed last first."""
    for stop, most, so_far in (
        (Stop.MONTH_TIME, allowed.month_seconds, used.month_seconds),
        (Stop.MONTH_VOLUME, allowed.month_octets, used.month_octets),
        (Stop.DAY_TIME, allowed.day_seconds, used.day_seconds),
        (Stop.DAY_VOLUME, allowed.day_octets, used.day_octets),
    ):
        if most is not None and (so_far or 0) >= most:
            return stop
    return None


def _seconds_left(allowed: Amounts, used: Amounts, most: int, now: datetime) -> int:
    """Return how long a guest may be online without a break, `most` seconds at most.

    Day by day: what a day leaves, and at midnight a fresh day, on the first a fresh month.
    """
    day = _difference(allowed.day_seconds, used.day_seconds)
    month = _difference(allowed.month_seconds, used.month_seconds)
    if day is None and month is None:
        return most
    passed, at = 0, now
    while passed < most:
        midnight = midnight_after(at)
        stretch = _until(midnight, at)
        allowed_now = min(amount for amount in (day, month, most) if amount is not None)
        if allowed_now < stretch:
            return min(most, passed + allowed_now)
        passed += stretch
        day = allowed.day_seconds
        if month is not None:
            month -= stretch
            if day_of(midnight).day == 1:
                month = allowed.month_seconds
        at = midnight
    return most


def _octets_left(allowed: Amounts, known: Known) -> int | None:
    amounts = (
        known.left.octets,
        _difference(allowed.day_octets, known.used.day_octets),
        _difference(allowed.month_octets, known.used.month_octets),
    )
    return min((amount for amount in amounts if amount is not None), default=None)


def _difference(most: int | None, used: int | None) -> int | None:
    return None if most is None else max(0, most - (used or 0))


def _until(then: datetime, now: datetime) -> int:
    """Whole seconds, rounded down, 0 at least: never past `then`."""
    return max(0, int((then - now).total_seconds()))


def _start_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=_ZONE).astimezone(UTC)
