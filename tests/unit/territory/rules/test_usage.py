"""Time and data left are the same for RADIUS, the pages and the captive portal API."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from territory.rules.usage import NOTHING_USED, Allowance, Remaining, Usage, remaining

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
FOUR_HOURS = NOON + timedelta(hours=4)
GIGABYTE = 10**9


@pytest.mark.parametrize(
    ("allowance", "usage", "now", "left"),
    [
        (Allowance(FOUR_HOURS), NOTHING_USED, NOON, Remaining(14_400, None)),
        (Allowance(FOUR_HOURS), Usage(session_seconds=9_000), NOON, Remaining(14_400, None)),
        (Allowance(FOUR_HOURS), NOTHING_USED, FOUR_HOURS, Remaining(0, None)),
        (Allowance(FOUR_HOURS), NOTHING_USED, FOUR_HOURS + timedelta(days=1), Remaining(0, None)),
        (
            Allowance(FOUR_HOURS, GIGABYTE),
            Usage(upload_octets=1, download_octets=9),
            NOON,
            Remaining(14_400, GIGABYTE - 10),
        ),
        (
            Allowance(FOUR_HOURS, GIGABYTE),
            Usage(download_octets=GIGABYTE + 1),
            NOON,
            Remaining(14_400, 0),
        ),
        (Allowance(FOUR_HOURS, revoked_at=NOON), NOTHING_USED, NOON, Remaining(0, None)),
        (Allowance(FOUR_HOURS, GIGABYTE, NOON), NOTHING_USED, NOON, Remaining(0, 0)),
        (
            Allowance(FOUR_HOURS, revoked_at=FOUR_HOURS),
            NOTHING_USED,
            NOON,
            Remaining(14_400, None),
        ),
    ],
)
def test_what_is_left(allowance: Allowance, usage: Usage, now: datetime, left: Remaining) -> None:
    """Time runs on the clock, data by what passed both ways; an early end leaves nothing."""
    assert remaining(allowance, usage, now) == left


@pytest.mark.parametrize(
    ("left", "exhausted"),
    [
        (Remaining(1, None), False),
        (Remaining(1, 1), False),
        (Remaining(0, None), True),
        (Remaining(60, 0), True),
    ],
)
def test_exhausted(left: Remaining, exhausted: bool) -> None:
    """Either the time or the data being gone ends the right."""
    assert left.exhausted is exhausted


@given(
    st.integers(-(10**6), 10**6),
    st.none() | st.integers(0, 2**63),
    st.integers(0, 2**63),
    st.integers(0, 2**63),
)
def test_nothing_left_is_ever_negative(
    ahead: int, granted: int | None, upload: int, download: int
) -> None:
    """RADIUS attributes and RFC 8908 counters are unsigned."""
    allowance = Allowance(NOON + timedelta(seconds=ahead), granted)
    left = remaining(allowance, Usage(upload_octets=upload, download_octets=download), NOON)
    assert left.seconds >= 0
    assert left.octets is None or left.octets >= 0
