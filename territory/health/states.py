"""The states of a piece of equipment and of a site: judged by supervision, shown by all. Pure."""

from collections.abc import Iterable
from enum import StrEnum


class State(StrEnum):
    """How a piece of equipment or a site is, the worst last."""

    UP = "up"
    ASLEEP = "asleep"
    UNKNOWN = "unknown"
    DEGRADED = "degraded"
    DOWN = "down"

    @property
    def french(self) -> str:
        """The word that pages show (docs/lexique.md)."""
        return _FRENCH[self]

    @property
    def rank(self) -> int:
        """Higher is worse."""
        return _RANKS[self]


_FRENCH = {
    State.UP: "en service",
    State.ASLEEP: "en veille",
    State.UNKNOWN: "inconnu",
    State.DEGRADED: "dégradé",
    State.DOWN: "en panne",
}
_RANKS = {state: rank for rank, state in enumerate(State)}


def site_state(nas: Iterable[State], access_points: Iterable[State]) -> State:
    """A site's state from its parts.

    All NAS down, or all access points down: nobody gets online, the site is down. Some: degraded.
    Nothing known yet of one or the other: unknown.
    """
    kinds = [kind for kind in (list(nas), list(access_points)) if kind]
    if any(all(state is State.DOWN for state in kind) for kind in kinds):
        return State.DOWN
    known = [state for kind in kinds for state in kind if state is not State.UNKNOWN]
    if any(state in {State.DOWN, State.DEGRADED} for state in known):
        return State.DEGRADED
    if any(all(state is State.UNKNOWN for state in kind) for kind in kinds):
        return State.UNKNOWN
    return max(known, key=lambda state: state.rank, default=State.UNKNOWN)
