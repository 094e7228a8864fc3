"""The processing activities of the base, and which columns serve each: one rule, total. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from portal.papers.tables import Held, held
from territory.database.tables import Category


class Activity(StrEnum):
    """What personal data serve; its value orders the record."""

    ACCESS = "access"
    LAW = "law"
    SECURITY = "security"
    NEWSLETTER = "newsletter"
    REQUISITIONS = "requisitions"
    OPERATORS = "operators"
    AUDIT = "audit"


@dataclass(frozen=True, slots=True)
class Purpose:
    """What the record says of an activity beside its data."""

    title: str
    purpose: str
    basis: str
    """GDPR art. 6, and the text behind it."""
    people: str
    recipients: str


_CUSTODIANS: Final = (
    "deux dépositaires ensemble ; l'autorité qui a écrit une réquisition, pour ce qu'elle demande"
)

PURPOSES: Final[Mapping[Activity, Purpose]] = {
    Activity.ACCESS: Purpose(
        "Donner accès au Wi-Fi public",
        "Reconnaître l'appareil admis, compter son temps et son volume, finir l'accès à l'heure.",
        "Mission d'intérêt public (RGPD art. 6.1.e)",
        "usagers du Wi-Fi",
        "les techniciens, pour un appareil qui n'arrive pas en ligne ; chaque lecture est inscrite"
        " au journal d'audit",
    ),
    Activity.LAW: Purpose(
        "Conserver ce que la loi impose",
        "Pouvoir dire à la justice quel appareil avait une adresse à un instant.",
        "Obligation légale (RGPD art. 6.1.c ; CPCE L34-1 II bis et III, R10-13)",
        "usagers du Wi-Fi",
        _CUSTODIANS,
    ),
    Activity.SECURITY: Purpose(
        "Protéger le réseau",
        "Repérer les abus, écarter un appareil, freiner qui devine des codes.",
        "Mission d'intérêt public (RGPD art. 6.1.e ; CPCE R10-14 IV)",
        "usagers du Wi-Fi",
        "les techniciens et les administrateurs",
    ),
    Activity.NEWSLETTER: Purpose(
        "Envoyer une lettre d'information à qui l'a voulu",
        "Écrire à qui a coché la case, et pouvoir prouver cet accord.",
        "Accord de la personne (RGPD art. 6.1.a et 7 ; CPCE L34-5)",
        "usagers qui ont donné leur accord",
        "l'agent de l'organisme qui écrit",
    ),
    Activity.REQUISITIONS: Purpose(
        "Répondre aux réquisitions",
        "Recevoir un acte, le vérifier, y répondre à deux, prouver ce qui a été fait.",
        "Obligation légale (RGPD art. 6.1.c ; CPCE L34-1 II)",
        "agents et magistrats qui demandent ; personnes visées par la question",
        "les dépositaires ; l'autorité qui a écrit",
    ),
    Activity.OPERATORS: Purpose(
        "Ouvrir la base à ses opérateurs",
        "Donner à chacun ses droits, et rien de plus.",
        "Mission d'intérêt public (RGPD art. 6.1.e)",
        "agents, médiateurs, techniciens, administrateurs, dépositaires, délégués",
        "les administrateurs ; l'auteur d'un geste se lit au journal d'audit",
    ),
    Activity.AUDIT: Purpose(
        "Tracer les gestes sur des données personnelles",
        "Savoir qui a lu ou changé quoi ; chaque ligne scelle la précédente.",
        "Obligation de sécurité (RGPD art. 6.1.c et 32 ; CNIL, délibération 2021-122)",
        "opérateurs de la base",
        "les administrateurs et le délégué à la protection des données",
    ),
}

_BY_CATEGORY: Final[Mapping[Category, Activity]] = {
    Category.STAFF: Activity.OPERATORS,
    Category.SECURITY: Activity.SECURITY,
    Category.CONSENT: Activity.NEWSLETTER,
}
_AUDITED: Final = {"archive.key_ceremony"}
"""What custodians did with keys, of no requisition."""
_SERVICE: Final = "live"
"""The schema of what serves today's connections; the others are kept because the law says so."""


def activity_of(part: Held) -> Activity:
    """Return what a part of a table serves."""
    if part.category is Category.AUDIT:
        of_audit = part.schema == "audit" or part.table in _AUDITED
        return Activity.AUDIT if of_audit else Activity.REQUISITIONS
    usual = Activity.ACCESS if part.schema == _SERVICE else Activity.LAW
    return _BY_CATEGORY.get(part.category, usual)


def parts_of(activity: Activity) -> tuple[Held, ...]:
    """Return every part of a table that serves an activity."""
    return tuple(part for part in held() if activity_of(part) is activity)
