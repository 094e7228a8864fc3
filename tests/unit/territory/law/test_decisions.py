"""A decision on an injunction: what it must say, what it would destroy, what is still asked."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from territory.law.decisions import Decision, Flaw, coverage, days_ended, flaws_of
from territory.law.durations import InjunctionState, Law, Period, load_law

LAW = load_law()
TODAY = date(2027, 3, 1)
NONE = Decision(
    Period(InjunctionState.ENDED, date(2026, 10, 21), date(2027, 3, 1), "note 12"),
    "registre du DPO",
    "DPO",
    date(2027, 2, 28),
)
DECREE = replace(NONE, period=replace(NONE.period, state=InjunctionState.IN_FORCE))


@pytest.mark.parametrize(
    ("decision", "flaw"),
    [
        (NONE, None),
        (DECREE, None),
        (replace(NONE, period=replace(NONE.period, until=date(2026, 10, 21))), Flaw.DAYS),
        (replace(NONE, period=replace(NONE.period, until=date(2027, 10, 22))), Flaw.LENGTH),
        (replace(NONE, period=replace(NONE.period, ground="  ")), Flaw.GROUND),
        (replace(NONE, source="x" * 201), Flaw.SOURCE),
        (replace(NONE, decided_by=""), Flaw.AUTHOR),
        (replace(NONE, decided_on=date(2027, 3, 2)), Flaw.DATE),
    ],
)
def test_a_decision_says_which_days_on_whose_word(decision: Decision, flaw: Flaw | None) -> None:
    """A year at most, with its ground, its source, its author and a date that has come."""
    found = flaws_of(decision, TODAY)
    assert found == ((flaw,) if flaw else ())
    assert all(each.french for each in found)


def test_who_records_is_told_what_goes() -> None:
    """A finding that there is none ends what is older than three months; a decree ends nothing."""
    assert days_ended(LAW, NONE, TODAY) == (date(2026, 10, 21), date(2026, 11, 30))
    assert days_ended(LAW, DECREE, TODAY) is None
    assert days_ended(LAW.with_periods([DECREE.period]), NONE, TODAY) is None


def test_what_is_asked_and_until_when() -> None:
    """Missing since a day, with the first day of loss; ahead of an end by thirty days; nothing."""
    missing = coverage(LAW, TODAY)
    assert (missing.undecided_from, missing.lost_from) == (date(2026, 10, 21), date(2027, 1, 22))
    assert missing.asks(TODAY)
    ahead = coverage(LAW, date(2026, 9, 21))
    assert (ahead.undecided_from, ahead.decided_until) == (None, date(2026, 10, 21))
    assert ahead.asks(date(2026, 9, 21))
    assert not coverage(LAW, date(2026, 9, 20)).asks(date(2026, 9, 20))
    decided = LAW.with_periods([DECREE.period])
    assert coverage(decided, TODAY).undecided_from == TODAY
    assert coverage(Law(LAW.rules, ()), TODAY).state is InjunctionState.UNKNOWN


@given(st.dates(date(2026, 10, 22), date(2027, 10, 1)), st.integers(1, 300))
def test_the_first_undecided_day_is_the_first(today: date, gap: int) -> None:
    """A hole between two decisions is found wherever it is, and no decided day is named."""
    first = date(2026, 10, 21) + timedelta(days=gap)
    law = LAW.with_periods([Period(InjunctionState.IN_FORCE, first, date(2028, 1, 1), "x")])
    found = law.first_undecided(date(2026, 1, 1), today)
    assert found == (date(2026, 10, 21) if today > date(2026, 10, 21) else None)
    assert law.first_undecided(first, date(2028, 1, 1)) is None
