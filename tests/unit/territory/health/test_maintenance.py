"""Which windows may be announced, and what they cover."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from territory.health.maintenance import Window, WindowFault, under_maintenance, window_faults

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)
HERE, ELSEWHERE = UUID(int=1), UUID(int=2)


def test_a_window_covers_its_site_from_its_beginning_to_before_its_end() -> None:
    """One without a site covers all; one that ended as it began covers nothing."""
    here, everywhere = Window(HERE, NOW, NOW + HOUR), Window(None, NOW, NOW + HOUR)
    assert under_maintenance([here], HERE, NOW)
    assert not under_maintenance([here], ELSEWHERE, NOW)
    assert not under_maintenance([here], HERE, NOW + HOUR)
    assert not under_maintenance([here], HERE, NOW - HOUR)
    assert under_maintenance([here, everywhere], ELSEWHERE, NOW)
    assert not under_maintenance([Window(HERE, NOW, NOW)], HERE, NOW)


@pytest.mark.parametrize(
    ("begins", "ends", "why", "faults"),
    [
        (0 * HOUR, 2 * HOUR, "fibre coupée", []),
        (-HOUR / 12, 2 * HOUR, "un formulaire prend cinq minutes", []),
        (24 * HOUR, 48 * HOUR, "travaux électriques", []),
        (2 * HOUR, HOUR, "x", [WindowFault.ENDS_FIRST]),
        (0 * HOUR, 0 * HOUR, "x", [WindowFault.ENDS_FIRST, WindowFault.OVER]),
        (-3 * HOUR, -HOUR, "x", [WindowFault.OVER, WindowFault.AFTERWARDS]),
        (-HOUR, HOUR, "x", [WindowFault.AFTERWARDS]),
        (0 * HOUR, 32 * 24 * HOUR, "x", [WindowFault.TOO_LONG]),
        (400 * 24 * HOUR, 401 * 24 * HOUR, "x", [WindowFault.TOO_FAR]),
        (0 * HOUR, HOUR, "  ", [WindowFault.NO_REASON]),
        (0 * HOUR, HOUR, "x" * 301, [WindowFault.LONG_REASON]),
    ],
)
def test_an_absurd_window_is_refused(
    begins: timedelta, ends: timedelta, why: str, faults: list[WindowFault]
) -> None:
    """Each fault by name, and all at once."""
    assert window_faults(Window(HERE, NOW + begins, NOW + ends), why, NOW) == faults


def test_every_fault_has_its_words() -> None:
    """A sentence for the page, a clause for the command line."""
    assert all(fault.french.endswith(".") and fault.english for fault in WindowFault)
