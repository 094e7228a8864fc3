"""The national list answers what a code means, and what a wrong one was meant to be."""

import pytest

from territory.communes.national_list import Commune, national_list, plain


def test_the_list_is_whole() -> None:
    """All current communes of the 2026 vintage are there, and no other kind."""
    assert len(national_list()) == 34_969
    assert national_list().vintage == "decoupage-administratif 6.0.0"


def test_a_commune_by_its_code() -> None:
    """A code gives the commune with all that a site and a map need."""
    assert national_list().find("55029") == Commune(
        code="55029",
        name="Bar-le-Duc",
        departement="55",
        intercommunal_siren="200033025",
        postal_codes=("55000",),
        population=14_607,
        absorbed_codes=(),
    )


@pytest.mark.parametrize(
    ("code", "name", "departement"),
    [
        ("01004", "Ambérieu-en-Bugey", "01"),
        ("2A004", "Ajaccio", "2A"),
        ("97411", "Saint-Denis", "974"),
        ("75056", "Paris", "75"),
        ("98818", "Nouméa", "988"),
    ],
)
def test_codes_are_text(code: str, name: str, departement: str) -> None:
    """Leading zeros, Corsica and overseas are found under their own written form."""
    commune = national_list().find(code)
    assert commune is not None
    assert (commune.name, commune.departement) == (name, departement)


def test_what_an_order_form_fills_in() -> None:
    """Postal codes and the intercommunal body come with the commune."""
    (commune,) = national_list().near("Commercy", "55", count=1)
    assert commune.postal_codes == ("55200",)
    assert commune.intercommunal_siren is not None


def test_a_commune_without_inhabitants() -> None:
    """The villages of the Meuse that died in 1916 are communes still, without a postal code."""
    commune = national_list().find("55039")
    assert commune is not None
    assert (commune.name, commune.population) == ("Beaumont-en-Verdunois", 0)


@pytest.mark.parametrize(
    ("code", "now"), [("75101", "75056"), ("69381", "69123"), ("01340", "01015")]
)
def test_a_code_that_was_absorbed(code: str, now: str) -> None:
    """An arrondissement and a merged commune are told by the commune that holds them."""
    successor = national_list().successor(code)
    assert national_list().find(code) is None
    assert successor is not None
    assert successor.code == now


def test_nobody_succeeds_a_living_commune() -> None:
    """A commune's own code is not absorbed, whatever delegated part shares it."""
    assert national_list().successor("01015") is None
    assert national_list().find("00000") is None


@pytest.mark.parametrize(
    ("typed", "departement", "meant"),
    [
        ("Bar le duc", None, "55029"),
        ("bar-le-duk", "55", "55029"),
        ("St Mihiel", "55", "55463"),
        ("Verdun", "55", "55545"),
        ("Verdun", "09", "09328"),
        ("COMMERCY", None, "55122"),
    ],
)
def test_what_was_meant(typed: str, departement: str | None, meant: str) -> None:
    """A name without accents or with a wrong letter still finds its commune first."""
    assert national_list().near(typed, departement)[0].code == meant


def test_nothing_is_suggested_for_nonsense() -> None:
    """What is like no name suggests none."""
    assert national_list().near("zzzzqqqq") == []


def test_names_as_they_are_compared() -> None:
    """Accents, ligatures, hyphens, apostrophes and short forms do not count."""
    assert plain("L'Œuvre-St-Étienne") == plain("l oeuvre saint etienne")
