"""Time and volume are never promised larger than they are."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.app import LANGUAGES
from portal.guest.wording import PLACE_TYPES, day, distance, duration, moment, volume
from territory.vocabulary import PlaceType


def french(message: str) -> str:
    """Leave a message as it is."""
    return message


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "moins d'une minute"),
        (59, "moins d'une minute"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (3660, "1 h 01 min"),
        (14_399, "3 h 59 min"),
        (14_400, "4 h"),
        (90_000, "25 h"),
    ],
)
def test_durations(seconds: int, words: str) -> None:
    """Rounded down to the minute."""
    assert duration(seconds, french) == words


@pytest.mark.parametrize(
    ("octets", "language", "words"),
    [
        (0, "fr", "0 ko"),
        (999, "fr", "0 ko"),
        (1_000, "fr", "1 ko"),
        (999_999, "fr", "999 ko"),
        (1_550_000, "fr", "1,5 Mo"),
        (1_550_000, "en", "1.5 Mo"),
        (422_000_000, "de", "422 Mo"),
        (1_999_999_999, "nl", "1,9 Go"),
        (2 * 10**9, "fr", "2 Go"),
    ],
)
def test_volumes(octets: int, language: str, words: str) -> None:
    """Decimal units, as operators sell them; one decimal below ten."""
    assert volume(octets, language, french) == words


@pytest.mark.parametrize(
    ("language", "words"),
    [("fr", "21 novembre 2026"), ("en", "21 November 2026"), ("de", "21. November 2026")],
)
def test_days(language: str, words: str) -> None:
    """As each language writes them."""
    assert day("2026-11-21", language) == words


@pytest.mark.parametrize(
    ("kilometres", "words"),
    [(0.0, "à moins de 1 km"), (0.99, "à moins de 1 km"), (1.2, "à 2 km"), (1200.5, "à 1 201 km")],
)
def test_distances(kilometres: float, words: str) -> None:
    """Rounded up to the kilometre."""
    assert distance(kilometres, "fr", french).replace("\u202f", " ") == words


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_a_moment(language: str) -> None:
    """With its day, its month and its hour."""
    said = moment(datetime(2026, 11, 23, 9, tzinfo=UTC), language)
    assert "23" in said
    assert "09:00" in said


def test_the_first_of_a_month_is_an_ordinal_in_french() -> None:
    """And a cardinal elsewhere."""
    first = datetime(2027, 2, 1, 9, tzinfo=UTC)
    assert day("2027-02-01", "fr") == "1er février 2027"
    assert moment(first, "fr") == "le lundi 1er février à 09:00"
    assert moment(first, "nl") == "op maandag 1 februari om 09:00 uur"


@given(st.integers(0, 10**8), st.integers(0, 2**63))
def test_any_amount_has_words(seconds: int, octets: int) -> None:
    """Nothing raises."""
    assert duration(seconds, french)
    assert volume(octets, "fr", french)


def test_every_kind_of_place_has_words() -> None:
    """As the territory's description calls them; "autre" has nothing to say."""
    assert set(PLACE_TYPES) == set(PlaceType) - {PlaceType.AUTRE}
