"""A site's state from its parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from territory.health.states import State, site_state

UP, ASLEEP, UNKNOWN, DEGRADED, DOWN = State


@pytest.mark.parametrize(
    ("nas", "access_points", "expected"),
    [
        ([UP], [UP, UP], UP),
        ([UP], [UP, ASLEEP], ASLEEP),
        ([UP], [UP, DOWN], DEGRADED),
        ([UP], [DOWN, DOWN], DOWN),
        ([DOWN], [UP], DOWN),
        ([DOWN, UP], [], DEGRADED),
        ([UP], [UNKNOWN], UNKNOWN),
        ([], [UP], UP),
        ([], [], UNKNOWN),
    ],
)
def test_a_site_is_as_its_parts_let_guests_go_online(
    nas: list[State], access_points: list[State], expected: State
) -> None:
    """Down where nobody gets online, degraded where part of it fails."""
    assert site_state(nas, access_points) is expected


@given(st.lists(st.sampled_from(State)), st.lists(st.sampled_from(State)))
def test_a_site_is_never_better_than_a_failing_part(
    nas: list[State], access_points: list[State]
) -> None:
    """Something down always shows."""
    if DOWN in nas + access_points:
        assert site_state(nas, access_points) in {DOWN, DEGRADED}


def test_states_are_ranked() -> None:
    """The worst last: what a list is sorted by."""
    assert sorted((DOWN, UP, DEGRADED, ASLEEP), key=lambda state: state.rank) == [
        UP,
        ASLEEP,
        DEGRADED,
        DOWN,
    ]
