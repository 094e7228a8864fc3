"""Judges one piece of equipment from its last readings and what RADIUS saw of it. Pure.

Rules, in the order in which they are tried (`_RULES`); the first that fits decides:

* one missed reading changes nothing: two in a row make `down`, two answers in a row undo it;
* what stopped answering pings but was heard by RADIUS since then lives: `degraded`, not `down`;
* what never answers pings is judged by RADIUS: heard of late, it is `up`; silent while sessions
  are open, it is `down`; silent with nothing to say, it is `asleep`; never heard, `unknown`;
* what answers is `degraded` while readings get lost, answers are slow or accounting stays away,
  and each of these ends at a lower mark than it began at, so that a state does not flap.

`asleep` means: no sign of life, and none was due.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median

from supervision.reasons import Reason

MISSES_BEFORE_DOWN = 2
"""Readings in a row without an answer, each of several tries."""
ANSWERS_BEFORE_UP = 2
"""Readings in a row with an answer, once down."""
HISTORY = 10
"""Readings that are remembered for each piece of equipment."""
LOSSY_FROM, LOSSY_UNTIL = 3, 1
"""Imperfect readings among the last `HISTORY`: degraded from the first, until the second."""
SLOW_FROM_SECONDS, SLOW_UNTIL_SECONDS = 0.5, 0.3
"""Median round trip: degraded above the first, until below the second."""


class State(StrEnum):
    """How a piece of equipment is."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    UNKNOWN = "unknown"
    ASLEEP = "asleep"


@dataclass(frozen=True, slots=True)
class Reading:
    """What one poll gave."""

    at: datetime
    """When it ended, by the server's clock."""
    round_trip_seconds: float | None
    """None when no try was answered."""
    tries: int = 1
    """Pings it took; more than one means some were lost."""

    @property
    def perfect(self) -> bool:
        """Whether the first try was answered."""
        return self.round_trip_seconds is not None and self.tries == 1


@dataclass(frozen=True, slots=True)
class RadiusFacts:
    """What RADIUS saw of a NAS."""

    last_heard_at: datetime | None
    """Last good request of any kind; None: never."""
    open_sessions: int
    overdue_sessions: int
    """Open sessions that missed their interim records for longer than `patience`."""
    patience: timedelta
    """A longer silence than this from a NAS with guests is not normal."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The last judgement, as kept in `live.equipment_state`."""

    state: State
    answered_before: bool
    """Whether it ever answered a ping."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a judgement rests on."""

    history: Sequence[Reading] = ()
    """The last readings, newest last; empty when it is not pinged."""
    radius: RadiusFacts | None = None
    """None for an access point: it does not speak RADIUS itself."""
    router: State | None = None
    """State of the NAS of the same site; None for a NAS, or a site without one."""
    standing: Standing | None = None
    """None when it was never judged."""
    may_ping: bool = True
    """Whether this server can send pings at all."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `judge` found."""

    state: State
    reason: Reason


@dataclass(frozen=True, slots=True)
class _Signs:
    """The evidence, read once for all the rules."""

    evidence: Evidence
    now: datetime

    @property
    def pinged(self) -> bool:
        return bool(self.evidence.history)

    @property
    def misses(self) -> int:
        """Readings in a row, up to the last, without an answer."""
        return _trailing(self.evidence.history, lambda r: r.round_trip_seconds is None)

    @property
    def answers(self) -> int:
        """Readings in a row, up to the last, with an answer."""
        return _trailing(self.evidence.history, lambda r: r.round_trip_seconds is not None)

    @property
    def answering(self) -> bool:
        return self.answers > 0

    @property
    def silent(self) -> bool:
        return self.misses >= MISSES_BEFORE_DOWN

    @property
    def was(self) -> State | None:
        return self.evidence.standing.state if self.evidence.standing else None

    @property
    def answered_before(self) -> bool:
        standing = self.evidence.standing
        known = standing is not None and standing.answered_before
        return known or any(r.round_trip_seconds is not None for r in self.evidence.history)

    @property
    def heard(self) -> bool:
        radius = self.evidence.radius
        return radius is not None and radius.last_heard_at is not None

    @property
    def heard_lately(self) -> bool:
        radius = self.evidence.radius
        if radius is None or radius.last_heard_at is None:
            return False
        return self.now - radius.last_heard_at <= radius.patience

    @property
    def heard_meanwhile(self) -> bool:
        """RADIUS heard it after the first of the readings it now misses."""
        radius = self.evidence.radius
        if not self.heard_lately or not self.misses or radius is None:
            return False
        began = self.evidence.history[-self.misses].at
        return radius.last_heard_at is not None and radius.last_heard_at > began

    @property
    def guests_lost(self) -> bool:
        """Sessions are open and every one of them has gone quiet."""
        radius = self.evidence.radius
        return radius is not None and 0 < radius.open_sessions == radius.overdue_sessions

    @property
    def lossy(self) -> bool:
        imperfect = sum(not reading.perfect for reading in _since_outage(self.evidence.history))
        limit = LOSSY_UNTIL + 1 if self.was is State.DEGRADED else LOSSY_FROM
        return imperfect >= limit

    @property
    def slow(self) -> bool:
        times = [r.round_trip_seconds for r in self.evidence.history if r.round_trip_seconds]
        limit = SLOW_UNTIL_SECONDS if self.was is State.DEGRADED else SLOW_FROM_SECONDS
        return bool(times) and median(times) > limit


