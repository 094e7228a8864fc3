"""The health table: what each kind of evidence leads to, and that states do not flap."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervision.facts import (
    ALONE,
    ControllerFacts,
    Evidence,
    RadiusFacts,
    Reading,
    SnmpFacts,
    Standing,
    Surroundings,
    Verdict,
)
from supervision.health import judge
from supervision.signs import HISTORY
from territory.health.reasons import Reason
from territory.health.states import State

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PATIENCE = timedelta(minutes=12.5)

UP = Standing(State.UP, answered_before=True)
DEGRADED = Standing(State.DEGRADED, answered_before=True)
DOWN = Standing(State.DOWN, answered_before=True)
NEVER_ANSWERED = Standing(State.UNKNOWN, answered_before=False)


def history(pattern: str, seconds: float = 0.01) -> tuple[Reading, ...]:
    """Readings a minute apart, the last now: `!` answered, `r` at the second try, `.` silent."""
    readings = {
        "!": Reading(NOW, seconds, 1),
        "r": Reading(NOW, seconds, 2),
        ".": Reading(NOW, None, 3),
    }
    ages = range(len(pattern) - 1, -1, -1)
    return tuple(
        replace(readings[mark], at=NOW - age * MINUTE)
        for mark, age in zip(pattern, ages, strict=True)
    )


def radius(heard: timedelta | None, open_: int = 0, overdue: int = 0) -> RadiusFacts:
    """What RADIUS saw: how long ago, and how many sessions are open and overdue."""
    return RadiusFacts(None if heard is None else NOW - heard, open_, overdue, PATIENCE)


def served(heard: timedelta = MINUTE, **changes: Any) -> RadiusFacts:
    """What RADIUS saw of a NAS's guests."""
    return replace(radius(heard), **changes)


REFUSED: dict[str, Any] = {"refused_in_row": 15, "refused_since": NOW - timedelta(minutes=20)}


@pytest.mark.parametrize(
    ("standing", "facts", "reason"),
    [
        (UP, served(failed_log_ins=1), Reason.ANSWERS),
        (UP, served(failed_log_ins=2), Reason.LOG_IN_FAILS),
        (DEGRADED, served(failed_log_ins=0), Reason.ANSWERS),
        (UP, served(**REFUSED), Reason.EVERYBODY_REFUSED),
        (UP, served(**REFUSED | {"refused_in_row": 14}), Reason.ANSWERS),
        (UP, served(timedelta(minutes=21), **REFUSED), Reason.ANSWERS),
        (UP, served(**REFUSED | {"refused_since": NOW - timedelta(minutes=19)}), Reason.ANSWERS),
        (DEGRADED, served(refused_in_row=0, refused_since=None), Reason.ANSWERS),
        (UP, served(clock_offset_seconds=-121.0), Reason.CLOCK_WRONG),
        (UP, served(clock_offset_seconds=119.0), Reason.ANSWERS),
        (DEGRADED, served(clock_offset_seconds=61.0), Reason.CLOCK_WRONG),
        (DEGRADED, served(clock_offset_seconds=59.0), Reason.ANSWERS),
    ],
)
def test_equipment_that_answers_and_serves_nobody_is_degraded(
    standing: Standing, facts: RadiusFacts, reason: Reason
) -> None:
    """One failed log-in or a few refusals are none; a clock ends at a lower mark than it began."""
    verdict = judge(Evidence(history("!!!"), facts, standing=standing), NOW)
    state = State.UP if reason is Reason.ANSWERS else State.DEGRADED
    assert verdict == Verdict(state, reason)


@pytest.mark.parametrize("readings", ["", "..."])
def test_what_only_radius_hears_is_judged_by_its_guests_while_it_is_heard(readings: str) -> None:
    """Once it is silent, silence is the reason."""
    heard = Evidence(history(readings), served(failed_log_ins=2), standing=NEVER_ANSWERED)
    verdict = judge(heard, NOW)
    assert verdict == Verdict(State.DEGRADED, Reason.LOG_IN_FAILS)
    silent = replace(heard, radius=served(timedelta(hours=1), failed_log_ins=2))
    verdict = judge(silent, NOW)
    assert verdict
    assert verdict.state is State.ASLEEP


