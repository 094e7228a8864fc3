"""Where a requisition may go: every pair of state and act, the table's ends and its rules."""

from itertools import product

import pytest

from retention.desk.states import BEGINNINGS, TRANSITIONS, Act, State, advance, allowed

ENDS = {State.ANSWERED, State.PRESERVED, State.REFUSED, State.WITHDRAWN}


@pytest.mark.parametrize(("state", "act"), [*product(State, Act)])
def test_what_the_table_does_not_say_is_not_allowed(state: State, act: Act) -> None:
    """An act leads where the table says, or nowhere; what may be done now says the same."""
    assert advance(state, act) == TRANSITIONS.get((state, act))
    assert (act in allowed(state)) == ((state, act) in TRANSITIONS)


def test_a_suspended_requisition_is_never_prepared() -> None:
    """Release comes after an override, never before."""
    assert advance(State.SUSPENDED, Act.PREPARE) is None
    assert advance(State.SUSPENDED, Act.OVERRIDE) is State.OVERRIDDEN
    assert advance(State.OVERRIDDEN, Act.PREPARE) is State.PREPARED
    before = {state for (state, act) in TRANSITIONS if act is Act.PREPARE}
    assert before == {State.RECEIVED, State.OVERRIDDEN}


def test_nothing_follows_an_end_and_every_state_is_reached() -> None:
    """Answered, preserved, refused and withdrawn are ends; no state is out of reach."""
    assert {state for state in State if state.is_end} == ENDS
    reached = {*BEGINNINGS.values(), *TRANSITIONS.values()}
    assert reached == set(State)
    assert {act for _, act in TRANSITIONS} | set(BEGINNINGS) == set(Act)
