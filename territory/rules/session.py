"""One RADIUS accounting session, told by records that may be lost, late, repeated or out of order.

The machine that live.session is at scale: radius/statements.py does in SQL what this says, and a
test holds them equal. Its rules:

* A record **happened** when it was received, less what the NAS says it waited (Acct-Delay-Time,
  RFC 2866 §5.2); the NAS's own clock (Event-Timestamp) dates nothing. It **begins** that much
  earlier as the session is old (Acct-Session-Time, §5.7); a Start begins when it happened.
* Whatever is heard first starts the session: a lost Start is dated back.
* The NAS's word ends it: the earliest Stop stands, and nothing after it opens it again.
* What nobody told is **concluded**: the NAS restarted (Accounting-On or -Off), or was silent too
  long. Such an end has a negative cause, gives way to a Stop, and to any record that shows the
  session alive after it.
* A name used again (Acct-Session-Id, §5.5) is another session: its record begins after all that is
  known of the first, happened before all of it, or is older than its Stop said. A Start said again
  and a Stop said again are no new session: nothing was heard between the Starts, the Stops tell
  the same.
* A record that tells no age belongs to the newest session of its name, and is dated by it.
* Totals only grow. A counter lower than in a younger report has wrapped at 32 bits (where the step
  is the shorter way round, RFC 1982 §3.2) or begun anew, and counts on. What only a lost report
  would have shown is not counted.
* An open session is taken for **live** while it could still be: until its NAS has missed three
  reports, or, where it sends none, until its right ends.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum, IntEnum, auto
from typing import Final, NamedTuple, TypeAlias

SAME_INSTANT_SECONDS: Final = 5
"""Two datings of one session differ by as much: whole seconds, and a packet held up on its way."""
REPEATED_START_SECONDS: Final = 300
"""For so long a Start of which nothing more was heard may be said again without Acct-Delay-Time."""
MISSED_REPORTS: Final = 3
"""So many reports may be lost before a session is taken for gone."""
MARGIN_SECONDS: Final = 300
"""Beyond them: some gateways report every 300 s at the shortest, whatever their plan says."""
LOST_SERVICE: Final = 3
"""Acct-Terminate-Cause Lost-Service (RFC 2866 §5.10); concluded, it is recorded as -3."""
SILENCE: Final = -1
"""The kind of event by which the base itself closes a session: no Acct-Status-Type is negative."""

_WRAP: Final = 2**32

End: TypeAlias = tuple[datetime | None, int | None]
"""When a session ended, and its cause."""


class Kind(IntEnum):
    """Acct-Status-Type of a session's records (RFC 2866 §5.1, RFC 2869 §2.1)."""

    START = 1
    STOP = 2
    INTERIM = 3


class Report(NamedTuple):
    """What one record tells, and when it came."""

    kind: int
    """A `Kind`."""
    received_at: datetime
    """Server's clock."""
    delay_seconds: int = 0
    """Acct-Delay-Time."""
    session_seconds: int = 0
    """Acct-Session-Time; 0 tells nothing, except in a Start."""
    upload_octets: int = 0
    """As the NAS counts: with gigawords where it has them."""
    download_octets: int = 0
    terminate_cause: int | None = None
    """Acct-Terminate-Cause, as told: never negative."""

    @property
    def happened_at(self) -> datetime:
        """When the NAS made it."""
        return self.received_at - timedelta(seconds=self.delay_seconds)

    @property
    def begins_at(self) -> datetime | None:
        """The session's start as this record dates it; None where it tells no age."""
        if self.kind != Kind.START and not self.session_seconds:
            return None
        return self.happened_at - timedelta(seconds=self.session_seconds)


class Counter(NamedTuple):
    """Octets one way."""

    total: int = 0
    carried: int = 0
    """Of `total`, what the NAS's counter had counted before it wrapped or began anew."""

    @property
    def told(self) -> int:
        """What the NAS last told."""
        return self.total - self.carried


class State(Enum):
    """What is known of a session's end."""

    OPEN = auto()
    CONCLUDED = auto()
    """Ended as far as anybody can tell; nobody told it."""
    ENDED = auto()
    """Its Stop was heard."""


class Event(Enum):
    """What happens to a session."""

    HEARD = auto()
    """A Start or Interim from before its concluded end, or of a session that has none."""
    ALIVE = auto()
    """A Start or Interim from after its concluded end."""
    STOPPED = auto()
    """A Stop."""
    GONE = auto()
    """Its NAS restarted, or was silent too long."""


