"""Every commune of France, offline: what an INSEE code means, and what was meant by a wrong one.

Stands where a site is described (`socle apply`, the order form): a code is checked against the
list of the year that ships with Socle, and a person who mistyped is told the commune they
probably meant. The list is read once, in some tens of milliseconds, at the first question.
"""

import gzip
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("communes.tsv.gz")
_SHORT_FORMS = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}
_LIKENESS = 0.72
"""How alike two names are to be suggested for each other; 1 is the same name."""


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune that exists in the list's year."""

    code: str
    """INSEE code, 5 characters."""
    name: str
    """Its official name, with accents and hyphens."""
    departement: str
    """Code of the département or overseas collectivity: `55`, `2A`, `974`."""
    intercommunal_siren: str | None
    """SIREN of its EPCI; None for the few that belong to none."""
    postal_codes: tuple[str, ...]
    """Empty for five communes without inhabitants."""
    population: int | None
    """Municipal population; None where it is not published."""
    absorbed_codes: tuple[str, ...]
    """Codes that now mean this commune: communes merged into it, arrondissements of a city."""

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"


class NationalList:
    """The communes of one year, asked by code or by name."""

    def __init__(self, lines: Iterable[str]) -> None:
        """Index the lines that `reduce` makes; the first one names the vintage."""
        first, *rest = lines
        self.vintage = first.lstrip("# ")
        """The package and version the list was made of."""
        self._communes = {line[:5]: _commune(line) for line in rest}
        self._absorbed = {
            code: commune for commune in self._communes.values() for code in commune.absorbed_codes
        }

    def __len__(self) -> int:
        return len(self._communes)

    @property
    def communes(self) -> Iterable[Commune]:
        """Every commune, in the list's order."""
        return self._communes.values()

    def find(self, code: str) -> Commune | None:
        """Return the commune that has this INSEE code today."""
        return self._communes.get(code)

    def successor(self, code: str) -> Commune | None:
        """Return the commune that absorbed the one which had this code."""
        return self._absorbed.get(code)

    def near(self, name: str, departement: str | None = None, count: int = 3) -> list[Commune]:
        """Return the communes whose names are most like `name`, the likest first.

        Accents, hyphens and short forms (`St`) do not count. Without a département only the names
        that begin with the same letter are compared, so that an answer takes a tenth of a second.
        """
        wanted = plain(name)
        by_name: dict[str, list[Commune]] = {}
        for commune in self._communes.values():
            if departement not in (None, commune.departement):
                continue
            known = plain(commune.name)
            if departement or known[:1] == wanted[:1]:
                by_name.setdefault(known, []).append(commune)
        matches = get_close_matches(wanted, by_name, n=count, cutoff=_LIKENESS)
        return [commune for match in matches for commune in by_name[match]][:count]


@cache
def national_list() -> NationalList:
    """Return the list that ships with Socle; read once in a process."""
    with gzip.open(_FILE, "rt", encoding="utf-8") as file:
        return NationalList(file.read().splitlines())


def plain(name: str) -> str:
    """Return a commune's name as it is compared: ASCII letters, lower case, `saint` in full."""
    letters = unicodedata.normalize("NFKD", name.lower().replace("œ", "oe"))
    words = "".join(c if c.isalnum() else " " for c in letters if not unicodedata.combining(c))
    return " ".join(_SHORT_FORMS.get(word, word) for word in words.split())


def _commune(line: str) -> Commune:
    code, name, departement, intercommunal, postal, population, absorbed = line.split("\t")
    return Commune(
        code=code,
        name=name,
        departement=departement,
        intercommunal_siren=intercommunal or None,
        postal_codes=tuple(postal.split()),
        population=int(population) if population else None,
        absorbed_codes=tuple(absorbed.split()),
    )
