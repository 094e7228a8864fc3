"""What comes and goes is told once, and its end once."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from supervision.facts import Standing, Verdict
from supervision.flapping import FLAPPING_FROM, Turns, remembered, settle
from territory.health.reasons import Reason
from territory.health.states import State

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
UP, DOWN = Verdict(State.UP, Reason.ANSWERS), Verdict(State.DOWN, Reason.SILENT)
BEHIND_ITS_ROUTER = Verdict(State.DOWN, Reason.SITE_SILENT)
FLAPPING = Verdict(State.DEGRADED, Reason.FLAPPING)


WORKING = Turns(State.UP)


def told(verdicts: Iterable[Verdict], turns: Turns = WORKING) -> list[Verdict]:
    """What is told of judgements two minutes apart."""
    said = []
    for number, verdict in enumerate(verdicts):
        shown, turns = settle(turns, verdict, NOW + 2 * number * MINUTE)
        said.append(shown)
    return said


def changes(said: Iterable[Verdict]) -> list[State]:
    """The states told, each once in a row."""
    states: list[State] = []
    for verdict in said:
        if not states or states[-1] is not verdict.state:
            states.append(verdict.state)
    return states


def test_an_outage_and_its_end_are_two_changes() -> None:
    """What happens once is told as it is."""
    assert told([UP, DOWN, DOWN, UP]) == [UP, DOWN, DOWN, UP]


def test_coming_and_going_is_told_once() -> None:
    """From the sixth turn within the hour, one state; whatever comes and goes meanwhile."""
    said = told([DOWN, UP] * 12)
    assert said[: FLAPPING_FROM - 1] == ([DOWN, UP] * 3)[: FLAPPING_FROM - 1]
    assert set(said[FLAPPING_FROM - 1 :]) == {FLAPPING}


def test_it_ends_once_an_hour_was_calm() -> None:
    """Two turns left within the hour end it, and its state is told again: no sooner."""
    said = told([*([DOWN, UP] * 4), *([UP] * 40)])
    assert changes(said)[-2:] == [State.DEGRADED, State.UP]
    assert said.index(UP, 10) >= 30


def test_what_stays_down_is_down() -> None:
    """Ten minutes after its last turn it is gone; its return is coming and going again."""
    said = told([*([DOWN, UP] * 3), *([DOWN] * 8), UP])
    assert said[6] == FLAPPING
    assert said[-2] == DOWN
    assert said[-1] == FLAPPING


def test_what_follows_its_router_stays_a_consequence() -> None:
    """An access point that goes each time its router does is not at fault."""
    said = told([BEHIND_ITS_ROUTER, UP] * 3)[-2:]
    assert [each.state for each in told([BEHIND_ITS_ROUTER, UP] * 4)[-2:]] == [State.DEGRADED] * 2
    assert told([BEHIND_ITS_ROUTER, UP] * 4)[-2].consequence
    assert said[0] == BEHIND_ITS_ROUTER


def test_asleep_is_no_turn() -> None:
    """A town hall that opens and closes does not come and go."""
    asleep = Verdict(State.ASLEEP, Reason.CLOSED)
    assert told([asleep, UP] * 6) == [asleep, UP] * 6


def test_a_new_start_goes_on_from_what_was_told() -> None:
    """What was coming and going is held to be so for an hour more; all else begins anew."""
    standing = Standing(State.DEGRADED, answered_before=True, reason=Reason.FLAPPING)
    assert told([UP], remembered(standing, NOW)) == [FLAPPING]
    late = settle(remembered(standing, NOW), UP, NOW + timedelta(minutes=61))[0]
    assert late == UP
    down = Standing(State.DOWN, answered_before=True, reason=Reason.SILENT)
    assert remembered(down, NOW) == Turns(State.DOWN)
    assert remembered(None, NOW) == Turns(None)


def test_judgements_go_on_from_their_own_state() -> None:
    """While `degraded` is told, what was judged `down` needs its two answers to be up."""
    kept = Standing(State.DEGRADED, answered_before=True, reason=Reason.FLAPPING)
    standing = Turns(State.DOWN, (NOW,) * FLAPPING_FROM, flapping=True).standing(kept)
    assert standing is not None
    assert standing.state is State.DOWN
    assert Turns(None).standing(kept) is kept
