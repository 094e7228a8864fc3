"""The session's machine: each rule as a table, then all at once against a NAS that is truthful."""

from datetime import UTC, datetime, timedelta
from itertools import permutations, product
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from territory.rules.session import (
    LOST_SERVICE,
    TRANSITIONS,
    Counter,
    Event,
    Expectation,
    Kind,
    Report,
    Session,
    State,
    advance,
    begin,
    choose,
    close_silent,
    conclude,
    count_on,
    fits,
    fold,
    is_live,
    live_until,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
START, STOP, INTERIM = Kind
GIB = 2**30


def at(seconds: float) -> datetime:
    """Return an instant, in seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def told(kind: Kind, seconds: float, age: int = 0, **more: Any) -> Report:
    """Return a record that happened and came so many seconds after noon, unless it was delayed."""
    received = seconds + more.get("delay_seconds", 0)
    return Report(kind, at(received), session_seconds=age, **more)


LIFE = (
    told(START, 0),
    told(INTERIM, 60, 60, upload_octets=10),
    told(INTERIM, 120, 120, upload_octets=20),
    told(STOP, 150, 150, upload_octets=25, terminate_cause=1),
)
ENDED = Session(at(0), at(150), at(150), 150, Counter(25), Counter(), 1)


@pytest.mark.parametrize("order", list(permutations(LIFE)))
def test_a_session_is_the_same_in_any_order(order: tuple[Report, ...]) -> None:
    """Packets overtake each other."""
    assert fold(order) == [ENDED]


@pytest.mark.parametrize("lost", range(3))
def test_what_is_lost_before_the_stop_changes_nothing(lost: int) -> None:
    """A lost Start is dated back; a lost Interim is told by the next."""
    assert fold(LIFE[:lost] + LIFE[lost + 1 :]) == [ENDED]


def test_a_lost_stop_leaves_the_session_open() -> None:
    """Until it is concluded; what was last heard stands."""
    (session,) = fold(LIFE[:3])
    assert (session.state, session.heard_until) == (State.OPEN, at(120))


@pytest.mark.parametrize("twice", LIFE)
def test_a_record_said_twice_counts_once(twice: Report) -> None:
    """Repeated at once, and at the end."""
    assert fold((twice, *LIFE, twice)) == [ENDED]


def test_every_event_has_its_transition_in_every_state() -> None:
    """The table is whole, and a told end is final."""
    assert set(TRANSITIONS) == set(product(State, Event))
    assert all(TRANSITIONS[State.ENDED, event] is State.ENDED for event in Event)


def test_a_start_after_the_end_is_another_session() -> None:
    """Acct-Session-Id used again (RFC 2866 §5.5): the first is not opened again."""
    first, second = fold((*LIFE, told(START, 200), told(INTERIM, 260, 60, upload_octets=1)))
    assert first == ENDED
    assert (second.started_at, second.ended_at) == (at(200), None)
    assert (second.session_seconds, second.upload.total) == (60, 1)


def test_a_session_time_that_falls_back_is_another_session() -> None:
    """The Stop of the first and the Start of the second were lost."""
    first, second = fold((*LIFE[:3], told(INTERIM, 900, 30)))
    assert (first.state, first.heard_until) == (State.OPEN, at(120))
    assert second.started_at == at(870)


def test_a_name_used_again_at_once_is_another_session_by_its_age() -> None:
    """Within seconds of the end a Start may be the first one's; an age over its Stop's is not."""
    again = (told(START, 153), told(INTERIM, 453, 300))
    first, second = fold((*LIFE, *again))
    assert (first.ended_at, first.upload.total) == (at(150), 25)
    assert (second.started_at, second.state) == (at(153), State.OPEN)


def test_a_late_stop_finds_its_own_session_among_those_of_its_name() -> None:
    """It happened before the second began: it neither ends the second nor prolongs the first."""
    late = told(STOP, 150, 150, delay_seconds=600, terminate_cause=1)
    first, second = fold((*LIFE[:3], told(START, 200), late))
    assert (first.ended_at, second.ended_at) == (at(150), None)


def test_a_session_first_heard_of_when_the_next_has_begun_is_its_own() -> None:
    """All of it was lost but its Stop, sent again later with its delay."""
    late = told(STOP, 150, 150, delay_seconds=600)
    second, first = fold((told(START, 200), late))
    assert (first.started_at, first.ended_at) == (at(0), at(150))
    assert (second.started_at, second.ended_at) == (at(200), None)


def test_a_start_of_which_nothing_more_was_heard_may_be_repeated() -> None:
    """A NAS that was not answered and does not say how long it has been trying."""
    (session,) = fold(told(START, seconds) for seconds in (0, 60, 240, 500))
    assert (session.started_at, session.last_seen_at) == (at(0), at(500))
    assert len(fold((told(START, 0), told(START, 301)))) == 2


def test_a_stop_repeated_late_is_that_stop() -> None:
    """Of a session of three seconds, said again a minute later without its delay."""
    stop = told(STOP, 3, 3, upload_octets=7)
    (session,) = fold((told(START, 0), stop, told(STOP, 63, 3, upload_octets=7)))
    assert (session.ended_at, session.last_seen_at) == (at(3), at(63))
    other = told(STOP, 63, 3, upload_octets=8)
    assert len(fold((told(START, 0), stop, other))) == 2


def test_the_earliest_stop_stands() -> None:
    """With its cause; of two at one instant, the one that tells a cause."""
    stops = (told(STOP, 84, 84, terminate_cause=2), told(STOP, 80, 80, terminate_cause=5))
    for order in permutations((*stops, told(STOP, 80, 80))):
        (session,) = fold(order)
        assert (session.ended_at, session.terminate_cause) == (at(80), 5)


def test_a_record_without_an_age_belongs_to_the_newest_session() -> None:
    """Some gateways tell Acct-Session-Time in the Stop only, or never (RFC 2866 §5.7)."""
    known = fold((*LIFE, told(START, 200), told(INTERIM, 400), told(STOP, 500)))
    assert [(s.started_at, s.ended_at, s.session_seconds) for s in known] == [
        (at(0), at(150), 150),
        (at(200), at(500), 300),
    ]


def test_a_restart_concludes_what_began_before_it() -> None:
    """A session shown alive after it is not concerned (RFC 2866 §5.1)."""
    (session,) = fold(LIFE[:3])
    gone = conclude(session, at(130), 11)
    assert (gone.state, gone.ended_at, gone.terminate_cause) == (State.CONCLUDED, at(130), -11)
    assert conclude(session, at(119), 11) == session
    assert conclude(ENDED, at(200), 11) == ENDED


@pytest.mark.parametrize(
    ("report", "state", "ended_at"),
    [
        (told(INTERIM, 3600, 3600), State.OPEN, None),
        (told(INTERIM, 90, 90, delay_seconds=5000), State.CONCLUDED, at(120)),
        (told(STOP, 3700, 3700), State.ENDED, at(3700)),
        (told(STOP, 150, 150, delay_seconds=5000), State.ENDED, at(150)),
    ],
)
def test_a_concluded_end_gives_way(report: Report, state: State, ended_at: datetime | None) -> None:
    """To a record that shows the session alive later, and to a Stop; not to an older record."""
    (session,) = fold(LIFE[:3])
    silent = close_silent(session)
    assert (silent.ended_at, silent.terminate_cause) == (at(120), -LOST_SERVICE)
    assert fits(silent, report)
    after = advance(silent, report)
    assert (after.state, after.ended_at) == (state, ended_at)


@pytest.mark.parametrize(
    ("before", "values", "total"),
    [
        ("it grows", (1, 5, 9), 9),
        ("it wraps", (4 * GIB - 10, 5), 4 * GIB + 5),
        ("it wraps twice", (4 * GIB - 10, 5, 4 * GIB - 20, 7), 8 * GIB + 7),
        ("begins anew", (1000, 10, 300), 1300),
        ("with gigawords: no wrap", (5 * GIB, 1), 5 * GIB + 1),
        ("half way round is no wrap", (2 * GIB, 0), 2 * GIB),
    ],
)
def test_counters_that_fall(before: str, values: tuple[int, ...], total: int) -> None:
    """At 32 bits without gigawords, or begun anew: what was counted is kept (RFC 1982 §3.2)."""
    counter = Counter(values[0])
    for age, value in enumerate(values[1:], 1):
        counter = count_on(counter, value, (age - 1, age))
    assert (counter.total, counter.told) == (total, values[-1]), before


@pytest.mark.parametrize("values", [(1, 5), (4 * GIB - 10, 5), (1000, 10)])
def test_two_reports_count_the_same_in_either_order(values: tuple[int, int]) -> None:
    """The older one late: what it shows of a fall is counted all the same."""
    older, younger = values
    after = count_on(Counter(older), younger, (60, 120))
    assert count_on(Counter(younger), older, (120, 60)) == after


def expecting(*, reports: bool) -> Expectation:
    """Return what is expected of a session of a plan of an hour that reports each minute."""
    return Expectation(60, at(3600), reports)


@pytest.mark.parametrize(
    ("reports", "seconds", "live"),
    [(True, 599, True), (True, 600, False), (False, 3899, True), (False, 3900, False)],
)
def test_a_silent_session_is_live_for_so_long(reports: bool, seconds: int, live: bool) -> None:
    """Three reports and a margin; where none is sent, to the end of its right and a margin."""
    (session,) = fold(LIFE[:3])
    assert is_live(session, expecting(reports=reports), at(seconds)) is live
    assert not is_live(ENDED, expecting(reports=reports), at(151))


def test_a_session_heard_after_its_right_ended_is_live_a_while() -> None:
    """A gateway that does not obey Session-Timeout: it is online, whatever it may."""
    (session,) = fold((*LIFE[:1], told(INTERIM, 4000, 4000)))
    assert live_until(session, expecting(reports=False)) == at(4300)


class Nas:
    """One session as it truly is, and the octets it has truly sent."""

    def __init__(self, started: int) -> None:
        self.started = started
        self.ended: int | None = None
        self.octets = 0


class Network(RuleBasedStateMachine):
    """A NAS that tells the truth over a network that loses, repeats and holds up packets.

    A packet is held up 4 s at most; what is lost is sent again, and says how late it is. A name
    is used again 15 s after the end at the earliest. The counter has 32 bits and no gigawords.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.true: list[Nas] = []
        self.flying: list[tuple[int, int, Report]] = []
        self.lost: list[tuple[int, Report]] = []
        self.known: list[Session] = []
        self.before: list[Session] = []

    @property
    def online(self) -> Nas | None:
        """The session that is open in truth."""
        return self.true[-1] if self.true and self.true[-1].ended is None else None

    def send(self, kind: Kind, chance: int) -> None:
        """Send what the NAS knows now; `chance` decides how it fares."""
        session = self.true[-1]
        report = Report(
            kind,
            at(self.now),
            session_seconds=self.now - session.started,
            upload_octets=session.octets % 2**32,
            terminate_cause=1 if kind is STOP else None,
        )
        if chance % 4 == 0:
            self.lost.append((self.now, report))
            return
        self.flying.append((self.now + chance % 5, chance, report))
        if chance % 3 == 0:
            self.flying.append((self.now + chance % 4, chance, report))

    @precondition(lambda self: self.online is None)
    @rule(chance=st.integers(0, 100))
    def start(self, chance: int) -> None:
        """A guest comes."""
        self.pass_time(16)
        self.true.append(Nas(self.now))
        self.send(START, chance)

    @precondition(lambda self: self.online is not None)
    @rule(chance=st.integers(0, 100), octets=st.integers(0, 2**31 - 1))
    def report(self, chance: int, octets: int) -> None:
        """A minute passes, with some traffic."""
        self.true[-1].octets += octets
        self.pass_time(60)
        self.send(INTERIM, chance)

    @precondition(lambda self: self.online is not None)
    @rule(chance=st.integers(0, 100), seconds=st.integers(1, 50))
    def stop(self, chance: int, seconds: int) -> None:
        """The guest leaves."""
        self.pass_time(seconds)
        self.true[-1].ended = self.now
        self.send(STOP, chance)

    @precondition(lambda self: self.lost)
    @rule(which=st.integers(0, 100), hold=st.integers(0, 4))
    def send_again(self, which: int, hold: int) -> None:
        """What was not answered is sent again, and says for how long it has been tried."""
        sent, report = self.lost.pop(which % len(self.lost))
        again = report._replace(received_at=at(self.now), delay_seconds=self.now - sent)
        self.flying.append((self.now + hold, which, again))

    @rule()
    def sweep(self) -> None:
        """What is silent is closed by the base, whether it is gone or not."""
        for number, session in enumerate(self.known):
            if session.last_seen_at < at(self.now - 300):
                self.known[number] = close_silent(session)

    @rule(seconds=st.integers(0, 400))
    def pass_time(self, seconds: int) -> None:
        """Packets arrive as their time comes."""
        self.now += seconds
        due = sorted(each for each in self.flying if each[0] <= self.now)
        self.flying = [each for each in self.flying if each[0] > self.now]
        for when, _, report in due:
            self.receive(report._replace(received_at=at(when)))

    def receive(self, report: Report) -> None:
        """One record reaches the base."""
        which = choose(self.known, report)
        if which is None:
            self.known.append(begin(report))
        else:
            self.known[which] = advance(self.known[which], report)

    @invariant()
    def ends_after_it_began(self) -> None:
        """A session never ends before it began."""
        for session in self.known:
            assert session.started_at <= session.heard_until
            assert session.ended_at is None or session.started_at <= session.ended_at

    @invariant()
    def totals_never_fall(self) -> None:
        """Neither totals nor ages."""
        for earlier, now in zip(self.before, self.known, strict=False):
            assert earlier.upload.total <= now.upload.total
            assert earlier.session_seconds <= now.session_seconds
        self.before = list(self.known)

    @invariant()
    def nobody_is_attributed_outside(self) -> None:
        """Every session known is one that was, within its time, and counts no more than it sent."""
        matched = set()
        for session in self.known:
            (number,) = [
                number
                for number, true in enumerate(self.true)
                if at(true.started) <= session.started_at <= at(true.started + 4)
            ]
            true = self.true[number]
            end = self.now if true.ended is None else true.ended
            assert session.heard_until <= at(end + 4)
            assert session.ended_at is None or session.ended_at <= at(end + 4)
            assert session.upload.total <= true.octets
            if session.state is State.ENDED:
                assert true.ended is not None
                assert at(true.ended) <= session.heard_until
            matched.add(number)
        assert len(matched) == len(self.known)


TestNetwork = Network.TestCase
TestNetwork.settings = settings(max_examples=40, stateful_step_count=25)
