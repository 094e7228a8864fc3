"""Dates, ages and counts as operators read them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from territory.web.french import (
    ago,
    calendar_day,
    count,
    exact,
    lasting,
    many,
    milliseconds,
    moment,
    offset,
    percent,
)

NOW = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "text"),
    [
        (timedelta(seconds=59), "à l'instant"),
        (timedelta(seconds=-5), "à l'instant"),
        (timedelta(minutes=4, seconds=59), "il y a 4 min"),
        (timedelta(hours=11, minutes=59), "il y a 11 h"),
        (timedelta(hours=14), "aujourd'hui à 01 h 00"),
        (timedelta(hours=16), "hier à 23 h 00"),
        (timedelta(days=3), "le 17 nov. 2026 à 15 h 00"),
    ],
)
def test_an_age_is_said_as_people_say_it(before: timedelta, text: str) -> None:
    """On the territory's wall clock, winter time here."""
    assert ago(NOW - before, NOW) == text


def test_the_first_of_a_month_is_an_ordinal() -> None:
    """As French writes it, and no other day."""
    assert calendar_day(date(2027, 6, 1), "EEEE d MMMM y") == "mardi 1er juin 2027"
    assert calendar_day(date(2027, 6, 21)) == "21 juin 2027"
    assert moment(NOW.replace(day=1)) == "1er nov. 2026 à 15 h 00"


def test_instants_are_on_the_wall_clock() -> None:
    """14:00 UTC is 15 h in winter and 16 h in summer."""
    assert moment(NOW) == "20 nov. 2026 à 15 h 00"
    assert exact(datetime(2026, 7, 1, 14, 0, 5, tzinfo=UTC)) == "01/07/2026 16:00:05"


@pytest.mark.parametrize(
    ("since", "text"),
    [
        (timedelta(minutes=3), "3 min"),
        (timedelta(hours=47), "47 h"),
        (timedelta(days=9), "9 jours"),
        (timedelta(seconds=-1), "0 min"),
    ],
)
def test_how_long_it_lasts(since: timedelta, text: str) -> None:
    """Minutes, then hours up to two days, then days."""
    assert lasting(NOW - since, NOW) == text


def test_counts_and_plurals() -> None:
    """Nought is singular in French."""
    assert count(12345) == "12\u202f345"
    assert [many(n, "lieu", "lieux") for n in (0, 1, 2)] == ["0 lieu", "1 lieu", "2 lieux"]
    assert many(2, "ligne") == "2 lignes"
    assert (milliseconds(0.0123), milliseconds(None)) == ("12 ms", "–")


@pytest.mark.parametrize(
    ("share", "text"),
    [(1.0, "100 %"), (0.9999, "99,9 %"), (0.998, "99,8 %"), (0.0001, "0,1 %"), (0.0, "0 %")],
)
def test_a_share_is_never_rounded_to_all_or_nothing(share: float, text: str) -> None:
    """A minute down in a month shows; one refusal in ten thousand too."""
    assert percent(share).replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "à l'heure"),
        (12.3, "+12 s"),
        (-190.0, "−3 min"),
        (7200.0, "+2 h"),
        (-90_000.0, "−1 j"),
    ],
)
def test_how_far_a_clock_is_off(seconds: float, text: str) -> None:
    """With its sign, in the largest unit that fits."""
    assert offset(seconds).replace("\u00a0", " ") == text


def test_the_day_of_an_instant_is_paris_s() -> None:
    """Half an hour before midnight in UTC, tomorrow has begun here."""
    assert calendar_day(datetime(2026, 11, 30, 23, 30, tzinfo=UTC)) == "1er décembre 2026"
    assert calendar_day(date(2026, 11, 30)) == "30 novembre 2026"
