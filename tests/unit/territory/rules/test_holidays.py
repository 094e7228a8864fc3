"""Public holidays are computed, school holidays are what orders say, and the rest is unknown."""

from datetime import date, timedelta

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from territory.rules.holidays import (
    SchoolZone,
    departement_of,
    easter_sunday,
    is_public_holiday,
    is_school_holiday,
    public_holidays,
    school_breaks,
    school_years,
    school_zone,
)


@pytest.mark.parametrize(
    "easter",
    [
        # The earliest and the latest that the computus can give, and those around today.
        *(date(1818, 3, 22), date(2285, 3, 22), date(1943, 4, 25), date(2038, 4, 25)),
        *(date(2000, 4, 23), date(2024, 3, 31), date(2026, 4, 5), date(2027, 3, 28)),
    ],
)
def test_easter_falls_where_the_computus_says(easter: date) -> None:
    """Known Easters, the bounds of 22 March and 25 April included."""
    assert easter_sunday(easter.year) == easter


@given(st.integers(1583, 4099))
def test_easter_is_a_sunday_between_its_bounds(year: int) -> None:
    """Whatever the year: a Sunday from 22 March to 25 April."""
    easter = easter_sunday(year)
    assert easter.isoweekday() == 7
    assert date(year, 3, 22) <= easter <= date(year, 4, 25)


@pytest.mark.parametrize(
    ("departement", "subdivision"), [("55", None), ("57", "57"), ("67", "6AE"), ("68", "6AE")]
)
def test_public_holidays_are_those_of_an_independent_source(
    departement: str, subdivision: str | None
) -> None:
    """Code du travail L3133-1 and L3134-13, held against the `holidays` package."""
    for year in range(2009, 2060):
        expected = holidays.country_holidays("FR", subdiv=subdivision, years=year)
        assert public_holidays(year, departement) == tuple(sorted(expected))


@pytest.mark.parametrize("departement", ["971", "972", "973", "974", "976", "977", "978"])
def test_overseas_days_are_known_to_the_independent_source(departement: str) -> None:
    """Code du travail L3422-2: one more day; custom has others, which no law gives."""
    subdivision = {"977": "BL", "978": "MF"}.get(departement, departement)
    expected = holidays.country_holidays("FR", subdiv=subdivision, years=2026)
    found = public_holidays(2026, departement)
    assert len(found) == len(public_holidays(2026)) + 1
    assert set(found) <= set(expected)


@pytest.mark.parametrize(
    ("day", "departement", "expected"),
    [
        ("2026-11-11", "55", True),
        ("2026-04-03", "55", False),
        ("2026-04-03", "57", True),
        ("2026-12-26", "67", True),
        ("2026-12-26", "54", False),
        ("2026-12-20", "974", True),
        ("2026-05-14", "55", True),
        ("2026-05-25", "", True),
        ("2026-05-24", "", False),
    ],
)
def test_a_day_is_a_holiday_where_the_law_says(day: str, departement: str, expected: bool) -> None:
    """Good Friday in Moselle only, 20 December in La Réunion only."""
    assert is_public_holiday(date.fromisoformat(day), departement) is expected


def test_every_metropolitan_departement_but_corsica_has_one_zone() -> None:
    """Ninety-four départements; Corsica and overseas have calendars of their own."""
    mainland = [f"{n:02}" for n in range(1, 96) if n != 20]
    assert all(school_zone(code) for code in mainland)
    assert [school_zone(code) for code in ("2A", "2B", "974", "")] == [None] * 4
    assert (school_zone("55"), school_zone("69"), school_zone("75")) == (
        SchoolZone.B,
        SchoolZone.A,
        SchoolZone.C,
    )


@pytest.mark.parametrize(
    ("insee", "expected"), [("55029", "55"), ("2A004", "2A"), ("97411", "974"), ("01004", "01")]
)
def test_a_commune_lies_in_its_departement(insee: str, expected: str) -> None:
    """Two characters, three overseas."""
    assert departement_of(insee) == expected


@pytest.mark.parametrize("zone", list(SchoolZone))
def test_school_holidays_are_those_of_an_independent_source(zone: SchoolZone) -> None:
    """Day by day over every order, but for Ascension's own Thursday and its Sunday."""
    breaks = holidays.country_holidays(
        "FR", subdiv=f"Zone {zone}", years=range(2025, 2029), categories=("school",)
    )
    for year in school_years():
        for number in range((year.last - year.first).days + 1):
            day = year.first + timedelta(days=number)
            around_ascension = (day - easter_sunday(day.year)).days in (39, 42)
            if not around_ascension:
                assert is_school_holiday(day, zone) is (day in breaks), day


@pytest.mark.parametrize("day", ["2025-08-31", "2027-09-01", "2028-07-04", "2031-01-01"])
def test_what_no_order_sets_is_unknown(day: str) -> None:
    """Neither a holiday nor a school day: nobody guesses."""
    assert is_school_holiday(date.fromisoformat(day), SchoolZone.A) is None


def test_without_a_zone_all_is_unknown() -> None:
    """Corsica, overseas, a travelling site of no département."""
    assert is_school_holiday(date(2026, 11, 11), None) is None
    assert school_breaks(date(2026, 1, 1), date(2026, 12, 31), None) == []


def test_breaks_are_given_whole() -> None:
    """A break that only touches the interval is given from its first to its last day."""
    found = school_breaks(date(2026, 12, 25), date(2026, 12, 26), SchoolZone.B)
    assert found == [(date(2026, 12, 19), date(2027, 1, 3))]
