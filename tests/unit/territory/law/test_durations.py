"""How long each category is kept: terms, decrees, and what is done while nothing is known."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from territory.database.tables.columns import Category
from territory.errors import ConfigurationError
from territory.law.durations import (
    Duration,
    InjunctionState,
    Law,
    Period,
    add_months,
    end_of,
    load_law,
    parse_duration,
)

LAW = load_law()
COVERED = st.dates(date(2021, 10, 21), date(2026, 10, 20))


@pytest.mark.parametrize(
    ("category", "day", "end"),
    [
        (Category.SOURCE, date(2026, 11, 17), date(2027, 11, 18)),
        (Category.SOURCE, date(2028, 2, 29), date(2029, 3, 1)),
        (Category.SOURCE, date(2027, 2, 28), date(2028, 2, 29)),
        (Category.SECURITY, date(2026, 11, 30), date(2027, 3, 1)),
        (Category.SECURITY, date(2026, 12, 31), date(2027, 4, 1)),
        (Category.TRAFFIC, date(2026, 10, 20), date(2027, 10, 21)),
        (Category.TRAFFIC, date(2026, 10, 21), None),
        (Category.TRAFFIC, date(2021, 10, 20), date(2022, 1, 21)),
        (Category.IDENTITY, date(2026, 1, 1), date(2031, 1, 2)),
        (Category.ACCOUNT, date(2026, 1, 1), date(2027, 1, 2)),
        (Category.AUDIT, date(2026, 1, 1), date(2027, 1, 2)),
    ],
)
def test_each_category_ends_the_morning_after_its_term(
    category: Category, day: date, end: date | None
) -> None:
    """A term ends on the day of the same number at midnight, or on the month's last (CPC 641)."""
    assert end_of(LAW, category, day).on == end


@given(COVERED, st.sampled_from([Category.SOURCE, Category.TRAFFIC]))
def test_nothing_is_purged_before_its_year_nor_kept_past_the_next_day(
    day: date, category: Category
) -> None:
    """The year counts whole calendar days: 365 or 366, and the purge comes the morning after."""
    end = end_of(LAW, category, day).on
    assert end
    assert timedelta(days=366) <= end - day <= timedelta(days=367)
    assert not end_of(LAW, category, day).has_come(end - timedelta(days=1))
    assert end_of(LAW, category, day).has_come(end)


EVERY_DAY = st.dates(date(2021, 10, 21), date(2060, 12, 31))
AWKWARD = st.sampled_from(
    [date(2028, 2, 29), date(2024, 2, 29), date(2027, 2, 28), date(2026, 12, 31)]
    + [date(2026, month, 1) - timedelta(days=1) for month in range(2, 13)]
)
"""Leap days, and the ends of months."""
ZONES = st.sampled_from([UTC, ZoneInfo("Europe/Paris"), ZoneInfo("Pacific/Noumea")])
TERMS = [category for category in Category if category in LAW.rules]


@given(EVERY_DAY | AWKWARD, st.sampled_from(TERMS))
def test_nothing_goes_before_its_term_nor_stays_after(day: date, category: Category) -> None:
    """The same day of the month that many months later, or its last, is the last day of all:
    whatever the year. An earlier day never outlives a later one."""
    kept = LAW.rules[category].kept.months
    end = end_of(LAW, category, day).last
    assert end
    last = end - timedelta(days=1)
    assert (last.year - day.year) * 12 + last.month - day.month == kept
    assert last.day == day.day or (last.day < day.day and (last + timedelta(days=1)).day == 1)
    assert not end_of(LAW, category, day).has_come(last)
    assert end_of(LAW, category, day).has_come(end)
    following = end_of(LAW, category, day + timedelta(days=1)).last
    assert following
    if category is not Category.TRAFFIC:
        assert following >= end


@given(EVERY_DAY | AWKWARD, st.times(), ZONES, st.sampled_from(TERMS))
def test_the_clock_on_the_wall_changes_no_day(
    day: date, hour: time, zone: tzinfo, category: Category
) -> None:
    """Days are UTC's: summer time, an hour that exists twice or a zone far away move no end, and an
    instant is kept for its whole term, to the hour, wherever it was told from."""
    instant = datetime.combine(day, hour, zone).astimezone(UTC)
    end = end_of(LAW, category, instant.date()).last
    assert end
    kept = datetime.combine(end, time(), UTC) - instant
    whole = add_months(instant.date(), LAW.rules[category].kept.months) - instant.date()
    assert whole <= kept <= whole + timedelta(days=1)


@given(EVERY_DAY, st.integers(1, 365), st.booleans())
def test_a_decision_entered_late_rules_what_is_still_held(
    day: date, covered: int, is_decree: bool
) -> None:
    """Unknown is kept; a decree extends it to its year, a finding ends it at three months; neither
    keeps anything longer than the year that unknown waits."""
    state = InjunctionState.IN_FORCE if is_decree else InjunctionState.ENDED
    law = Law(LAW.rules, (Period(state, day, day + timedelta(days=covered), "x"),))
    unknown = end_of(Law(LAW.rules, ()), Category.TRAFFIC, day)
    decided = end_of(law, Category.TRAFFIC, day).on
    assert unknown.on is None
    assert decided == (unknown.at_latest if is_decree else unknown.lost_from)
    assert decided
    assert unknown.last
    assert decided <= unknown.last


