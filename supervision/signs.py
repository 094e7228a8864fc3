"""Evidence read once for all the rules of health.py: each sign is a yes or no, or a count. Pure.

Where a mark depends on the state it was in, it begins higher than it ends, so that nothing flaps.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from supervision.facts import Evidence, Reading, Surroundings
from territory.health.reasons import Reason
from territory.health.states import State
from territory.wireguard.hub import ALIVE

MISSES_BEFORE_DOWN = 2
"""Readings in a row without an answer, each of several tries."""
ANSWERS_BEFORE_UP = 2
"""Readings in a row with an answer, once down."""
CONTROLLER_NOTICES = 5
"""Readings in a row without an answer, after which its controller should know that it is gone."""
HISTORY = 10
"""Readings that are remembered for each piece of equipment."""
LOSSY_FROM, LOSSY_UNTIL = 3, 1
"""Imperfect readings among the last `HISTORY`: degraded from the first, until the second."""
SLOW_FROM_SECONDS, SLOW_UNTIL_SECONDS = 0.5, 0.3
"""Median round trip: degraded above the first, until below the second."""
ERRORS_FROM, ERRORS_UNTIL = 0.01, 0.001
"""Share of packets that interfaces threw away since the last poll: likewise."""
RESTARTS_FROM = 3
"""Restarts within an hour that are too many."""
FAILED_LOG_INS_FROM = 2
"""Log-ins of a synthetic guest that fail in a row: one may be a lost datagram."""
REFUSED_FROM, REFUSED_FOR = 15, timedelta(minutes=20)
"""Refusals in a row that are no guest's fault, and for how long; where nobody has asked for as
long, they are over."""
CLOCK_FROM_SECONDS, CLOCK_UNTIL_SECONDS = 120.0, 60.0
"""A clock so far from ours: degraded above the first, until below the second."""
RESTARTED_LATELY = timedelta(minutes=10)
"""A restart is told for so long."""
STARTING = timedelta(minutes=5)
"""What hangs on a router may take so long to start after it."""


@dataclass(frozen=True, slots=True)
class Signs:
    """The evidence, read once for all the rules."""

    evidence: Evidence
    now: datetime

    @property
    def pinged(self) -> bool:
        """Whether it is pinged at all."""
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
        """Whether the last reading was answered."""
        history = self.evidence.history
        return bool(history) and history[-1].round_trip_seconds is not None

    @property
    def silent(self) -> bool:
        """Whether it missed enough readings to count as silent."""
        return self.misses >= MISSES_BEFORE_DOWN

    @property
    def was(self) -> State | None:
        """Its state at the last judgement; None before the first."""
        return self.evidence.standing.state if self.evidence.standing else None

    @property
    def answered_before(self) -> bool:
        """Whether it ever answered a ping."""
        standing = self.evidence.standing
        known = standing is not None and standing.answered_before
        return known or any(r.round_trip_seconds is not None for r in self.evidence.history)

    @property
    def heard(self) -> bool:
        """Whether RADIUS ever heard it."""
        radius = self.evidence.radius
        return radius is not None and radius.last_heard_at is not None

    @property
    def heard_lately(self) -> bool:
        """Whether RADIUS heard it within its patience."""
        radius = self.evidence.radius
        if radius is None or radius.last_heard_at is None:
            return False
        return (radius.read_at or self.now) - radius.last_heard_at <= radius.patience

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
    def around(self) -> Surroundings:
        """What it hangs on, and what is due of it."""
        return self.evidence.around

    @property
    def answered_pings(self) -> bool:
        """It is pinged, and has answered."""
        return self.pinged and self.answered_before

    @property
    def missing(self) -> bool:
        """It was there and should be, by whatever way it was seen."""
        cut = self.heard and self.link_cut
        by_asking = self.answered_pings or self.lost_by_snmp or self.lost_by_controller
        return by_asking or self.guests_lost or cut

    @property
    def unwatched(self) -> bool:
        """It was judged before, and then nobody watched."""
        standing = self.evidence.standing
        return standing is not None and standing.reason is Reason.NOT_WATCHED

    @property
    def link_cut(self) -> bool:
        """Its site's tunnel fell silent, and RADIUS has not heard it by another way since."""
        radius = self.evidence.radius
        heard_at = radius.last_heard_at if radius else None
        cut = self.around.tunnel is State.DOWN
        return cut and (heard_at is None or self.now - heard_at > ALIVE)

    @property
    def excused(self) -> bool:
        """Nobody is due to be served; what failed before that stays failed until it answers."""
        return self.around.may_sleep and self.was is not State.DOWN

    @property
    def network_new(self) -> bool:
        """Our own network is back for less time than RADIUS takes to tell of open sessions."""
        since, radius = self.around.network_since, self.evidence.radius
        return since is not None and radius is not None and self.now - since <= radius.patience

    @property
    def starting(self) -> bool:
        """It went with its router, which has just come back: it may take longer."""
        around, standing = self.around, self.evidence.standing
        if around.router_since is None or standing is None or not standing.consequence:
            return False
        return around.router is State.UP and self.now - around.router_since <= STARTING

    @property
    def nobody_logs_in(self) -> bool:
        """Its synthetic guest fails again and again."""
        radius = self.evidence.radius
        return radius is not None and radius.failed_log_ins >= FAILED_LOG_INS_FROM

    @property
    def everybody_refused(self) -> bool:
        """Many people in a row were refused, for long, and nobody let in since."""
        radius = self.evidence.radius
        if radius is None or radius.refused_since is None:
            return False
        heard_at = radius.last_heard_at
        asked = heard_at is not None and self.now - heard_at <= REFUSED_FOR
        long = self.now - radius.refused_since >= REFUSED_FOR
        return asked and long and radius.refused_in_row >= REFUSED_FROM

    @property
    def clock_wrong(self) -> bool:
        """Its clock is far from ours."""
        radius = self.evidence.radius
        if radius is None or radius.clock_offset_seconds is None:
            return False
        limit = CLOCK_UNTIL_SECONDS if self.was is State.DEGRADED else CLOCK_FROM_SECONDS
        return abs(radius.clock_offset_seconds) > limit

    @property
    def answers_snmp(self) -> bool:
        """Whether the last poll by SNMP was answered."""
        snmp = self.evidence.snmp
        return snmp is not None and snmp.misses == 0

    @property
    def lost_by_snmp(self) -> bool:
        """It answered SNMP, as far as anybody knows, and no longer does."""
        snmp = self.evidence.snmp
        if snmp is None or not self.snmp_silent:
            return False
        alive_once = self.was not in (None, State.UNKNOWN) or self.unwatched
        return snmp.answered_before or (alive_once and self.evidence.radius is None)

    @property
    def gone_by_snmp(self) -> bool:
        """The same, and RADIUS has not heard it since."""
        snmp, radius = self.evidence.snmp, self.evidence.radius
        if snmp is None or not self.lost_by_snmp:
            return False
        heard_at = radius.last_heard_at if radius else None
        since = snmp.silent_since
        return heard_at is None or (since is not None and heard_at <= since)

    @property
    def snmp_silent(self) -> bool:
        """Whether it missed enough polls by SNMP."""
        snmp = self.evidence.snmp
        return snmp is not None and snmp.misses >= MISSES_BEFORE_DOWN

    @property
    def seen_by_controller(self) -> bool:
        """Its controller has it online."""
        controller = self.evidence.controller
        return controller is not None and controller.online is True

    @property
    def still_seen_by_controller(self) -> bool:
        """The same, for longer than a controller takes to notice that one is gone."""
        return self.seen_by_controller and self.misses >= CONTROLLER_NOTICES

    @property
    def lost_by_controller(self) -> bool:
        """Its controller answers, and has found it gone more than once."""
        controller = self.evidence.controller
        if controller is None or controller.online is not False:
            return False
        return controller.misses >= MISSES_BEFORE_DOWN

    @property
    def just_missed(self) -> bool:
        """It is not pinged, and by SNMP or its controller missed for the first time."""
        asked = self.evidence.snmp, self.evidence.controller
        return not self.pinged and any(one is not None and one.misses == 1 for one in asked)

    @property
    def restarts_often(self) -> bool:
        """Too many restarts within an hour."""
        snmp = self.evidence.snmp
        return snmp is not None and snmp.restarts >= RESTARTS_FROM

    @property
    def restarted_lately(self) -> bool:
        """A restart that is still told."""
        snmp = self.evidence.snmp
        if snmp is None or snmp.restarted_at is None:
            return False
        return self.now - snmp.restarted_at <= RESTARTED_LATELY

    @property
    def erroneous(self) -> bool:
        """Its interfaces throw too many packets away."""
        snmp = self.evidence.snmp
        limit = ERRORS_UNTIL if self.was is State.DEGRADED else ERRORS_FROM
        return snmp is not None and snmp.error_ratio is not None and snmp.error_ratio > limit

    @property
    def lossy(self) -> bool:
        """Too many readings were imperfect since the last outage."""
        imperfect = sum(not reading.perfect for reading in _since_outage(self.evidence.history))
        limit = LOSSY_UNTIL + 1 if self.was is State.DEGRADED else LOSSY_FROM
        return imperfect >= limit

    @property
    def slow(self) -> bool:
        """Its answers take too long."""
        times = [r.round_trip_seconds for r in self.evidence.history if r.round_trip_seconds]
        limit = SLOW_UNTIL_SECONDS if self.was is State.DEGRADED else SLOW_FROM_SECONDS
        return max(times, default=0.0) > limit and median(times) > limit


def _trailing(history: Sequence[Reading], fits: Callable[[Reading], bool]) -> int:
    count = 0
    for reading in reversed(history):
        if not fits(reading):
            break
        count += 1
    return count


def _since_outage(history: Sequence[Reading]) -> Sequence[Reading]:
    """What came after the last outage: an outage that is over is no loss on the line."""
    silent = 0
    for place in range(len(history) - 1, -1, -1):
        silent = silent + 1 if history[place].round_trip_seconds is None else 0
        if silent == MISSES_BEFORE_DOWN:
            return history[place + MISSES_BEFORE_DOWN :]
    return history
