"""What a plan leaves a guest: the day, the month, the devices, the closing time."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from territory.rules.opening_hours import Hours, Timetable, zone_of
from territory.rules.quotas import (
    Amounts,
    Known,
    Limits,
    Standing,
    Stop,
    day_of,
    midnight_after,
    month_after,
    standing,
)
from territory.rules.usage import Remaining
from territory.vocabulary import AtEnd

HOUR = 3600
GIGA = 10**9
NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
"""A Friday, 15:00 in Paris."""
MIDNIGHT = datetime(2026, 11, 20, 23, tzinfo=UTC)
FOUR_HOURS = Remaining(4 * HOUR, None)
TOWN_HALL = Hours(Timetable("Mo-Fr 09:00-17:30", "55"))


def paris(text: str) -> datetime:
    """Return an instant of Paris's clock, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=zone_of("")).astimezone(UTC)


@pytest.mark.parametrize(
    ("allowed", "used", "left", "expected"),
    [
        # No limit reached: the admission's own.
        (Amounts(), Amounts(), FOUR_HOURS, Standing(4 * HOUR, None)),
        (Amounts(8 * HOUR), Amounts(HOUR), FOUR_HOURS, Standing(4 * HOUR, None)),
        # The day's time, the month's, the nearer of both.
        (Amounts(2 * HOUR), Amounts(HOUR), FOUR_HOURS, Standing(HOUR, None)),
        (Amounts(None, 9 * HOUR), Amounts(None, 8 * HOUR), FOUR_HOURS, Standing(HOUR, None)),
        (Amounts(3 * HOUR, 9 * HOUR), Amounts(HOUR, 8 * HOUR), FOUR_HOURS, Standing(HOUR, None)),
        # Data: the least of admission, day and month.
        (Amounts(None, None, GIGA), Amounts(0, 0, 10), FOUR_HOURS, Standing(4 * HOUR, GIGA - 10)),
        (Amounts(None, None, GIGA), Amounts(0, 0, 1), Remaining(9, 5), Standing(9, 5)),
        (
            Amounts(None, None, GIGA, GIGA),
            Amounts(0, 0, 10, GIGA - 3),
            FOUR_HOURS,
            Standing(4 * HOUR, 3),
        ),
        # Used up: until midnight, or until the first of the month, whichever is later.
        (Amounts(HOUR), Amounts(HOUR), FOUR_HOURS, Standing(0, None, Stop.DAY_TIME, MIDNIGHT)),
        (
            Amounts(None, None, 5),
            Amounts(0, 0, 7),
            FOUR_HOURS,
            Standing(0, None, Stop.DAY_VOLUME, MIDNIGHT),
        ),
        (
            Amounts(HOUR, HOUR),
            Amounts(HOUR, HOUR),
            FOUR_HOURS,
            Standing(0, None, Stop.MONTH_TIME, datetime(2026, 11, 30, 23, tzinfo=UTC)),
        ),
        (
            Amounts(None, None, None, 5),
            Amounts(0, 0, 0, 5),
            FOUR_HOURS,
            Standing(0, None, Stop.MONTH_VOLUME, datetime(2026, 11, 30, 23, tzinfo=UTC)),
        ),
        # The admission's own volume and time.
        (Amounts(), Amounts(), Remaining(60, 0), Standing(0, 0, Stop.USED_UP)),
        (Amounts(), Amounts(), Remaining(0, 9), Standing(0, 9, Stop.ENDED)),
    ],
)
def test_limits_leave_the_least(
    allowed: Amounts, used: Amounts, left: Remaining, expected: Standing
) -> None:
    """Each limit alone, and which one is told where several are reached."""
    assert standing(Limits(allowed), None, Known(left, used), NOW) == expected


@pytest.mark.parametrize(
    ("now", "allowed", "used", "expected"),
    [
        # 23:00, one hour of today's three left: a fresh day's three follow it.
        ("2026-11-20T23:00", Amounts(3 * HOUR), Amounts(2 * HOUR), 4 * HOUR),
        # 23:00, half an hour left: it ends before midnight.
        ("2026-11-20T23:00", Amounts(3 * HOUR), Amounts(5 * HOUR // 2), HOUR // 2),
        # The month's time goes on over midnight without being renewed.
        ("2026-11-20T23:00", Amounts(3 * HOUR, 9 * HOUR), Amounts(0, 7 * HOUR), 2 * HOUR),
        # On the last day of a month both are renewed.
        ("2026-11-30T23:00", Amounts(3 * HOUR, 9 * HOUR), Amounts(0, 8 * HOUR), 4 * HOUR),
        # The night clocks go back has an hour more, the night they go forward one less.
        ("2026-10-24T23:00", Amounts(23 * HOUR), Amounts(0), 24 * HOUR),
        ("2026-10-25T00:00", Amounts(25 * HOUR), Amounts(0), 6 * 24 * HOUR),
    ],
)
def test_a_day_is_fresh_at_midnight(
    now: str, allowed: Amounts, used: Amounts, expected: int
) -> None:
    """Time online without a break from now on, over midnight and the first of the month."""
    known = Known(Remaining(6 * 24 * HOUR, None), used)
    assert standing(Limits(allowed), None, known, paris(now)).seconds == expected


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-11-20T15:00", Standing(2 * HOUR + HOUR // 2, None)),
        ("2026-11-20T17:29:58", Standing(2, None)),
        ("2026-11-20T17:30", Standing(0, None, Stop.CLOSED, paris("2026-11-23T09:00"))),
        ("2026-11-20T08:59", Standing(0, None, Stop.CLOSED, paris("2026-11-20T09:00"))),
        ("2026-11-20T09:00", Standing(4 * HOUR, None)),
    ],
)
def test_nobody_is_online_past_closing(when: str, expected: Standing) -> None:
    """The seconds left end at closing; a closed place says when it opens."""
    assert standing(Limits(), TOWN_HALL, Known(FOUR_HOURS), paris(when)) == expected


