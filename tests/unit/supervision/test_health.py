"""The health table: what each kind of evidence leads to, and that states do not flap."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervision.health import (
    HISTORY,
    Evidence,
    RadiusFacts,
    Reading,
    Standing,
    State,
    Verdict,
    judge,
)
from supervision.reasons import Reason

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


SILENT_FOR_AN_HOUR = radius(60 * MINUTE)
ROUTER_DOWN, ROUTER_UP = State.DOWN, State.UP

CASES = {
    "answers": (Evidence(history("!"), None), State.UP, Reason.ANSWERS),
    "answers again after one miss": (
        Evidence(history("!!.!"), None, None, UP),
        State.UP,
        Reason.ANSWERS,
    ),
    "two misses": (Evidence(history("!.."), None, None, UP), State.DOWN, Reason.SILENT),
    "two misses after a restart of supervision": (
        Evidence(history(".."), None, None, UP),
        State.DOWN,
        Reason.SILENT,
    ),
    "first answer after an outage": (
        Evidence(history("..!"), None, None, DOWN),
        State.DOWN,
        Reason.COMING_BACK,
    ),
    "second answer after an outage, which is no loss on the line": (
        Evidence(history("!!!!....!!"), None, None, DOWN),
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
        Evidence(history("!!r!r!!r!!"), None, None, UP),
        State.DEGRADED,
        Reason.LOSSY,
    ),
    "two imperfect readings are forgiven": (
        Evidence(history("!!r!!!!r!!"), None, None, UP),
        State.UP,
        Reason.ANSWERS,
    ),
    "two imperfect readings keep it degraded": (
        Evidence(history("!!r!!!!r!!"), None, None, DEGRADED),
        State.DEGRADED,
        Reason.LOSSY,
    ),
    "slow": (Evidence(history("!!!", 0.6), None, None, UP), State.DEGRADED, Reason.SLOW),
    "less slow, but still": (
        Evidence(history("!!!", 0.4), None, None, DEGRADED),
        State.DEGRADED,
        Reason.SLOW,
    ),
    "a little slow is up": (
        Evidence(history("!!!", 0.4), None, None, UP),
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
        Evidence(history("!.."), radius(MINUTE * 1.5, open_=2), None, UP),
        State.DOWN,
        Reason.SILENT,
    ),
    "NAS silent, guests lost": (
        Evidence(history("!.."), radius(60 * MINUTE, open_=2, overdue=2), None, UP),
        State.DOWN,
        Reason.SILENT_WITH_GUESTS,
    ),
    "NAS stopped answering pings, RADIUS heard it since": (
        Evidence(history("!...."), radius(MINUTE), None, UP),
        State.DEGRADED,
        Reason.PING_LOST,
    ),
    "NAS never answers pings, RADIUS hears it": (
        Evidence(history("...."), radius(5 * MINUTE)),
        State.UP,
        Reason.PING_FILTERED,
    ),
    "NAS never answers pings, nobody connected": (
        Evidence(history("...."), SILENT_FOR_AN_HOUR, None, NEVER_ANSWERED),
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
    "NAS never heard": (Evidence((), radius(None)), State.UNKNOWN, Reason.NEVER_SEEN),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_each_evidence_leads_to_its_state(case: tuple[Evidence, State, Reason]) -> None:
    """The state and the reason follow from the evidence, by the first rule that fits."""
    evidence, state, reason = case
    assert judge(evidence, NOW) == Verdict(state, reason)


@pytest.mark.parametrize("standing", [UP, DEGRADED, DOWN, NEVER_ANSWERED])
def test_one_missed_reading_changes_nothing(standing: Standing) -> None:
    """A single silent reading of something already judged gives no verdict at all."""
    assert judge(Evidence(history("!!."), None, None, standing), NOW) is None


def test_every_reason_can_be_reached() -> None:
    """No reason is dead: each comes out of a case of the table."""
    assert {reason for _, _, reason in CASES.values()} == set(Reason)


def watched(pattern: str) -> list[State]:
    """The states something goes through that starts up and is read as in `pattern`."""
    standing, states = UP, []
    for end in range(1, len(pattern) + 1):
        seen = history(pattern[:end])[-HISTORY:]
        verdict = judge(Evidence(seen, None, None, standing), NOW)
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


@given(marks | st.just(""), facts | st.none(), st.none() | st.sampled_from(State), standings)
def test_any_evidence_is_judged(
    pattern: str, heard: RadiusFacts | None, router: State | None, standing: Standing | None
) -> None:
    """There is always a verdict, save after one miss; a NAS just heard is never down by silence."""
    readings: Sequence[Reading] = history(pattern)
    verdict = judge(Evidence(readings, heard, router, standing), NOW)
    if verdict is None:
        assert pattern.endswith(".")
        assert not pattern.endswith("..")
    elif not pattern and heard and heard.last_heard_at and NOW - heard.last_heard_at <= PATIENCE:
        assert verdict.state is State.UP
