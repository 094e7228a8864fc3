"""The list of sites: found by words, kept by state, the worst first, a page at a time. Pure.

Thousands of sites are sorted and searched in memory, in a few milliseconds: their states are judged
here, so the database could not sort by them.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from unicodedata import combining, normalize
from urllib.parse import urlencode
from uuid import UUID

from portal.console.live_picture import Spot, worst_first
from territory.health.states import State

ROWS: Final = 50
MOST_WORDS: Final = 8
MOST_CHARACTERS: Final = 100
MOST_DIGITS: Final = 6
_FIRST: Final = ("page", "1")


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody looks for."""

    words: str = ""
    """Of a site's name, code, commune or organisation; all must be there, in any order."""
    state: State | None = None
    """None: any."""
    page: int = 1

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "Wish":
        """Return the wish of an address; what cannot be read is as if it were not there."""
        state, page = query.get("etat", ""), query.get("page", "")
        return cls(
            query.get("recherche", "")[:MOST_CHARACTERS].strip(),
            State(state) if state in set(State) else None,
            int(page) if page.isascii() and page.isdecimal() and len(page) <= MOST_DIGITS else 1,
        )

    def at(self, state: State | None, page: int) -> str:
        """Return the query, ``?`` included, of another state or page of the same search."""
        asked = {"recherche": self.words, "etat": state or "", "page": str(page)}
        told = {name: value for name, value in asked.items() if value and (name, value) != _FIRST}
        return f"?{urlencode(told)}" if told else ""


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of what was found."""

    wish: Wish
    """With the page that is shown."""
    rows: Sequence[Spot]
    found: int
    """Sites of the wished words and state."""
    states: Mapping[State, int]
    """Sites of the wished words, by state."""

    @property
    def pages(self) -> int:
        """How many there are, one at least."""
        return max(1, -(-self.found // ROWS))


def find(spots: Sequence[Spot], organisations: Mapping[UUID, str], wish: Wish) -> Listing:
    """Return the page that is wished for, or the last there is."""
    words = plain(wish.words).split()[:MOST_WORDS]
    named = [spot for spot in spots if _has(spot, organisations, words)]
    kept = [spot for spot in named if wish.state in {None, spot.state}]
    last = max(1, -(-len(kept) // ROWS))
    page = min(max(1, wish.page), last)
    rows = worst_first(kept)[(page - 1) * ROWS : page * ROWS]
    shown = Wish(wish.words, wish.state, page)
    return Listing(shown, rows, len(kept), Counter(spot.state for spot in named))


def _has(spot: Spot, organisations: Mapping[UUID, str], words: Sequence[str]) -> bool:
    if not words:
        return True
    parts = (spot.name, spot.code, spot.commune, organisations.get(spot.organisation_id, ""))
    said = plain(" ".join(parts))
    return all(word in said for word in words)


def plain(text: str) -> str:
    """Return a text without accents and capitals: people type as they can."""
    apart = normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not combining(letter)).replace("-", " ")
