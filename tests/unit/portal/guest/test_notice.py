"""A notice says what the law's data say, on the day it is read."""

from datetime import date
from pathlib import Path

import pytest

from portal.guest.notice import (
    DATA,
    HEADINGS,
    NO_DECREE,
    REASONS,
    STARTS,
    WAITING,
    duration_of,
    first_layer,
    how_long,
    sections,
)
from territory.database.tables.columns import Category
from territory.law.durations import Duration, Law, load_law
from territory.law.holdings import AGREED, Datum, kept_by
from territory.vocabulary import IdentificationMethod as Method

TODAY = date(2026, 11, 20)


def law_with(folder: Path, entry: str) -> Law:
    """Return the shipped data and one decision of the territory's own."""
    file = folder / "law.toml"
    dates = "from = 2026-10-21\nuntil = 2027-10-21\nsource = 'x'\n"
    file.write_text(f"[[{entry}]]\n{dates}")
    return load_law(file)


def test_every_word_that_a_notice_needs_is_there() -> None:
    """Each kind of data, and each category that any method makes a site keep."""
    assert set(DATA) == set(Datum)
    for words in (HEADINGS, STARTS, REASONS):
        assert set(words) == {h.category for h in (*kept_by(Method), AGREED)}


@pytest.mark.parametrize(
    ("entry", "kept", "reason"),
    [
        ("injunction", "1 an", REASONS[Category.TRAFFIC]),
        ("no_injunction", "3 mois", NO_DECREE),
    ],
)
def test_traffic_data_are_kept_as_the_decree_says(
    tmp_path: Path, entry: str, kept: str, reason: str
) -> None:
    """A year under an injunction, three months without one."""
    told = sections([Method.CLICK_THROUGH], law_with(tmp_path, entry), TODAY, str)
    traffic = next(one for one in told if one.category is Category.TRAFFIC)
    assert (traffic.kept, traffic.reason) == (kept, reason)


def test_while_nothing_is_known_the_longest_is_told() -> None:
    """Nothing is lost meanwhile, and that is said."""
    told = sections([Method.CLICK_THROUGH], load_law(), TODAY, str)
    traffic = next(one for one in told if one.category is Category.TRAFFIC)
    assert (traffic.kept, traffic.reason) == ("1 an", WAITING)


def test_the_first_layer_says_five_years_only_where_somebody_is_asked() -> None:
    """Click-through asks nobody."""
    law = load_law()
    assert first_layer([Method.CLICK_THROUGH], law, TODAY, str).identity == ""
    found = first_layer([Method.CLICK_THROUGH, Method.SMS_CODE], law, TODAY, str)
    assert (found.source, found.identity) == ("1 an", "5 ans")


def test_durations_in_words() -> None:
    """Years where they are whole, else months."""
    for months, words in ((3, "3 mois"), (12, "1 an"), (18, "18 mois"), (60, "5 ans")):
        assert how_long(Duration(months), str) == words


def test_the_longest_is_what_the_rule_says() -> None:
    """Of a category that no injunction touches."""
    assert duration_of(load_law(), Category.SECURITY, TODAY) == Duration(3)
