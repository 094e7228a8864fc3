"""In which unit an Omada controller counts, from what it granted."""

import pytest

from portal.controllers.omada import MICROSECONDS, MILLISECONDS, unit_understood


@pytest.mark.parametrize(
    ("unit", "asked", "granted", "understood"),
    [
        (MILLISECONDS, 14_400, 14_400, MILLISECONDS),
        (MILLISECONDS, 14_400, 14_399, MILLISECONDS),
        (MILLISECONDS, 14_400, 14, MICROSECONDS),
        (MILLISECONDS, 60, 0, MICROSECONDS),
        (MICROSECONDS, 14_400, 14_400_000, MILLISECONDS),
        (MICROSECONDS, 14_400, 14_400, MICROSECONDS),
        (MILLISECONDS, 14_400, 14_400 * 60_000, None),
    ],
)
def test_what_it_understood(unit: int, asked: int, granted: int, understood: int | None) -> None:
    """A thousand times too short or too long is the other unit; anything else is told."""
    assert unit_understood(unit, asked, granted) == understood