def test_the_last_fraction_of_a_second_is_closed_already() -> None:
    """A Session-Timeout of 0 would have no end on some gateways."""
    now = paris("2026-11-20T17:30") - timedelta(milliseconds=300)
    found = standing(Limits(), TOWN_HALL, Known(FOUR_HOURS), now)
    assert found == Standing(0, None, Stop.CLOSED, paris("2026-11-23T09:00"))


@pytest.mark.parametrize(("others", "stop"), [(0, None), (1, None), (2, Stop.DEVICES)])
def test_a_guest_has_so_many_devices_at_once(others: int, stop: Stop | None) -> None:
    """Two at once: the second is let in, the third is not."""
    found = standing(Limits(devices=2), None, Known(FOUR_HOURS, other_devices=others), NOW)
    assert found.stop is stop


@pytest.mark.parametrize(
    ("amounts", "used", "left", "expected"),
    [
        # On at slow rates until the limit is renewed, without a volume.
        (
            Amounts(HOUR),
            Amounts(HOUR),
            Remaining(10 * HOUR, 5),
            Standing(9 * HOUR, None, slow=True),
        ),
        (Amounts(HOUR), Amounts(HOUR), FOUR_HOURS, Standing(4 * HOUR, None, slow=True)),
        (Amounts(), Amounts(), Remaining(HOUR, 0), Standing(HOUR, None, slow=True)),
        # Before that, at full rates, until the limit.
        (Amounts(HOUR), Amounts(HOUR - 60), FOUR_HOURS, Standing(60, None)),
    ],
)
def test_slow_goes_on_slowly(
    amounts: Amounts, used: Amounts, left: Remaining, expected: Standing
) -> None:
    """`at_end: slow`: nobody is refused for what they have used."""
    limits = Limits(amounts, at_end=AtEnd.SLOW, slow_upload_bps=1, slow_download_bps=1)
    assert standing(limits, None, Known(left, used), NOW) == expected


@pytest.mark.parametrize(
    ("now", "day", "midnight", "month"),
    [
        ("2026-11-20T15:00", "2026-11-20", "2026-11-21T00:00", "2026-12-01T00:00"),
        ("2026-12-31T23:59", "2026-12-31", "2027-01-01T00:00", "2027-01-01T00:00"),
        ("2027-01-31T12:00", "2027-01-31", "2027-02-01T00:00", "2027-02-01T00:00"),
        ("2026-03-29T00:30", "2026-03-29", "2026-03-30T00:00", "2026-04-01T00:00"),
    ],
)
def test_days_and_months_are_those_of_paris(now: str, day: str, midnight: str, month: str) -> None:
    """Also where UTC is still the day before, and over the change of clocks."""
    at = paris(now)
    assert day_of(at) == date.fromisoformat(day)
    assert (midnight_after(at), month_after(at)) == (paris(midnight), paris(month))


_AMOUNT = st.none() | st.integers(1, 40 * HOUR)
_USE = st.integers(0, 50 * HOUR)
_KNOWN = st.builds(
    Known,
    st.builds(Remaining, st.integers(0, 31 * 24 * HOUR), st.none() | st.integers(0, GIGA)),
    st.builds(Amounts, _USE, _USE, _USE, _USE),
    st.integers(0, 3),
)
_LIMITS = st.builds(
    Limits,
    st.builds(Amounts, _AMOUNT, _AMOUNT, _AMOUNT, _AMOUNT),
    st.none() | st.integers(1, 3),
    st.sampled_from(AtEnd),
)
_NOW = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(  # noqa: DTZ001
    lambda naive: naive.replace(tzinfo=UTC)
)


@settings(max_examples=120)
@given(_LIMITS, st.none() | st.just(TOWN_HALL), _KNOWN, _NOW)
def test_a_standing_never_promises_too_much(
    limits: Limits, hours: Hours | None, known: Known, now: datetime
) -> None:
    """Let in: at least a second, never past admission or closing, never more data than is left."""
    found = standing(limits, hours, known, now)
    assert (found.stop is None) is (found.seconds > 0)
    assert found.seconds <= known.left.seconds
    if found.stop is not None:
        assert found.until is None or found.until > now
        return
    end = now + timedelta(seconds=found.seconds)
    if hours is not None:
        closes = hours.closes_at(now)
        assert hours.is_open(now)
        assert closes is None or end <= closes
    if not found.slow:
        for most in (known.left.octets, limits.amounts.day_octets, limits.amounts.month_octets):
            assert most is None or (found.octets is not None and found.octets <= most)


@settings(max_examples=60)
@given(_LIMITS, _KNOWN, _NOW, st.integers(1, 5 * HOUR))
def test_using_more_never_leaves_more(
    limits: Limits, known: Known, now: datetime, more: int
) -> None:
    """Monotone: whoever has used more has no more left, as long as nothing is slowed."""
    used = Amounts(*(amount + more for amount in known.used if amount is not None))
    before = standing(limits, None, known, now)
    after = standing(limits, None, Known(known.left, used, known.other_devices), now)
    if not after.slow:
        assert after.seconds <= before.seconds
