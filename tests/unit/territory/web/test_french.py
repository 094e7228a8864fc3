"""Dates, ages and counts as operators read them."""

from datetime import UTC, datetime, timedelta

import pytest

from territory.web.french import ago, count, exact, lasting, many, milliseconds, moment

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
