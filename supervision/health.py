"""Judges one piece of equipment from its last readings and what others saw of it. Pure.

    a look that proves nothing (our own network was silent)  ->  nothing new, then `unknown`
    one missed reading                                       ->  nothing new
    an answer        ->  _ANSWERING
    no answer        ->  _NOT_PINGED or _SILENT, where something else shows life;
                         else _MISSING, if it was ever there, or _NEVER_THERE

In each table the first rule that fits decides. What the tables hold:

* two readings in a row without an answer make `down`, two answers in a row undo it;
* what stopped answering pings but was heard by RADIUS since then lives: `degraded`, not `down`;
* what never answers pings is judged by RADIUS: heard of late, it is `up`; silent while sessions
  are open, it is `down`; silent with nothing to say, it is `asleep`; never heard, `unknown`;
* what answers SNMP lives, whatever pings say; what answered it once and no longer does is `down`
  where nothing else answers either;
* what its controller sees lives where nothing else can tell, and is `down` where its controller
  lost it; against pings a controller's word counts only once it had time to notice;
* what answers is `degraded` while readings get lost, answers are slow or accounting stays away,
  and each of these ends at a lower mark than it began at, so that a state does not flap;
* what lives and serves nobody is `degraded`: its synthetic guest fails, everybody is refused, or
  its clock is far off;
* where the place is closed, what falls silent is `asleep`; what was `down` before stays so;
* what hangs on a router that is down, or fell silent with much of the territory, is `down` as a
  consequence: its reason says so, and nobody is sent there.

`asleep` means: no sign of life, and none was due.
"""

from collections.abc import Callable
from datetime import datetime

from supervision.facts import Evidence, Verdict
from supervision.signs import ANSWERS_BEFORE_UP, MISSES_BEFORE_DOWN, Signs
from territory.health.reasons import Reason
from territory.health.states import State


def _always(_: Signs) -> bool:
    return True


_Rule = tuple[Callable[[Signs], bool], State, Reason]


def _while_heard(rules: tuple[_Rule, ...]) -> tuple[_Rule, ...]:
    """Return rules for what lives, where only RADIUS or SNMP tells that it does."""

    def alive(fits: Callable[[Signs], bool]) -> Callable[[Signs], bool]:
        return lambda s: (s.answers_snmp or (s.heard_lately and not s.link_cut)) and fits(s)

    return tuple((alive(fits), state, reason) for fits, state, reason in rules)


