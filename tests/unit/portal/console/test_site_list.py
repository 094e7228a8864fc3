"""The list of sites: found, kept, sorted, cut into pages."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from portal.console.live_picture import Spot
from portal.console.site_list import ROWS, Wish, find, plain
from territory.health.states import State

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
HERE = uuid4()
ORGANISATIONS = {HERE: "Communauté de communes de l'Aire à l'Argonne"}


def spot(number: int, state: State = State.UP, name: str = "Mairie") -> Spot:
    """A site."""
    return Spot(
        f"lieu-{number}", f"{name} {number:04}", "Étain", HERE, True, None, state, since=NOW
    )


SPOTS = [
    *(spot(number) for number in range(120)),
    spot(200, State.DOWN, "Bibliothèque"),
    spot(201, State.DEGRADED, "Salle des fêtes"),
]


def test_the_worst_come_first_and_every_site_on_one_page() -> None:
    """Whoever turns all the pages has seen each site once."""
    pages = [find(SPOTS, ORGANISATIONS, Wish(page=n)) for n in (1, 2, 3)]
    assert [row.code for row in pages[0].rows[:3]] == ["lieu-200", "lieu-201", "lieu-0"]
    assert [len(page.rows) for page in pages] == [ROWS, ROWS, 22]
    assert {row.code for page in pages for row in page.rows} == {each.code for each in SPOTS}
    assert (pages[0].pages, pages[0].found) == (3, 122)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("bibliotheque", 1),
        ("FÊTES etain", 1),
        ("lieu-200", 1),
        ("argonne mairie 0007", 1),
        ("mairie", 120),
        ("", 122),
        ("  ", 122),
        ("mairie de nulle part", 0),
        ("' or 1=1", 0),
    ],
)
def test_words_are_found_wherever_they_stand(words: str, found: int) -> None:
    """In name, commune, organisation or code, in any order, without accents or capitals."""
    assert find(SPOTS, ORGANISATIONS, Wish(words)).found == found


def test_a_state_keeps_its_sites_and_every_state_its_count() -> None:
    """The counts are of what was searched, so that the next choice is known before it is made."""
    listing = find(SPOTS, ORGANISATIONS, Wish("salle", State.DOWN))
    assert (listing.found, listing.rows) == (0, [])
    assert listing.states == {State.DEGRADED: 1}
    assert listing.pages == 1


@pytest.mark.parametrize(
    ("query", "wish"),
    [
        ({}, Wish()),
        ({"recherche": " Étain ", "etat": "down", "page": "2"}, Wish("Étain", State.DOWN, 2)),
        ({"etat": "drop table", "page": "-1"}, Wish()),
        ({"page": "99999999999999999999"}, Wish()),
        ({"page": "²"}, Wish()),
        ({"recherche": "x" * 5000}, Wish("x" * 100)),
    ],
)
def test_what_is_typed_into_an_address_cannot_break_the_list(
    query: dict[str, str], wish: Wish
) -> None:
    """What cannot be read is left out; a page beyond the last is the last."""
    assert Wish.read(query) == wish
    assert find(SPOTS, ORGANISATIONS, Wish(page=999_999)).wish.page == 3
    assert find([], {}, Wish(page=0)).wish.page == 1


def test_addresses_carry_what_is_kept_and_nothing_more() -> None:
    """The first page of everything has the list's own address."""
    assert Wish().at(None, 1) == ""
    assert Wish("Saint-Mihiel & co").at(State.DOWN, 2) == (
        "?recherche=Saint-Mihiel+%26+co&etat=down&page=2"
    )


def test_plain_text() -> None:
    """Hyphens separate words, as they do where people leave them out."""
    assert plain("Saint-Mihiel, Étain, ŒUVRE") == "saint mihiel, etain, œuvre"
