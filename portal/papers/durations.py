"""How long each category is kept, in the words of the papers: from `territory.law`, never by hand.

The guests' notices read the same data through `portal.guest.notice`, whose durations these are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from portal.guest.notice import duration_of, how_long
from portal.papers.activities import Activity, activity_of
from portal.papers.facts import Facts
from portal.papers.tables import Held
from territory.database.tables import Category
from territory.law.durations import InjunctionState

STARTS: Final[Mapping[Category, str]] = {
    Category.IDENTITY: "la fin du compte",
    Category.ACCOUNT: "la clôture du compte",
    Category.SOURCE: "la connexion",
    Category.TRAFFIC: "l'enregistrement",
    Category.SECURITY: "l'enregistrement",
    Category.CONSENT: "la fin de l'accord",
    Category.AUDIT: "le geste",
}
"""What the time of each runs from."""
STAFF: Final = "Tant que la personne travaille avec la base"
"""Of operators, which no law of the archive speaks of."""
STAFF_NAME: Final = "opérateurs"
_REGISTER: Final = "archive"
"""The schema of the register; what an agent handed on leaves with the audit log."""
REGISTER_NAME: Final = "registre des réquisitions"


@dataclass(frozen=True, slots=True)
class Kept:
    """How long one category is kept."""

    name: str
    """The category's name in French."""
    words: str
    """How long and since when: `1 an à partir de la connexion`."""
    source: str
    """The text that says so."""


def kept(facts: Facts, category: Category) -> Kept:
    """Return how long what is recorded today in a category is kept, at most."""
    rule = facts.law.rules.get(category)
    if rule is None:
        return Kept(STAFF_NAME, STAFF, "durée fixée par le responsable")
    duration = how_long(duration_of(facts.law, category, facts.today), str)
    words = f"{duration} à partir de {STARTS[category]}".replace("de le ", "du ")
    return Kept(rule.french, words, rule.source)


def kept_part(facts: Facts, part: Held) -> Kept:
    """Return how long one part of a table is kept; the register has its own term."""
    told = kept(facts, part.category)
    if activity_of(part) is not Activity.REQUISITIONS or part.schema != _REGISTER:
        return told
    duration = how_long(facts.grounds.register_kept, str)
    return Kept(REGISTER_NAME, f"{duration} à partir de la fin de la demande", told.source)


def injunction(facts: Facts) -> str:
    """Return what is known today of the injunction to keep traffic data, in one sentence."""
    state, ground = facts.law.injunction(facts.today)
    match state:
        case InjunctionState.IN_FORCE:
            return f"Une injonction est en vigueur (décret {ground}) : le trafic est gardé un an."
        case InjunctionState.ENDED:
            return f"Aucune injonction n'est en vigueur ({ground})."
        case InjunctionState.UNKNOWN:
            return (
                "Aucune décision n'est enregistrée sur l'injonction de l'année : rien n'est perdu"
                " jusque-là, et une alerte le rappelle chaque jour."
            )