def _trailing(history: Sequence[Reading], fits: Callable[[Reading], bool]) -> int:
    count = 0
    for reading in reversed(history):
        if not fits(reading):
            break
        count += 1
    return count


def _since_outage(history: Sequence[Reading]) -> Sequence[Reading]:
    """What came after the last outage: an outage that is over is no loss on the line."""
    for end in range(len(history), MISSES_BEFORE_DOWN - 1, -1):
        ending = history[end - MISSES_BEFORE_DOWN : end]
        if all(reading.round_trip_seconds is None for reading in ending):
            return history[end:]
    return history


def _always(_: _Signs) -> bool:
    return True


_Rule = tuple[Callable[[_Signs], bool], State, Reason]

_NOT_PINGED: tuple[_Rule, ...] = (
    (lambda s: s.heard_lately, State.UP, Reason.SPEAKS_RADIUS),
    (lambda s: s.guests_lost, State.DOWN, Reason.RADIUS_SILENT),
    (lambda s: s.heard, State.ASLEEP, Reason.QUIET),
    (lambda s: not s.evidence.may_ping, State.UNKNOWN, Reason.CANNOT_PING),
    (lambda s: s.evidence.radius is not None, State.UNKNOWN, Reason.NEVER_SEEN),
    (_always, State.UNKNOWN, Reason.NO_ADDRESS),
)
_SILENT: tuple[_Rule, ...] = (
    (lambda s: s.heard_meanwhile and s.answered_before, State.DEGRADED, Reason.PING_LOST),
    (lambda s: s.heard_lately and not s.answered_before, State.UP, Reason.PING_FILTERED),
    (lambda s: s.guests_lost, State.DOWN, Reason.SILENT_WITH_GUESTS),
    (lambda s: s.heard and not s.answered_before, State.ASLEEP, Reason.QUIET),
    (lambda s: not s.answered_before, State.UNKNOWN, Reason.NEVER_SEEN),
    (lambda s: s.evidence.router is State.DOWN, State.DOWN, Reason.SITE_SILENT),
    (lambda s: s.evidence.router is State.UP, State.DOWN, Reason.ALONE_SILENT),
    (_always, State.DOWN, Reason.SILENT),
)
_ANSWERING: tuple[_Rule, ...] = (
    (
        lambda s: s.was is State.DOWN and s.answers < ANSWERS_BEFORE_UP,
        State.DOWN,
        Reason.COMING_BACK,
    ),
    (lambda s: s.guests_lost, State.DEGRADED, Reason.ACCOUNTING_LOST),
    (lambda s: s.lossy, State.DEGRADED, Reason.LOSSY),
    (lambda s: s.slow, State.DEGRADED, Reason.SLOW),
    (_always, State.UP, Reason.ANSWERS),
)


def judge(evidence: Evidence, now: datetime) -> Verdict | None:
    """The state that the evidence leads to, and why; None leaves the last judgement as it is.

    None comes after a single missed reading of something already judged: too little to change
    anything, and too little to confirm it.
    """
    signs = _Signs(evidence, now)
    if signs.pinged and not signs.answering and not signs.silent:
        return None if evidence.standing else Verdict(State.UNKNOWN, Reason.FIRST_LOOK)
    rules = _NOT_PINGED if not signs.pinged else _ANSWERING if signs.answering else _SILENT
    return next(Verdict(state, reason) for fits, state, reason in rules if fits(signs))