def test_the_audit_log_is_kept_as_long_as_a_setting_says_within_the_law() -> None:
    """A year to three; shorter or longer is a fault, and nothing else has such a setting."""
    three = LAW.keeping(Category.AUDIT, 36)
    assert end_of(three, Category.AUDIT, date(2026, 1, 1)).on == date(2029, 1, 2)
    assert LAW.keeping(Category.AUDIT, 12) == LAW
    for category, months in ((Category.AUDIT, 11), (Category.AUDIT, 37), (Category.SOURCE, 13)):
        with pytest.raises(ConfigurationError, match="months"):
            LAW.keeping(category, months)


@given(st.dates(date(2021, 1, 1), date(2040, 1, 1)), st.integers(1, 60))
def test_months_never_overflow_into_the_next(day: date, months: int) -> None:
    """The 31st plus a month is the 30th, the 28th or the 29th: the month asked for."""
    later = add_months(day, months)
    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day <= day.day


@pytest.mark.parametrize(
    ("day", "state", "ground"),
    [
        (date(2025, 10, 20), InjunctionState.IN_FORCE, "2024-901"),
        (date(2025, 10, 21), InjunctionState.IN_FORCE, "2025-980"),
        (date(2026, 10, 20), InjunctionState.IN_FORCE, "2025-980"),
        (date(2026, 10, 21), InjunctionState.UNKNOWN, "aucune décision enregistrée"),
        (date(2020, 1, 1), InjunctionState.ENDED, "avant la première injonction"),
    ],
)
def test_an_injunction_covers_its_dates_and_no_other(
    day: date, state: InjunctionState, ground: str
) -> None:
    """After the last recorded decree the state is unknown, never guessed."""
    assert LAW.injunction(day) == (state, ground)


def test_an_unknown_injunction_says_what_would_be_lost() -> None:
    """Kept, with the day it would have to go if there were no injunction; for the year that one
    could ask for, and no longer."""
    end = end_of(LAW, Category.TRAFFIC, date(2026, 11, 17))
    assert end.on is None
    assert end.lost_from == date(2027, 2, 18)
    assert end.last == date(2027, 11, 18)
    assert not end.has_come(date(2027, 11, 17))
    assert end.has_come(date(2027, 11, 18))


def test_decisions_follow_one_another() -> None:
    """What is decided ends where no period begins that covers the next day; at once where none is
    recorded."""
    days = [date(2026, month, 1) for month in (1, 3, 5, 7, 8)]
    kinds = (InjunctionState.IN_FORCE, InjunctionState.ENDED, InjunctionState.IN_FORCE)
    spans = ((days[0], days[1]), (days[1], days[2]), (days[3], days[4]))
    periods = tuple(Period(k, a, b, "2026-1") for k, (a, b) in zip(kinds, spans, strict=True))
    law = Law({}, periods)
    asked = {date(2026, 2, 1): days[2], date(2026, 6, 1): date(2026, 6, 1), days[3]: days[4]}
    assert {day: law.decided_until(day) for day in asked} == asked


def test_a_territory_adds_its_own_decisions(tmp_path: Path) -> None:
    """A decree entered late and a finding that there is none both rule from then on."""
    file = tmp_path / "law.toml"
    file.write_text(
        "[[injunction]]\ndecree = '2026-1000'\nfrom = 2026-10-21\nuntil = 2026-11-01\n"
        "source = 'x'\n[[no_injunction]]\nfrom = 2026-10-21\nuntil = 2026-12-01\n"
        "source = 'Décision du DPO'\n"
    )
    law = load_law(file, tmp_path / "absent.toml")
    assert law.injunction(date(2026, 10, 25)) == (InjunctionState.IN_FORCE, "2026-1000")
    assert law.injunction(date(2026, 11, 17)) == (InjunctionState.ENDED, "Décision du DPO")
    assert end_of(law, Category.TRAFFIC, date(2026, 11, 17)).on == date(2027, 2, 18)


@pytest.mark.parametrize(
    "text",
    [
        "[[injunction]]\nfrom = 2026-10-21\nsource = 'x'",
        "[[injunction]]\nfrom = 2026-10-21\nuntil = 2026-10-21\nsource = 'x'",
        "[[no_injunction]]\nfrom = 'hier'\nuntil = 2026-10-21\nsource = 'x'",
        "[[injunction]]\nfrom = 2026-10-21\nuntil = 2026-10-22",
        "not toml",
    ],
)
def test_a_wrong_entry_is_named(tmp_path: Path, text: str) -> None:
    """The file and the entry are in the fault."""
    file = tmp_path / "law.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=r"law\.toml"):
        load_law(file)


def test_durations_are_months_and_years() -> None:
    """`90 days` is not what the law says, and is refused."""
    assert parse_duration("3 months") == Duration(3)
    assert parse_duration("5 years") == Duration(60)
    assert [str(Duration(n)) for n in (3, 12, 60)] == ["3 mois", "1 an", "5 ans"]
    with pytest.raises(ValueError, match="90 days"):
        parse_duration("90 days")
