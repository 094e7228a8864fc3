"""Whether a requisition may be answered as it is: its ground, conditions and width. Pure.

Looked at once, when it is entered. Each fault has a code, kept in the register, and a sentence for
the custodian and for the letter to the authority. What is found here suspends; it does not refuse.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from retention.cases.question import Question
from territory.database.tables.columns import Category
from territory.law.grounds import Condition, Ground, Grounds, Magistrate

CONNECTION_DATA = frozenset({Category.SOURCE, Category.TRAFFIC})
"""What CPP 60-1-2 protects."""


class FaultCode(StrEnum):
    """What may be wrong with a requisition."""

    NO_DOCUMENT = "no document"
    NO_GROUND = "no ground"
    NOT_IN_FORCE = "not in force"
    KEEPS_ONLY = "keeps only"
    NO_MAGISTRATE = "no magistrate"
    NOT_COVERED = "not covered"
    NO_CONDITION = "no condition"
    OTHER_CONDITION = "other condition"
    TOO_WIDE = "too wide"


@dataclass(frozen=True, slots=True)
class Sought:
    """What the scope check looks at of a requisition."""

    ground: str
    """Code of the ground; empty: the act names none."""
    condition: str
    """Code of the case of CPP 60-1-2; empty: the act names none."""
    magistrate: str
    """Who authorised or mandated it; empty: nobody named."""
    issued_on: date
    question: Question
    has_document: bool


@dataclass(frozen=True, slots=True)
class ScopeFault:
    """One thing that is wrong, in words."""

    code: FaultCode
    french: str


def check(sought: Sought, law: Grounds) -> tuple[ScopeFault, ...]:
    """Return all that suspends the requisition; empty: nothing does."""
    return tuple(_faults(sought, law))


def _faults(sought: Sought, law: Grounds) -> Iterator[ScopeFault]:
    if not sought.has_document:
        yield _fault(FaultCode.NO_DOCUMENT)
    ground = law.ground(sought.ground)
    if ground is None:
        yield _fault(FaultCode.NO_GROUND)
    else:
        yield from _ground_faults(sought, ground, law)
    yield from _width_faults(sought.question, law)


def _ground_faults(sought: Sought, ground: Ground, law: Grounds) -> Iterator[ScopeFault]:
    if not ground.applies_on(sought.issued_on):
        yield _fault(FaultCode.NOT_IN_FORCE, article=ground.article, day=_day(sought.issued_on))
    if not ground.categories:
        yield _fault(FaultCode.KEEPS_ONLY, article=ground.article)
        return
    if ground.magistrate is not Magistrate.NONE and not sought.magistrate:
        yield _fault(FaultCode.NO_MAGISTRATE, article=ground.article, who=WHO[ground.magistrate])
    asked = sought.question.categories
    beyond = [CATEGORIES[one] for one in asked if one not in ground.categories]
    if beyond:
        yield _fault(FaultCode.NOT_COVERED, article=ground.article, beyond=listed(beyond))
    if ground.condition and CONNECTION_DATA & set(asked):
        yield from _condition_faults(sought, law.condition(sought.condition))


def _condition_faults(sought: Sought, condition: Condition | None) -> Iterator[ScopeFault]:
    if condition is None:
        yield _fault(FaultCode.NO_CONDITION)
    elif not condition.carries(sought.question.kind):
        kind = KINDS[sought.question.kind]
        yield _fault(FaultCode.OTHER_CONDITION, condition=condition.french, kind=kind)


def _width_faults(question: Question, law: Grounds) -> Iterator[ScopeFault]:
    start, end = question.window
    longest = law.limits.longest[question.kind]
    if end - start > longest + _SECOND:
        kind = KINDS[question.kind]
        yield _fault(
            FaultCode.TOO_WIDE, kind=kind, asked=_lasting(end - start), longest=_lasting(longest)
        )


_SECOND = timedelta(seconds=1)
"""An instant given to the second is any of that second."""

WHO = {
    Magistrate.AUTHORISES: "l'autorisation de l'autorité compétente",
    Magistrate.MANDATES: "la commission rogatoire du juge d'instruction",
}
CATEGORIES = {
    Category.SOURCE: "données techniques de source (adresse, appareil, lieu)",
    Category.TRAFFIC: "données de trafic (durée, volume)",
    Category.ACCOUNT: "données de compte",
    Category.IDENTITY: "identité civile",
}
KINDS = {
    "address": "une adresse publique à un instant",
    "device": "un appareil sur une période",
    "person": "une personne sur une période",
    "site": "tous les appareils d'un lieu sur une période",
}
_SENTENCES = {
    FaultCode.NO_DOCUMENT: "L'acte lui-même n'est pas joint.",
    FaultCode.NO_GROUND: "Aucun fondement légal n'est indiqué, ou il n'est pas reconnu.",
    FaultCode.NOT_IN_FORCE: "{article} ne s'applique pas à un acte du {day}.",
    FaultCode.KEEPS_ONLY: (
        "{article} ordonne de conserver des données, pas de les remettre : une réquisition"
        " distincte est nécessaire pour y accéder."
    ),
    FaultCode.NO_MAGISTRATE: "{article} demande {who} : ni nom ni référence n'est donné.",
    FaultCode.NOT_COVERED: "{article} ne permet pas de remettre : {beyond}.",
    FaultCode.NO_CONDITION: (
        "La demande porte sur des données de connexion : l'acte doit relever de l'un des quatre cas"
        " de l'article 60-1-2 du code de procédure pénale, à peine de nullité. Aucun n'est indiqué."
    ),
    FaultCode.OTHER_CONDITION: (
        "Le cas invoqué (« {condition} ») ne permet pas de demander {kind}."
    ),
    FaultCode.TOO_WIDE: (
        "La demande est trop large : {kind}, {asked} demandés pour {longest} au plus."
    ),
}


def _fault(code: FaultCode, **words: str) -> ScopeFault:
    return ScopeFault(code, _SENTENCES[code].format(**words))


def listed(names: Sequence[str]) -> str:
    """Return names as a sentence lists them."""
    return " et ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _day(day: date) -> str:
    return day.strftime("%d/%m/%Y")


def _lasting(length: timedelta) -> str:
    """Return a length in the largest unit that says it well."""
    seconds = round(length.total_seconds())
    for size, unit in ((86_400, "jours"), (3600, "heures"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f}".removesuffix(".0").replace(".", ",") + f" {unit}"
    return f"{seconds} secondes"
