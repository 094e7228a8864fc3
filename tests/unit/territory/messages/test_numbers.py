"""Telephone numbers: mobile ones of the territories of France, and no others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from territory.errors import ProtocolError
from territory.messages.numbers import PhoneNumber, meant, read_country_codes
from territory.settings.messages import SmsSettings

FRANCE = frozenset(SmsSettings().countries)


def parse(text: str) -> PhoneNumber:
    """Return what a guest in mainland France typed."""
    return PhoneNumber.parse(text, "FR", FRANCE)


@pytest.mark.parametrize(
    ("typed", "e164", "country"),
    [
        ("06 12 34 56 78", "+33612345678", "FR"),
        ("0033 7 56 78 90 12", "+33756789012", "FR"),
        ("+33 (0)6.12-34-56-78", "+33612345678", "FR"),
        ("+262 692 12 34 56", "+262692123456", "RE"),
        ("+262 639 01 23 45", "+262639012345", "YT"),
        ("+590 690 00 12 34", "+590690001234", "GP"),
        ("+594 694 20 12 34", "+594694201234", "GF"),
        ("+596 696 20 12 34", "+596696201234", "MQ"),
        ("+687 75 12 34", "+687751234", "NC"),
        ("+689 87 12 34 56", "+68987123456", "PF"),
    ],
)
def test_numbers_that_are_written_to(typed: str, e164: str, country: str) -> None:
    """However it is typed, one form of it (E.164), which limits are counted by."""
    number = parse(typed)
    assert (number.e164, number.country) == (e164, country)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "bad-number"),
        ("06 12 34", "bad-number"),
        ("0612345678901234", "bad-number"),
        ("bonjour", "bad-number"),
        ("06 12 34 56 78 ext. 9", "bad-number"),
        ("0" * 33, "bad-number"),
        ("0" * 100_000, "bad-number"),
        ("+33 1 42 34 56 78", "not-mobile"),
        ("+33 8 99 70 12 34", "not-mobile"),
        ("+33 800 94 12 34", "not-mobile"),
        ("3615", "bad-number"),
        ("+32 470 12 34 56", "foreign-number"),
        ("+882 16 123 45678", "foreign-number"),
        ("+371 20 123 456", "foreign-number"),
        ("+44 7400 123456", "foreign-number"),
    ],
)
def test_numbers_that_are_not(typed: str, reason: str) -> None:
    """Landlines, premium, satellite and foreign numbers get no message: nobody earns by them."""
    with pytest.raises(ProtocolError) as refused:
        parse(typed)
    assert refused.value.reason == reason


def test_a_block_is_ten_thousand_neighbours() -> None:
    """Numbers that differ in their last four digits are counted together."""
    assert parse("06 12 34 56 78").block == parse("06 12 34 00 01").block == "+3361234"
    assert parse("06 12 35 56 78").block != parse("06 12 34 56 78").block


def test_how_it_is_shown() -> None:
    """In pairs, as people read it."""
    assert parse("0612345678").shown == "+33 6 12 34 56 78"


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("06 12 34 56 78", {"+33612345678"}),
        ("+33 (0)6 12 34 56 78", {"+33612345678"}),
        ("0692 12 34 56", {"+262692123456"}),
        ("79 12 34", {"+687791234", "+508791234"}),
        ("+44 7911 123456", {"+447911123456"}),
        ("+44 6 12 34 56 78", set()),
        ("Jeanne", set()),
    ],
)
def test_a_text_may_mean_one_number_several_or_none(text: str, numbers: set[str]) -> None:
    """Short numbers are told apart by their territory's prefix alone."""
    assert meant(text) == numbers


def test_countries_are_known_ones() -> None:
    """A list that would let nothing through by a slip is refused at start."""
    assert read_country_codes(["FR", "BE"]) == {"FR", "BE"}
    with pytest.raises(ProtocolError, match="bad-country"):
        read_country_codes(["FR", "France"])


@given(st.text(max_size=60))
def test_anything_typed(typed: str) -> None:
    """Whatever is typed, it is a number of the list or a refusal with a reason."""
    try:
        number = parse(typed)
    except ProtocolError:
        return
    assert number.country in FRANCE
    assert number.e164[0] == "+"
    assert number.e164[1:].isdigit()