_BY_SNMP: tuple[_Rule, ...] = (
    (lambda s: s.answers_snmp and s.restarts_often, State.DEGRADED, Reason.RESTARTS_OFTEN),
    (lambda s: s.answers_snmp and s.erroneous, State.DEGRADED, Reason.INTERFACE_ERRORS),
)
_BY_RADIUS: tuple[_Rule, ...] = (
    (lambda s: s.nobody_logs_in, State.DEGRADED, Reason.LOG_IN_FAILS),
    (lambda s: s.everybody_refused, State.DEGRADED, Reason.EVERYBODY_REFUSED),
    (lambda s: s.clock_wrong, State.DEGRADED, Reason.CLOCK_WRONG),
)
_NOT_PINGED: tuple[_Rule, ...] = (
    *_BY_SNMP,
    *_while_heard(_BY_RADIUS),
    (
        lambda s: s.heard_lately and not s.link_cut and not s.gone_by_snmp,
        State.UP,
        Reason.SPEAKS_RADIUS,
    ),
    (lambda s: s.answers_snmp, State.UP, Reason.ANSWERS_SNMP),
    (lambda s: s.seen_by_controller, State.UP, Reason.SEEN_BY_CONTROLLER),
)
_SILENT: tuple[_Rule, ...] = (
    (lambda s: s.answers_snmp and s.answered_before, State.DEGRADED, Reason.PING_LOST_NOT_SNMP),
    (
        lambda s: s.still_seen_by_controller and s.answered_before,
        State.DEGRADED,
        Reason.PING_LOST_YET_SEEN,
    ),
    (lambda s: s.heard_meanwhile and s.answered_before, State.DEGRADED, Reason.PING_LOST),
    *_BY_SNMP,
    *_while_heard(_BY_RADIUS),
    (lambda s: s.answers_snmp, State.UP, Reason.ANSWERS_SNMP),
    (
        lambda s: s.heard_lately and not s.answered_before and not s.link_cut,
        State.UP,
        Reason.PING_FILTERED,
    ),
    (
        lambda s: s.seen_by_controller and not s.answered_before,
        State.UP,
        Reason.SEEN_BY_CONTROLLER,
    ),
)
_MISSING: tuple[_Rule, ...] = (
    (lambda s: s.excused, State.ASLEEP, Reason.CLOSED),
    (lambda s: s.guests_lost and s.network_new, State.UNKNOWN, Reason.OWN_NETWORK),
    (lambda s: s.around.common_outage, State.DOWN, Reason.COMMON_OUTAGE),
    (lambda s: s.around.router is State.DOWN, State.DOWN, Reason.SITE_SILENT),
    (lambda s: s.starting, State.DOWN, Reason.STARTING),
    (lambda s: s.link_cut, State.DOWN, Reason.TUNNEL_SILENT),
    (lambda s: s.guests_lost and s.pinged, State.DOWN, Reason.SILENT_WITH_GUESTS),
    (lambda s: s.guests_lost, State.DOWN, Reason.RADIUS_SILENT),
    (lambda s: s.lost_by_snmp and not s.answered_pings, State.DOWN, Reason.SNMP_LOST),
    (lambda s: s.lost_by_controller and not s.answered_pings, State.DOWN, Reason.CONTROLLER_LOST),
    (lambda s: s.around.router is State.UP, State.DOWN, Reason.ALONE_SILENT),
    (lambda s: s.around.tunnel is State.UP, State.DOWN, Reason.TUNNEL_STANDS),
    (_always, State.DOWN, Reason.SILENT),
)
_NEVER_THERE: tuple[_Rule, ...] = (
    (lambda s: s.heard, State.ASLEEP, Reason.QUIET),
    (
        lambda s: s.evidence.controller is not None and not s.pinged,
        State.UNKNOWN,
        Reason.CONTROLLER_SILENT,
    ),
    (lambda s: not s.evidence.may_ping, State.UNKNOWN, Reason.CANNOT_PING),
    (lambda s: s.pinged or s.evidence.radius is not None, State.UNKNOWN, Reason.NEVER_SEEN),
    (_always, State.UNKNOWN, Reason.NO_ADDRESS),
)
_ANSWERING: tuple[_Rule, ...] = (
    (
        lambda s: s.was is State.DOWN and s.answers < ANSWERS_BEFORE_UP,
        State.DOWN,
        Reason.COMING_BACK,
    ),
    (lambda s: s.guests_lost and not s.network_new, State.DEGRADED, Reason.ACCOUNTING_LOST),
    *_BY_RADIUS,
    *_BY_SNMP,
    (lambda s: s.lost_by_controller, State.DEGRADED, Reason.LEFT_CONTROLLER),
    (lambda s: s.lossy, State.DEGRADED, Reason.LOSSY),
    (lambda s: s.slow, State.DEGRADED, Reason.SLOW),
    (lambda s: s.answers_snmp and s.restarted_lately, State.UP, Reason.RESTARTED),
    (lambda s: s.snmp_silent, State.UP, Reason.SNMP_SILENT),
    (_always, State.UP, Reason.ANSWERS),
)


def judge(evidence: Evidence, now: datetime) -> Verdict | None:
    """The state that the evidence leads to, and why; None leaves the last judgement as it is.

    None comes after a single missed reading of something already judged, by whatever way it is
    asked: too little to change anything, and too little to confirm it; and where our own network
    leaves nothing to see.
    """
    signs = Signs(evidence, now)
    standing = evidence.standing
    if evidence.voids:
        return _unseen(signs)
    if signs.pinged and not signs.answering and not signs.silent:
        return None if standing else Verdict(State.UNKNOWN, Reason.FIRST_LOOK)
    state, reason = next((state, reason) for fits, state, reason in _rules(signs) if fits(signs))
    if signs.just_missed and state not in (State.UP, State.DEGRADED):
        return None if standing else Verdict(State.UNKNOWN, Reason.FIRST_LOOK)
    inherits = reason is Reason.COMING_BACK and standing is not None and standing.consequence
    return Verdict(state, reason, inherits)


def _rules(signs: Signs) -> tuple[_Rule, ...]:
    if signs.answering:
        return _ANSWERING
    alive = _SILENT if signs.pinged else _NOT_PINGED
    return (*alive, *(_MISSING if signs.missing else _NEVER_THERE))


def _unseen(signs: Signs) -> Verdict | None:
    """Our own network is silent: what was well is no longer known, all else stays as it is."""
    if signs.evidence.voids < MISSES_BEFORE_DOWN or signs.was in (State.DOWN, State.ASLEEP):
        return None if signs.was else Verdict(State.UNKNOWN, Reason.FIRST_LOOK)
    return Verdict(State.UNKNOWN, Reason.OWN_NETWORK)
