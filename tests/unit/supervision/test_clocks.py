"""A fleet that is off together has not gone wrong: we have."""

import pytest

from supervision.clocks import own_error


@pytest.mark.parametrize(
    ("offsets", "ours"),
    [
        ([], 0.0),
        ([500.0], 0.0),
        ([500.0, 500.0], 0.0),
        ([1.0, -2.0, 500.0], 0.0),
        ([300.0, 301.0, 299.0, 2.0], 299.5),
        ([-3600.0, -3601.0, -3599.0], -3600.0),
        ([59.0, 58.0, 57.0], 0.0),
    ],
)
def test_half_of_the_fleet_is_believed_against_us(offsets: list[float], ours: float) -> None:
    """One or two NAS are not, and a small difference is nobody's fault."""
    assert own_error(offsets) == ours