TRANSITIONS: Final[Mapping[tuple[State, Event], State]] = {
    (State.OPEN, Event.HEARD): State.OPEN,
    (State.OPEN, Event.ALIVE): State.OPEN,
    (State.OPEN, Event.STOPPED): State.ENDED,
    (State.OPEN, Event.GONE): State.CONCLUDED,
    (State.CONCLUDED, Event.HEARD): State.CONCLUDED,
    (State.CONCLUDED, Event.ALIVE): State.OPEN,
    (State.CONCLUDED, Event.STOPPED): State.ENDED,
    (State.CONCLUDED, Event.GONE): State.CONCLUDED,
    (State.ENDED, Event.HEARD): State.ENDED,
    (State.ENDED, Event.ALIVE): State.ENDED,
    (State.ENDED, Event.STOPPED): State.ENDED,
    (State.ENDED, Event.GONE): State.ENDED,
}
"""Every event in every state; whether a record is of this session at all is asked before."""


class Session(NamedTuple):
    """What is known of a session."""

    started_at: datetime
    last_seen_at: datetime
    """Last record received, by the server's clock."""
    ended_at: datetime | None = None
    session_seconds: int = 0
    """Its age when it was last heard: told by the NAS, else counted from its start."""
    upload: Counter = Counter()
    download: Counter = Counter()
    terminate_cause: int | None = None
    """Acct-Terminate-Cause; negative: concluded, not told."""

    @property
    def state(self) -> State:
        """What is known of its end."""
        if self.ended_at is None:
            return State.OPEN
        concluded = self.terminate_cause is not None and self.terminate_cause < 0
        return State.CONCLUDED if concluded else State.ENDED

    @property
    def heard_until(self) -> datetime:
        """The last instant at which it was shown to be alive, or its told end."""
        if self.state is State.ENDED and self.ended_at is not None:
            return self.ended_at
        return min(self.last_seen_at, self.started_at + timedelta(seconds=self.session_seconds))


def fold(reports: Iterable[Report]) -> list[Session]:
    """Return the sessions that the records of one name tell of, in the order they were heard of."""
    sessions: list[Session] = []
    for report in reports:
        at = choose(sessions, report)
        if at is None:
            sessions.append(begin(report))
        else:
            sessions[at] = advance(sessions[at], report)
    return sessions


def choose(sessions: Sequence[Session], report: Report) -> int | None:
    """Return which of the sessions of one name a record is of; None: of one not heard of yet."""
    newest_first = sorted(range(len(sessions)), key=lambda at: sessions[at].started_at)[::-1]
    for at in newest_first:
        if fits(sessions[at], report):
            return at
    if report.begins_at is None and sessions:
        return newest_first[-1]
    return None


def fits(session: Session, report: Report) -> bool:
    """Whether a record can be of this session: neither begins after it nor happened before it."""
    slack = timedelta(seconds=SAME_INSTANT_SECONDS)
    if report.happened_at < session.started_at - slack or _outlives(session, report):
        return False
    begins_at = report.begins_at
    if begins_at is None or begins_at <= session.heard_until + slack:
        return True
    return _says_again(session, report)


def _outlives(session: Session, report: Report) -> bool:
    """Whether it tells a greater age than the session's Stop did."""
    oldest = session.session_seconds + SAME_INSTANT_SECONDS
    return session.state is State.ENDED and report.session_seconds > oldest


def _says_again(session: Session, report: Report) -> bool:
    """Whether it is the same Start or the same Stop, sent again without saying how late."""
    if report.kind == Kind.START:
        within = timedelta(seconds=REPEATED_START_SECONDS)
        unheard = session.state is State.OPEN and not session.session_seconds
        return unheard and report.received_at <= session.last_seen_at + within
    told = (session.session_seconds, session.upload.told, session.download.told)
    again = (report.session_seconds, report.upload_octets, report.download_octets)
    return report.kind == Kind.STOP and session.state is State.ENDED and told == again


def begin(report: Report) -> Session:
    """Return the session of the first record that is heard of it."""
    stopped = report.kind == Kind.STOP
    return Session(
        started_at=report.begins_at or report.happened_at,
        last_seen_at=report.received_at,
        ended_at=report.happened_at if stopped else None,
        session_seconds=report.session_seconds,
        upload=Counter(report.upload_octets),
        download=Counter(report.download_octets),
        terminate_cause=report.terminate_cause if stopped else None,
    )