def snmp(
    misses: int = 0, *, before: bool = True, restarts: int = 0, errors: float | None = None
) -> SnmpFacts:
    """What SNMP saw, a restart five minutes ago where there were some."""
    restarted_at = NOW - 5 * MINUTE if restarts else None
    return SnmpFacts(misses, before, restarts, restarted_at, errors)


ON = ControllerFacts(online=True, misses=0)
SILENT_FOR_AN_HOUR = radius(60 * MINUTE)
ROUTER_DOWN = Surroundings(router=State.DOWN, router_since=NOW - MINUTE)
ROUTER_UP = Surroundings(router=State.UP, router_since=NOW - timedelta(days=1))
ROUTER_BACK = Surroundings(router=State.UP, router_since=NOW - MINUTE)
TUNNEL_DOWN, TUNNEL_UP = Surroundings(tunnel=State.DOWN), Surroundings(tunnel=State.UP)
CLOSED = Surroundings(may_sleep=True)
COMMON_OUTAGE = Surroundings(common_outage=True)
NETWORK_BACK = Surroundings(network_since=NOW - MINUTE)
WITH_ITS_ROUTER = replace(DOWN, consequence=True)
ASLEEP = Standing(State.ASLEEP, answered_before=True)
OUT_OF_SIGHT = Standing(State.UNKNOWN, answered_before=True)

