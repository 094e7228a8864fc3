"""How much one sender may tell."""

from datetime import date
from uuid import uuid4

from retention.intake.pace import Pace, Ration


def test_a_second_s_worth_at_once_then_evenly() -> None:
    """A burst is let through, then so many a second; who is quiet gets its second back."""
    pace = Pace.of(8, 100.0)
    assert [pace.take(100.0) for _ in range(8)] == [0.0] * 8
    assert pace.take(100.0) == 0.125
    assert pace.take(100.125) == 0.0
    assert pace.take(100.125) > 0
    assert [pace.take(200.0) for _ in range(9)].count(0.0) == 8


def test_a_message_counts_for_all_that_it_tells() -> None:
    """Whoever tells ten things in one message waits as after ten messages."""
    pace = Pace.of(8, 100.0)
    assert pace.take(100.0) == 0.0
    pace.charge(9)
    assert pace.take(100.0) == 0.375
    assert pace.take(100.375) == 0.0


def test_a_site_has_a_ration_a_day() -> None:
    """One that tells too much takes nothing from another, and the next day begins anew."""
    ration, (one, other) = Ration(2), (uuid4(), uuid4())
    sunday, monday = date(2026, 11, 22), date(2026, 11, 23)
    assert [ration.take(one, sunday) for _ in range(3)] == [True, True, False]
    assert ration.take(other, sunday)
    assert ration.take(one, monday)


def test_a_restart_adds_no_ration() -> None:
    """What a process of before had taken counts, whenever that is known; yesterday's does not."""
    ration, (one, other) = Ration(3), (uuid4(), uuid4())
    sunday, monday = date(2026, 11, 22), date(2026, 11, 23)
    assert ration.take(one, monday)
    ration.resume(monday, {one: 1, other: 3})
    assert [ration.take(one, monday) for _ in range(2)] == [True, False]
    assert not ration.take(other, monday)
    ration = Ration(1)
    assert ration.take(one, monday)
    ration.resume(sunday, {other: 1})
    assert ration.take(other, monday)