def advance(session: Session, report: Report) -> Session:
    """Return what a record that fits makes of its session."""
    begins_at, age = place(session, report)
    event = _event(session, report, begins_at + timedelta(seconds=age))
    ended_at, cause = _end(session, report, event)
    ages = (session.session_seconds, age)
    return Session(
        started_at=min(session.started_at, begins_at),
        last_seen_at=max(session.last_seen_at, report.received_at),
        ended_at=ended_at,
        session_seconds=max(ages),
        upload=count_on(session.upload, report.upload_octets, ages),
        download=count_on(session.download, report.download_octets, ages),
        terminate_cause=cause,
    )


def place(session: Session, report: Report) -> tuple[datetime, int]:
    """Return where a record that fits stands: the start it dates, and the age it proves."""
    slack = timedelta(seconds=SAME_INSTANT_SECONDS)
    age = report.session_seconds
    begins_at = report.happened_at - timedelta(seconds=age)
    if begins_at <= session.started_at + slack:
        return begins_at, age
    if report.begins_at is None:
        return session.started_at, _counted_age(session, report)
    if not age or begins_at > session.heard_until + slack:
        return session.started_at, age
    return begins_at, age


def _counted_age(session: Session, report: Report) -> int:
    """Return the age that a record without one proves: none beyond a told end."""
    if session.state is State.ENDED:
        return session.session_seconds
    return int((report.happened_at - session.started_at).total_seconds())


def _event(session: Session, report: Report, alive_at: datetime) -> Event:
    if report.kind == Kind.STOP:
        return Event.STOPPED
    return Event.ALIVE if session.ended_at and alive_at > session.ended_at else Event.HEARD


def _end(session: Session, report: Report, event: Event) -> End:
    """Return when it ended and by what cause, after `event`."""
    known = (session.ended_at, session.terminate_cause)
    told = (report.happened_at, report.terminate_cause)
    match session.state, TRANSITIONS[session.state, event]:
        case _, State.OPEN:
            return None, None
        case State.ENDED, State.ENDED if event is Event.STOPPED:
            return min(known, told, key=_end_order)
        case _, State.ENDED if event is Event.STOPPED:
            return told
    return known


def _end_order(end: End) -> tuple[object, ...]:
    """Order ends by time, and by cause where two are told of one instant."""
    ended_at, cause = end
    return ended_at, cause is None, cause


def count_on(counter: Counter, told: int, ages: tuple[int, int]) -> Counter:
    """Return a counter after a report; `ages`: the session's so far, and this report's."""
    known_age, age = ages
    last = counter.told
    if age == known_age:
        return Counter(counter.carried + max(last, told), counter.carried)
    if age > known_age:
        carried = counter.carried + (_before_fall(last, told) if told < last else 0)
        return Counter(carried + told, carried)
    if told > last and not counter.carried:
        carried = _before_fall(told, last)
        return Counter(carried + last, carried)
    return counter


def _before_fall(last: int, told: int) -> int:
    """Return what a counter had counted that then told less: it wrapped, or began anew."""
    wrapped = last < _WRAP and (told - last) % _WRAP < _WRAP // 2
    return _WRAP if wrapped else last


def conclude(session: Session, at: datetime, cause: int) -> Session:
    """Return a session of which nobody told the end: it was gone by `at`.

    `cause` is why, an Acct-Terminate-Cause; a session shown alive after `at` is left as it is.
    """
    if session.heard_until > at or TRANSITIONS[session.state, Event.GONE] is session.state:
        return session
    return session._replace(ended_at=at, terminate_cause=-cause)


def close_silent(session: Session) -> Session:
    """Return a session whose NAS was silent too long: it ended when it was last shown alive."""
    return conclude(session, session.heard_until, LOST_SERVICE)


class Expectation(NamedTuple):
    """What is to be heard of an open session."""

    interim_seconds: int
    """Its plan's interval of reports."""
    right_ends_at: datetime
    """The end of its admission, else of the longest session its plan grants."""
    reports: bool
    """Whether its NAS sends interim reports: of this session, or of another that is open."""


def live_until(session: Session, expected: Expectation) -> datetime:
    """Return until when an open session is taken for live without another word of it."""
    margin = timedelta(seconds=MARGIN_SECONDS)
    if expected.reports:
        silence = timedelta(seconds=MISSED_REPORTS * expected.interim_seconds)
        return session.last_seen_at + silence + margin
    return max(expected.right_ends_at, session.last_seen_at) + margin


def is_live(session: Session, expected: Expectation, now: datetime) -> bool:
    """Whether a session counts as online at `now`: a stale row must never keep anybody out."""
    return session.state is State.OPEN and now < live_until(session, expected)
