"""A site's state from its parts, and what a discard's reason means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.console.estate import DISCARD_REASONS, Health, explain, judge_site

UP, DOWN, UNKNOWN, DEGRADED, ASLEEP = (
    Health.UP,
    Health.DOWN,
    Health.UNKNOWN,
    Health.DEGRADED,
    Health.ASLEEP,
)


@pytest.mark.parametrize(
    ("nas", "access_points", "expected"),
    [
        ([UP], [UP, UP], UP),
        ([UP], [UP, DOWN], DEGRADED),
        ([UP], [DOWN, DOWN], DOWN),
        ([DOWN], [UP, UP], DOWN),
        ([DOWN, UP], [UP], DEGRADED),
        ([UP], [DEGRADED, UP], DEGRADED),
        ([UNKNOWN], [UP], UNKNOWN),
        ([UP], [UNKNOWN], UNKNOWN),
        ([UP], [UNKNOWN, UP], UP),
        ([UP], [], UP),
        ([], [], UNKNOWN),
        ([ASLEEP], [ASLEEP], ASLEEP),
    ],
)
def test_a_site_is_down_when_nobody_can_go_online_there(
    nas: list[Health], access_points: list[Health], expected: Health
) -> None:
    """All of one kind down: down. Part of it: degraded. Nothing known of a kind: unknown."""
    assert judge_site(nas, access_points) is expected


@given(st.lists(st.sampled_from(Health)), st.lists(st.sampled_from(Health)))
def test_a_site_is_never_better_than_a_failing_part(
    nas: list[Health], access_points: list[Health]
) -> None:
    """Something down always shows."""
    if DOWN in nas + access_points:
        assert judge_site(nas, access_points) in {DOWN, DEGRADED}


def test_reasons_are_told_in_french_and_new_ones_as_they_are() -> None:
    """A reason without a sentence still shows."""
    assert all(explain(reason) != reason for reason in DISCARD_REASONS)
    assert explain("something-new") == "something-new"
