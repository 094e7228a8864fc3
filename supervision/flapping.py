"""What comes and goes without end is one state, told once: `degraded`, coming and going. Pure.

    turn: the judgement goes from working to `down`, or back
    begins with so many turns within an hour, ends when an hour has seen at most two
    meanwhile what stays `down` for ten minutes is down

Turns are remembered in memory alone: what was coming and going when this process started is held
to be so for an hour more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from supervision.facts import Standing, Verdict
from territory.health.reasons import Reason
from territory.health.states import State

FLAPPING_FROM, FLAPPING_UNTIL = 6, 2
"""Turns within the last hour: flapping from the first, until the second."""
WINDOW = timedelta(hours=1)
DOWN_AFTER = timedelta(minutes=10)
"""What is down for so long does not come and go: it is gone."""
_WORKS = (State.UP, State.DEGRADED)


@dataclass(frozen=True, slots=True)
class Turns:
    """What is remembered of one piece of equipment."""

    state: State | None
    """The last judgement, without regard to flapping; None before the first."""
    at: tuple[datetime, ...] = ()
    """Turns within the last hour, newest last."""
    flapping: bool = False

    def standing(self, kept: Standing | None) -> Standing | None:
        """The last judgement as the next one goes on from it: its own state, not what is told."""
        if kept is None or self.state is None or kept.state is self.state:
            return kept
        return Standing(self.state, kept.answered_before, kept.since, kept.reason, kept.consequence)


def remembered(standing: Standing | None, now: datetime) -> Turns:
    """What a new start knows of one piece of equipment."""
    if standing is None:
        return Turns(None)
    if standing.reason is Reason.FLAPPING:
        return Turns(standing.state, (now,) * FLAPPING_FROM, flapping=True)
    return Turns(standing.state)


def settle(turns: Turns, verdict: Verdict, now: datetime) -> tuple[Verdict, Turns]:
    """Return what is told of a judgement, and what to remember of it."""
    if turns.state is verdict.state and not turns.at:
        return verdict, turns
    at = _within(turns.at, now)
    if _is_turn(turns.state, verdict.state):
        at = (*at, now)[-FLAPPING_FROM:]
    flapping = len(at) > FLAPPING_UNTIL if turns.flapping else len(at) >= FLAPPING_FROM
    remembers = Turns(verdict.state, at, flapping)
    gone = verdict.state is State.DOWN and now - at[-1] >= DOWN_AFTER if at else False
    if not flapping or gone or verdict.state not in (*_WORKS, State.DOWN):
        return verdict, remembers
    return Verdict(State.DEGRADED, Reason.FLAPPING, verdict.consequence), remembers


def _within(at: Sequence[datetime], now: datetime) -> tuple[datetime, ...]:
    return tuple(each for each in at if now - each <= WINDOW)


def _is_turn(was: State | None, state: State) -> bool:
    return (was is State.DOWN and state in _WORKS) or (was in _WORKS and state is State.DOWN)
