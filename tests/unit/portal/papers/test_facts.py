"""What nobody has given is named, with what to do, and nothing else is."""

from dataclasses import replace
from datetime import date

from portal.papers.facts import NOTHING_SET, gaps_of_settings, gaps_of_territory
from tests.unit.portal.papers.small_territory import CITY, facts


def test_each_gap_is_named() -> None:
    """Contact, custodians, organisations, their DPO, this year's injunction."""
    assert [gap.about for gap in gaps_of_settings(NOTHING_SET)] == ["authorities"]
    empty = replace(facts(), bodies=(), spots=(), custodians=1)
    about = [gap.about for gap in gaps_of_territory(empty)]
    assert about == ["custodians", "organisations", "law.injunction"]
    assert "Département de la Meuse" in next(gaps_of_territory(facts())).french


def test_where_all_is_given_nothing_misses() -> None:
    """In a year whose decree is known."""
    whole = replace(facts(), bodies=(CITY,), today=date(2026, 1, 5))
    assert [*gaps_of_territory(whole), *gaps_of_settings(whole.circumstances)] == []
