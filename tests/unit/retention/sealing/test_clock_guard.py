"""Which times the archive believes."""

from datetime import UTC, datetime, timedelta

import pytest

from retention.sealing.clock_evidence import Reading
from retention.sealing.clock_guard import fault_of

NOW = datetime(2026, 11, 20, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("stop", "synchronised", "fault"),
    [
        (timedelta(days=4), None, None),
        (timedelta(days=4), False, None),
        (timedelta(days=4) + SECOND, None, "steered"),
        (timedelta(days=4) + SECOND, False, "steered"),
        (timedelta(days=4) + SECOND, True, None),
        (timedelta(days=40), True, None),
        (timedelta(days=40) + SECOND, True, "40 days"),
        (timedelta(days=40) + SECOND, False, "40 days"),
        (timedelta(minutes=-6), True, "went back"),
    ],
)
def test_after_a_restart_a_source_vouches_for_forty_days_nothing_for_four(
    stop: timedelta, synchronised: bool | None, fault: str | None
) -> None:
    """Since the last reading that was believed; whoever is refused is told how to go on."""
    before, now = Reading(NOW - stop, "a", 1.0), Reading(NOW, "b", 1.0, synchronised)
    found = fault_of(now, before, None)
    assert (found is None) is (fault is None)
    assert (fault or "") in (found or "")
    assert not found or "--after-long-stop" in found


def test_the_machine_s_own_time_needs_no_other() -> None:
    """It ran for fifty days, and the archive did not: no fault, unless the clock was set."""
    before = Reading(NOW - timedelta(days=50), "a", 1.0)
    now = Reading(NOW, "a", 1.0 + timedelta(days=50).total_seconds(), False)
    assert fault_of(now, before, None) is None
    assert "was set" in (fault_of(Reading(NOW, "a", 60.0), before, NOW) or "")


def test_a_signature_later_than_the_reading_vouches() -> None:
    """The database may be restored from before; with neither, the first run has nothing to say."""
    before, now = Reading(NOW - timedelta(days=50), "a", 1.0), Reading(NOW, "b", 1.0)
    assert fault_of(now, before, NOW - timedelta(days=3)) is None
    assert fault_of(now, None, NOW - timedelta(days=5))
    assert fault_of(now, None, None) is None
