"""The legal grounds as dated data: whole, sourced, and corrected by a territory's own file."""

from datetime import date
from pathlib import Path

import pytest

from territory.database.tables.columns import Category
from territory.errors import ConfigurationError
from territory.law.grounds import Confidence, Domain, Magistrate, load_grounds

LAW = load_grounds()


def test_every_entry_says_where_it_comes_from() -> None:
    """Codes are single, sources are given, and what is not sure says so."""
    codes = [each.code for each in LAW.grounds] + [each.code for each in LAW.conditions]
    assert len(codes) == len(set(codes))
    assert all(each.source and each.french for each in LAW.grounds)
    assert all(each.source and each.french for each in LAW.conditions)
    assert {each.domain for each in LAW.grounds} == set(Domain)
    assert {each.confidence for each in LAW.grounds} == set(Confidence)
    assert len(LAW.conditions) == 4


def test_the_new_code_takes_over_on_its_day() -> None:
    """CPP articles end as the ordinance of 2025 begins; the administrative ones go on."""
    last, first = date(2028, 12, 31), date(2029, 1, 1)
    on = {day: {g.code for g in LAW.grounds if g.applies_on(day)} for day in (last, first)}
    assert "cpp-77-1-1" in on[last] - on[first]
    assert "cpp-2029" in on[first] - on[last]
    assert "csi-l851-1" in on[last] & on[first]
    for code in ("cpp-60-1", "cpp-60-2", "cpp-77-1-1", "cpp-77-1-2", "cpp-99-3", "cpp-99-4"):
        assert code in on[last]


def test_a_ground_says_what_it_lets_out_and_who_must_have_agreed() -> None:
    """Arcom asks for identity, a preservation order lets nothing out, a judge mandates."""
    arcom, keep, judge = (LAW.ground(c) for c in ("arcom", "cpce-l34-1-3bis", "cpp-99-3"))
    assert arcom
    assert keep
    assert judge
    assert arcom.categories == {Category.IDENTITY}
    assert keep.categories == frozenset()
    assert judge.magistrate is Magistrate.MANDATES
    assert LAW.ground("none") is None
    assert LAW.condition("none") is None


def test_a_territory_corrects_an_entry_and_adds_its_own(tmp_path: Path) -> None:
    """By the same code, and limits one by one; a file that is not there changes nothing."""
    own = tmp_path / "grounds.toml"
    assert load_grounds(own) == LAW
    own.write_text(
        "[limits]\nsite_hours = 2\n"
        '[[ground]]\ncode = "arcom"\ndomain = "administrative"\narticle = "CPI L331-14"\n'
        'french = "Arcom"\ncategories = ["identity", "account"]\nmagistrate = "none"\n'
        'source = "conseil"\nconfidence = "primary"\n'
    )
    law = load_grounds(own)
    arcom = law.ground("arcom")
    assert arcom
    assert arcom.article == "CPI L331-14"
    assert len(law.grounds) == len(LAW.grounds)
    assert law.limits.longest["site"].total_seconds() == 7200
    assert law.limits.longest["device"] == LAW.limits.longest["device"]


@pytest.mark.parametrize(
    "text", ["not toml", '[[ground]]\ncode = "x"', "[limits]\nsite_hours = 'six'"]
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    """The operator is told which file, and what is expected in it."""
    own = tmp_path / "grounds.toml"
    own.write_text(text)
    with pytest.raises(ConfigurationError, match=r"grounds\.toml"):
        load_grounds(own)
