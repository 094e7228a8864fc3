"""What is asked of whoever makes tickets, and what is said where it cannot be had."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.tickets.order import Choices, Rights, Somewhere, read_order
from territory.rules.tickets import Terms

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
PLAN, FAMILY, TOWN, HALL = uuid4(), uuid4(), uuid4(), uuid4()
CHOICES = Choices(
    [
        Somewhere("mairie", "Mairie", TOWN, HALL, PLAN),
        Somewhere("ville", "Tous les lieux", TOWN, None, PLAN),
    ],
    [Rights(PLAN, "Découverte", 2), Rights(FAMILY, "Famille", None)],
)


def test_one_tap_is_a_place_and_nothing_more() -> None:
    """A ticket for one device and a day, to be begun within a week, with the place's rights."""
    found = read_order({"lieu": str(HALL)}, CHOICES, NOW)
    assert found == (Terms(TOWN, HALL, PLAN, 1, 86_400, date(2026, 11, 27)), 1)


def test_a_whole_sheet() -> None:
    """Every field of the form, for all of an organisation's sites."""
    form = {
        "lieu": str(TOWN),
        "formule": str(FAMILY),
        "tickets": "500",
        "appareils": "10",
        "duree": "7200",
        "dernier": "2026-11-20",
    }
    found = read_order(form, CHOICES, NOW)
    assert found == (Terms(TOWN, None, FAMILY, 10, 7200, date(2026, 11, 20)), 500)


@pytest.mark.parametrize(
    ("form", "begun"),
    [
        ({"debut": "2026-12-01"}, "2026-12-08"),
        ({"debut": "2026-12-01", "fin": "2026-12-03"}, "2026-12-03"),
        ({"fin": "2026-12-24"}, "2026-11-27"),
        ({"dernier": "2026-12-24", "fin": "2026-12-24"}, "2026-12-24"),
    ],
)
def test_days_of_its_own(form: dict[str, str], begun: str) -> None:
    """A feast, a week of holidays: from a day, until a day; who does not say when to begin at the
    latest has a week from the first day, or until the end."""
    found = read_order({"lieu": str(HALL)} | form, CHOICES, NOW)
    assert isinstance(found, tuple)
    terms = found[0]
    assert str(terms.last_first_use) == begun
    assert [str(day or "") for day in (terms.first_day, terms.last_day)] == [
        form.get("debut", ""),
        form.get("fin", ""),
    ]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"lieu": "elsewhere"}, "Choisissez un lieu"),
        ({"lieu": ""}, "Choisissez un lieu"),
        ({"formule": "x"}, "formule de la liste"),
        ({"tickets": "0"}, "de 1 à 500"),
        ({"tickets": "501"}, "de 1 à 500"),
        ({"tickets": "-1"}, "de 1 à 500"),
        ({"tickets": "1e3"}, "de 1 à 500"),
        ({"appareils": "3"}, "de 1 à 2 appareils"),
        ({"appareils": "11", "formule": str(FAMILY)}, "de 1 à 10 appareils"),
        ({"duree": "60"}, "durée de la liste"),
        ({"dernier": "2026-11-19"}, "d'aujourd'hui à dans un an"),
        ({"dernier": "2027-12-01"}, "d'aujourd'hui à dans un an"),
        ({"dernier": "demain"}, "d'aujourd'hui à dans un an"),
        ({"debut": "2026-11-19"}, "d'aujourd'hui à dans un an"),
        ({"debut": "9999-12-31", "dernier": "9999-12-31"}, "d'aujourd'hui à dans un an"),
        ({"fin": "x"}, "d'aujourd'hui à dans un an"),
        ({"debut": "2026-12-02", "dernier": "2026-12-01"}, "se suivent"),
        ({"dernier": "2026-12-02", "fin": "2026-12-01"}, "se suivent"),
        ({"debut": "2026-12-02", "fin": "2026-12-01"}, "se suivent"),
    ],
)
def test_what_cannot_be_had_is_said(more: dict[str, str], words: str) -> None:
    """One sentence for it, with what would do."""
    found = read_order({"lieu": str(HALL)} | more, CHOICES, NOW)
    assert isinstance(found, list)
    assert [words in fault for fault in found] == [True]


@given(
    st.dictionaries(
        st.sampled_from(
            ["lieu", "formule", "tickets", "appareils", "duree", "dernier", "debut", "fin"]
        ),
        st.one_of(st.text(max_size=40), st.sampled_from([str(HALL), str(TOWN), "1", "٣"])),
    )
)
def test_any_form_is_an_order_or_a_list_of_faults(form: dict[str, str]) -> None:
    """Nothing raises, and no order is beyond what may be made."""
    found = read_order(form, CHOICES, NOW)
    if isinstance(found, tuple):
        assert 1 <= found[1] <= 500
    else:
        assert found