CASES = {
    "its synthetic guest fails twice": (
        Evidence(history("!!!"), served(failed_log_ins=2), standing=UP),
        State.DEGRADED,
        Reason.LOG_IN_FAILS,
    ),
    "everybody is refused": (
        Evidence(history("!!!"), served(**REFUSED), standing=UP),
        State.DEGRADED,
        Reason.EVERYBODY_REFUSED,
    ),
    "its clock is far off": (
        Evidence(history("!!!"), served(clock_offset_seconds=121.0), standing=UP),
        State.DEGRADED,
        Reason.CLOCK_WRONG,
    ),
    "answers": (Evidence(history("!"), None), State.UP, Reason.ANSWERS),
    "answers again after one miss": (
        Evidence(history("!!.!"), None, ALONE, UP),
        State.UP,
        Reason.ANSWERS,
    ),
    "two misses": (Evidence(history("!.."), None, ALONE, UP), State.DOWN, Reason.SILENT),
    "two misses after a restart of supervision": (
        Evidence(history(".."), None, ALONE, UP),
        State.DOWN,
        Reason.SILENT,
    ),
    "first answer after an outage": (
        Evidence(history("..!"), None, ALONE, DOWN),
        State.DOWN,
        Reason.COMING_BACK,
    ),
    "second answer after an outage, which is no loss on the line": (
        Evidence(history("!!!!....!!"), None, ALONE, DOWN),
        State.UP,
        Reason.ANSWERS,
    ),
    "access point silent, router too": (
        Evidence(history("!.."), None, ROUTER_DOWN, UP),
        State.DOWN,
        Reason.SITE_SILENT,
    ),
    "access point silent alone": (
        Evidence(history("!.."), None, ROUTER_UP, UP),
        State.DOWN,
        Reason.ALONE_SILENT,
    ),
    "never answered": (Evidence(history("..")), State.UNKNOWN, Reason.NEVER_SEEN),
    "first look, no answer": (Evidence(history(".")), State.UNKNOWN, Reason.FIRST_LOOK),
    "nowhere to ask": (Evidence(), State.UNKNOWN, Reason.NO_ADDRESS),
    "may not ping": (Evidence(may_ping=False), State.UNKNOWN, Reason.CANNOT_PING),
    "three imperfect readings of ten": (
        Evidence(history("!!r!r!!r!!"), None, ALONE, UP),
        State.DEGRADED,
        Reason.LOSSY,
    ),
    "two imperfect readings are forgiven": (
        Evidence(history("!!r!!!!r!!"), None, ALONE, UP),
        State.UP,
        Reason.ANSWERS,
    ),
    "two imperfect readings keep it degraded": (
        Evidence(history("!!r!!!!r!!"), None, ALONE, DEGRADED),
        State.DEGRADED,
        Reason.LOSSY,
    ),
    "slow": (Evidence(history("!!!", 0.6), None, ALONE, UP), State.DEGRADED, Reason.SLOW),
    "less slow, but still": (
        Evidence(history("!!!", 0.4), None, ALONE, DEGRADED),
        State.DEGRADED,
        Reason.SLOW,
    ),
    "a little slow is up": (
        Evidence(history("!!!", 0.4), None, ALONE, UP),
        State.UP,
        Reason.ANSWERS,
    ),
    "NAS answers, nobody there": (
        Evidence(history("!"), SILENT_FOR_AN_HOUR),
        State.UP,
        Reason.ANSWERS,
    ),
    "NAS answers, but its sessions went quiet": (
        Evidence(history("!!"), radius(60 * MINUTE, open_=3, overdue=3)),
        State.DEGRADED,
        Reason.ACCOUNTING_LOST,
    ),
    "NAS answers, one session of three went quiet": (
        Evidence(history("!!"), radius(MINUTE, open_=3, overdue=1)),
        State.UP,
        Reason.ANSWERS,
    ),
    "NAS silent, heard just before it fell silent": (
        Evidence(history("!.."), radius(MINUTE * 1.5, open_=2), ALONE, UP),
        State.DOWN,
        Reason.SILENT,
    ),
    "NAS silent, guests lost": (
        Evidence(history("!.."), radius(60 * MINUTE, open_=2, overdue=2), ALONE, UP),
        State.DOWN,
        Reason.SILENT_WITH_GUESTS,
    ),
    "NAS stopped answering pings, RADIUS heard it since": (
        Evidence(history("!...."), radius(MINUTE), ALONE, UP),
        State.DEGRADED,
        Reason.PING_LOST,
    ),
    "NAS never answers pings, RADIUS hears it": (
        Evidence(history("...."), radius(5 * MINUTE)),
        State.UP,
        Reason.PING_FILTERED,
    ),
    "NAS never answers pings, nobody connected": (
        Evidence(history("...."), SILENT_FOR_AN_HOUR, ALONE, NEVER_ANSWERED),
        State.ASLEEP,
        Reason.QUIET,
    ),
    "NAS never answers pings, sessions went quiet": (
        Evidence(history("...."), radius(60 * MINUTE, open_=1, overdue=1)),
        State.DOWN,
        Reason.SILENT_WITH_GUESTS,
    ),
    "NAS without a ping, heard": (
        Evidence((), radius(MINUTE)),
        State.UP,
        Reason.SPEAKS_RADIUS,
    ),
    "NAS without a ping, sessions went quiet": (
        Evidence((), radius(60 * MINUTE, open_=1, overdue=1)),
        State.DOWN,
        Reason.RADIUS_SILENT,
    ),
    "NAS without a ping, nobody connected": (
        Evidence((), SILENT_FOR_AN_HOUR),
        State.ASLEEP,
        Reason.QUIET,
    ),
    "answers SNMP, never pings": (
        Evidence(history("...."), snmp=snmp()),
        State.UP,
        Reason.ANSWERS_SNMP,
    ),
    "answers SNMP, no longer pings": (
        Evidence(history("!.."), None, ROUTER_DOWN, UP, snmp=snmp()),
        State.DEGRADED,
        Reason.PING_LOST_NOT_SNMP,
    ),
    "answers SNMP, may not ping": (
        Evidence(may_ping=False, snmp=snmp()),
        State.UP,
        Reason.ANSWERS_SNMP,
    ),
    "SNMP alone, and lost": (
        Evidence(history(".."), None, ALONE, NEVER_ANSWERED, snmp=snmp(2)),
        State.DOWN,
        Reason.SNMP_LOST,
    ),
    "SNMP alone, lost before supervision restarted": (
        Evidence(standing=Standing(State.UP, answered_before=False), snmp=snmp(2, before=False)),
        State.DOWN,
        Reason.SNMP_LOST,
    ),
    "up by RADIUS alone, quiet now, SNMP never answered": (
        Evidence((), SILENT_FOR_AN_HOUR, ALONE, UP, snmp=snmp(2, before=False)),
        State.ASLEEP,
        Reason.QUIET,
    ),
    "NAS without a ping, lost by SNMP since RADIUS heard it last": (
        Evidence(
            (), radius(2 * MINUTE), standing=UP, snmp=replace(snmp(2), silent_since=NOW - MINUTE)
        ),
        State.DOWN,
        Reason.SNMP_LOST,
    ),
    "NAS without a ping, lost by SNMP, and RADIUS heard it since": (
        Evidence(
            (), radius(MINUTE), standing=UP, snmp=replace(snmp(2), silent_since=NOW - 2 * MINUTE)
        ),
        State.UP,
        Reason.SPEAKS_RADIUS,
    ),
    "its controller sees it, nothing else can": (
        Evidence(controller=ON),
        State.UP,
        Reason.SEEN_BY_CONTROLLER,
    ),
    "its controller sees it, pings never come back": (
        Evidence(history("...."), None, ALONE, NEVER_ANSWERED, controller=ON),
        State.UP,
        Reason.SEEN_BY_CONTROLLER,
    ),
    "silent to pings, its controller has not noticed yet": (
        Evidence(history("!...."), None, ALONE, UP, controller=ON),
        State.DOWN,
        Reason.SILENT,
    ),
    "silent to pings for long, and its controller still sees it": (
        Evidence(history("!....."), None, ALONE, DOWN, controller=ON),
        State.DEGRADED,
        Reason.PING_LOST_YET_SEEN,
    ),
    "its controller lost it": (
        Evidence(standing=UP, controller=ControllerFacts(False, 2)),
        State.DOWN,
        Reason.CONTROLLER_LOST,
    ),
    "its controller lost it, and the place is closed": (
        Evidence(around=CLOSED, standing=UP, controller=ControllerFacts(False, 2)),
        State.ASLEEP,
        Reason.CLOSED,
    ),
    "answers pings, its controller lost it": (
        Evidence(history("!!!"), None, ALONE, UP, controller=ControllerFacts(False, 2)),
        State.DEGRADED,
        Reason.LEFT_CONTROLLER,
    ),
    "answers pings, its controller does not answer": (
        Evidence(history("!!!"), None, ALONE, UP, controller=ControllerFacts(None, 9)),
        State.UP,
        Reason.ANSWERS,
    ),
    "its controller does not answer any more, nothing else can tell": (
        Evidence(standing=UP, controller=ControllerFacts(None, 2)),
        State.UNKNOWN,
        Reason.CONTROLLER_SILENT,
    ),
    "its controller lost it, SNMP answers": (
        Evidence(standing=UP, snmp=snmp(), controller=ControllerFacts(False, 5)),
        State.UP,
        Reason.ANSWERS_SNMP,
    ),
    "answers pings, never SNMP": (
        Evidence(history("!!"), snmp=snmp(5, before=False)),
        State.UP,
        Reason.SNMP_SILENT,
    ),
    "answers neither any more": (
        Evidence(history("!.."), None, ALONE, UP, snmp=snmp(2)),
        State.DOWN,
        Reason.SILENT,
    ),
    "restarted": (Evidence(history("!!"), snmp=snmp(restarts=1)), State.UP, Reason.RESTARTED),
    "restarts again and again": (
        Evidence(history("!!"), snmp=snmp(restarts=3)),
        State.DEGRADED,
        Reason.RESTARTS_OFTEN,
    ),
    "throws packets away": (
        Evidence(history("!!"), None, ALONE, UP, snmp=snmp(errors=0.02)),
        State.DEGRADED,
        Reason.INTERFACE_ERRORS,
    ),
    "throws fewer packets away, but still": (
        Evidence(history("!!"), None, ALONE, DEGRADED, snmp=snmp(errors=0.002)),
        State.DEGRADED,
        Reason.INTERFACE_ERRORS,
    ),
    "throws few packets away": (
        Evidence(history("!!"), None, ALONE, UP, snmp=snmp(errors=0.002)),
        State.UP,
        Reason.ANSWERS,
    ),
    "NAS without a ping, restarts again and again": (
        Evidence((), radius(MINUTE), snmp=snmp(restarts=3)),
        State.DEGRADED,
        Reason.RESTARTS_OFTEN,
    ),
    "access point not back with its router": (
        Evidence(history("...."), None, ROUTER_BACK, WITH_ITS_ROUTER),
        State.DOWN,
        Reason.STARTING,
    ),
    "access point that failed alone, its router restarted": (
        Evidence(history("...."), None, ROUTER_BACK, DOWN),
        State.DOWN,
        Reason.ALONE_SILENT,
    ),
    "access point by SNMP alone, router down": (
        Evidence(history(".."), None, ROUTER_DOWN, NEVER_ANSWERED, snmp=snmp(2)),
        State.DOWN,
        Reason.SITE_SILENT,
    ),
    "NAS silent, its tunnel too": (
        Evidence(history("!.."), radius(60 * MINUTE), TUNNEL_DOWN, UP),
        State.DOWN,
        Reason.TUNNEL_SILENT,
    ),
    "NAS silent, its tunnel stands": (
        Evidence(history("!.."), radius(60 * MINUTE), TUNNEL_UP, UP),
        State.DOWN,
        Reason.TUNNEL_STANDS,
    ),
    "NAS without a ping, its tunnel silent since it was heard": (
        Evidence((), radius(4 * MINUTE), TUNNEL_DOWN, UP),
        State.DOWN,
        Reason.TUNNEL_SILENT,
    ),
    "NAS without a ping, heard after its tunnel fell silent": (
        Evidence((), radius(MINUTE), TUNNEL_DOWN, UP),
        State.UP,
        Reason.SPEAKS_RADIUS,
    ),
    "NAS never heard, its tunnel silent": (
        Evidence((), radius(None), TUNNEL_DOWN),
        State.UNKNOWN,
        Reason.NEVER_SEEN,
    ),
    "silent while its place is closed": (
        Evidence(history("!.."), None, CLOSED, UP),
        State.ASLEEP,
        Reason.CLOSED,
    ),
    "still silent when its place opens": (
        Evidence(history("...."), None, ALONE, ASLEEP),
        State.DOWN,
        Reason.SILENT,
    ),
    "failed before its place closed": (
        Evidence(history("...."), None, CLOSED, DOWN),
        State.DOWN,
        Reason.SILENT,
    ),
    "NAS without a ping, guests cut off as its place closed": (
        Evidence((), radius(60 * MINUTE, open_=2, overdue=2), CLOSED, UP),
        State.ASLEEP,
        Reason.CLOSED,
    ),
    "answers while its place is closed": (
        Evidence(history("!!"), None, CLOSED, ASLEEP),
        State.UP,
        Reason.ANSWERS,
    ),
    "never seen, its place is closed": (
        Evidence(history(".."), None, CLOSED),
        State.UNKNOWN,
        Reason.NEVER_SEEN,
    ),
    "silent with much of the territory": (
        Evidence(history("!.."), None, COMMON_OUTAGE, UP),
        State.DOWN,
        Reason.COMMON_OUTAGE,
    ),
    "silent as our own network is": (
        Evidence(history("!!"), None, ALONE, UP, voids=2),
        State.UNKNOWN,
        Reason.OWN_NETWORK,
    ),
    "NAS without a ping, our own network just back": (
        Evidence((), radius(60 * MINUTE, open_=2, overdue=2), NETWORK_BACK, OUT_OF_SIGHT),
        State.UNKNOWN,
        Reason.OWN_NETWORK,
    ),
    "NAS answers, our own network just back": (
        Evidence(history("!!"), radius(60 * MINUTE, open_=2, overdue=2), NETWORK_BACK, UP),
        State.UP,
        Reason.ANSWERS,
    ),
    "NAS never heard": (Evidence((), radius(None)), State.UNKNOWN, Reason.NEVER_SEEN),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_each_evidence_leads_to_its_state(case: tuple[Evidence, State, Reason]) -> None:
    """The state and the reason follow from the evidence, by the first rule that fits."""
    evidence, state, reason = case
    assert judge(evidence, NOW) == Verdict(state, reason)


@pytest.mark.parametrize("standing", [None, UP, DOWN, ASLEEP])
def test_one_look_in_the_dark_changes_nothing(standing: Standing | None) -> None:
    """Our own network silent for one look: nothing new; what was down stays so however long."""
    verdict = judge(Evidence(history("!!"), None, ALONE, standing, voids=1), NOW)
    assert verdict == (None if standing else Verdict(State.UNKNOWN, Reason.FIRST_LOOK))
    assert judge(Evidence(history(".."), None, ALONE, DOWN, voids=9), NOW) is None


def test_what_comes_back_from_a_consequence_is_still_one() -> None:
    """Between the two answers that end it, nobody's own fault begins."""
    coming_back = judge(Evidence(history("..!"), None, ROUTER_UP, WITH_ITS_ROUTER), NOW)
    assert coming_back is not None
    assert coming_back.consequence
    own = judge(Evidence(history("..!"), None, ROUTER_UP, DOWN), NOW)
    assert own is not None
    assert not own.consequence


@pytest.mark.parametrize("standing", [UP, DEGRADED, DOWN, NEVER_ANSWERED])
def test_one_missed_reading_changes_nothing(standing: Standing) -> None:
    """A single silent reading of something already judged gives no verdict at all."""
    assert judge(Evidence(history("!!."), None, ALONE, standing), NOW) is None


def test_every_reason_can_be_reached() -> None:
    """No reason is dead: each comes out of a case of the table, or of what is not judged here."""
    assert {reason for _, _, reason in CASES.values()} == set(Reason) - {
        Reason.FLAPPING,
        Reason.NOT_WATCHED,
    }


def watched(pattern: str) -> list[State]:
    """The states something goes through that starts up and is read as in `pattern`."""
    standing, states = UP, []
    for end in range(1, len(pattern) + 1):
        seen = history(pattern[:end])[-HISTORY:]
        verdict = judge(Evidence(seen, None, ALONE, standing), NOW)
        standing = replace(standing, state=verdict.state) if verdict else standing
        states.append(standing.state)
    return states


def test_an_outage_is_told_at_the_second_reading_and_ends_at_the_second_answer() -> None:
    """Down within two intervals, back within two: what the acceptance test sees too."""
    states = watched("!!!!....!!")
    assert states[4:6] == [State.UP, State.DOWN]
    assert states[8:] == [State.DOWN, State.UP]


def test_every_other_reading_lost_does_not_flap() -> None:
    """Alternating answers and silences settle on one state."""
    assert set(watched("!." * 15)[10:]) == {State.DEGRADED}


marks = st.text("!r.", min_size=1, max_size=HISTORY)
facts = st.builds(
    radius,
    st.none() | st.timedeltas(timedelta(), timedelta(days=2)),
    st.integers(0, 5),
    st.integers(0, 5),
)
standings = st.none() | st.builds(Standing, st.sampled_from(State), st.booleans())


surroundings = st.builds(
    Surroundings,
    router=st.none() | st.sampled_from((State.UP, State.DOWN)),
    may_sleep=st.booleans(),
    common_outage=st.booleans(),
)


@given(marks | st.just(""), facts | st.none(), surroundings, standings)
def test_any_evidence_is_judged(
    pattern: str, heard: RadiusFacts | None, around: Surroundings, standing: Standing | None
) -> None:
    """There is always a verdict, save after one miss; a NAS just heard is never down by silence."""
    readings: Sequence[Reading] = history(pattern)
    verdict = judge(Evidence(readings, heard, around, standing), NOW)
    if verdict is None:
        assert pattern.endswith(".")
        assert not pattern.endswith("..")
    elif not pattern and heard and heard.last_heard_at and NOW - heard.last_heard_at <= PATIENCE:
        assert verdict.state is State.UP


@pytest.mark.parametrize(
    "asked",
    [{"snmp": snmp(1)}, {"controller": ControllerFacts(False, 1)}],
    ids=["snmp", "controller"],
)
def test_one_miss_changes_nothing_where_pings_do_not_tell(asked: dict[str, Any]) -> None:
    """A poll by SNMP that got lost, a controller that hesitates: too little for a verdict."""
    assert judge(Evidence(standing=UP, **asked), NOW) is None
    assert judge(Evidence(standing=DOWN, **asked), NOW) is None
    first = judge(Evidence(**asked), NOW)
    assert first == Verdict(State.UNKNOWN, Reason.FIRST_LOOK)
    heard = judge(Evidence((), radius(MINUTE), standing=UP, **asked), NOW)
    assert heard == Verdict(State.UP, Reason.SPEAKS_RADIUS)
