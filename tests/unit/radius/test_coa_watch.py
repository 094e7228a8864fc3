"""Which open sessions must end or change, case by case, and that nobody is asked too often."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from radius.coa_watch import Due, Reason, Watched, due, has_closed
from territory.database.commands import Kind
from territory.rules.opening_hours import Hours, Timetable
from territory.rules.quotas import UNUSED, Amounts, Limits
from territory.vocabulary import AtEnd
from tests.unit.radius.sample import NOW

KEY = UUID(int=1)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
ONLINE = Watched(
    key=KEY,
    ends_at=NOW + HOUR,
    revoked_at=None,
    is_blocked=False,
    octets_left=None,
    used=UNUSED,
    last_seen_at=NOW - MINUTE,
    disconnect_asked_at=None,
    slow_asked_at=None,
)
PLAIN = Limits()
DAILY = Limits(Amounts(day_octets=1_000))
SLOW = replace(DAILY, at_end=AtEnd.SLOW, slow_upload_bps=64_000, slow_download_bps=64_000)
USED = replace(ONLINE, used=Amounts(0, 0, 1_000, 1_000))
AFTERNOON = Hours(Timetable("Mo-Su 08:00-14:00"))
"""Closes at 14 h in Paris: an hour before NOW."""


@pytest.mark.parametrize(
    ("session", "limits", "hours", "reason"),
    [
        (ONLINE, PLAIN, None, None),
        (replace(ONLINE, is_blocked=True), PLAIN, None, Reason.BLOCKED),
        (replace(ONLINE, revoked_at=NOW - 5 * SECOND), PLAIN, None, Reason.REVOKED),
        (replace(ONLINE, revoked_at=NOW - 4 * SECOND), PLAIN, None, None),
        (replace(ONLINE, ends_at=NOW - MINUTE), PLAIN, None, Reason.ENDED),
        (replace(ONLINE, ends_at=NOW - 59 * SECOND), PLAIN, None, None),
        (ONLINE, PLAIN, AFTERNOON, Reason.CLOSED),
        (ONLINE, PLAIN, Hours(Timetable("24/7")), None),
        (replace(ONLINE, octets_left=0), PLAIN, None, Reason.USED_UP),
        (replace(ONLINE, octets_left=1), PLAIN, None, None),
        (USED, DAILY, None, Reason.USED_UP),
        (replace(ONLINE, used=Amounts(0, 0, 999, 999)), DAILY, None, None),
        (USED, replace(DAILY, at_end=AtEnd.ASK), None, Reason.USED_UP),
        (USED, SLOW, None, Reason.SLOW),
        (replace(USED, used=Amounts(60, 60, 0, 0)), Limits(Amounts(60)), None, Reason.USED_UP),
        (ONLINE, Limits(devices=1), None, None),
        (replace(ONLINE, earlier_devices=1), Limits(devices=1), None, Reason.DEVICES),
        (replace(ONLINE, earlier_devices=1), Limits(devices=2), None, None),
    ],
)
def test_what_is_due(
    session: Watched, limits: Limits, hours: Hours | None, reason: Reason | None
) -> None:
    """A gateway that ends the session itself is given the time to; the rest is asked at once."""
    found = due(session, limits, hours, NOW)
    kind = Kind.COA if reason is Reason.SLOW else Kind.DISCONNECT
    assert found == (Due(KEY, kind, reason) if reason else None)


@pytest.mark.parametrize(
    ("asked", "seen", "again"),
    [
        (NOW - MINUTE, NOW, False),
        (NOW - 11 * MINUTE, NOW - 12 * MINUTE, False),
        (NOW - 11 * MINUTE, NOW - 10 * MINUTE, True),
    ],
)
def test_a_silent_nas_is_not_worn_out(asked: datetime, seen: datetime, again: bool) -> None:
    """Asked again only ten minutes later, and only if it has reported the session alive since."""
    session = replace(ONLINE, is_blocked=True, disconnect_asked_at=asked, last_seen_at=seen)
    assert (due(session, PLAIN, None, NOW) is not None) is again


def test_slow_once_a_day() -> None:
    """A session that was told is not told again with each report."""
    assert due(replace(USED, slow_asked_at=NOW - 23 * HOUR), SLOW, None, NOW) is None
    assert due(replace(USED, slow_asked_at=NOW - 25 * HOUR), SLOW, None, NOW) is not None


def test_a_place_closes_a_minute_late_and_opens_on_time() -> None:
    """Session-Timeout ends at closing time by itself; who is let in at the opening stays."""
    morning = Hours(Timetable("Mo-Su 16:00-18:00"))
    closing = NOW + 3 * HOUR  # 18 h in Paris
    assert not has_closed(morning, closing + 59 * SECOND)
    assert has_closed(morning, closing + MINUTE)
    assert not has_closed(morning, NOW + HOUR)
