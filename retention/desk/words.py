"""The desk's French: states, faults of a form, dates. Pure."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date

from retention.cases.case_file import DayState
from retention.cases.question import (
    AddressQuestion,
    DeviceQuestion,
    PersonQuestion,
    Question,
    SiteQuestion,
)
from retention.desk.states import Act, State
from territory.errors import Fault
from territory.web import french

DAY_STATES = {
    DayState.SEALED: "scellée",
    DayState.UNSEALED: "pas encore scellée",
    DayState.PRESERVED: "effacée, hors ce qui est mis à part",
    DayState.DESTROYED: "effacée à son échéance",
    DayState.ABSENT: "antérieure à l'archive",
}
CASE_STATES = {"prepared": "préparé", "opened": "ouvert", "answered": "répondu"}
STATES = {
    State.RECEIVED: "reçue",
    State.SUSPENDED: "suspendue",
    State.OVERRIDDEN: "suspension levée",
    State.PREPARED: "préparée",
    State.OPENED: "ouverte",
    State.ANSWERED: "répondue",
    State.REFUSED: "refusée",
    State.PRESERVED: "conservation inscrite",
    State.WITHDRAWN: "retirée",
}
STATE_LOOKS = {State.SUSPENDED: "bad", State.OVERRIDDEN: "warn", State.ANSWERED: "good"}
"""How a state's tag looks, where it says something by itself."""
ACTS = {
    Act.REGISTER: "Inscrite au registre",
    Act.SUSPEND: "Inscrite au registre, et suspendue",
    Act.OVERRIDE: "Suspension levée par deux dépositaires",
    Act.PREPARE: "Dossier préparé",
    Act.OPEN: "Première enveloppe ouverte",
    Act.ANSWER: "Réponse signée",
    Act.REFUSE: "Refusée",
    Act.PRESERVE: "Conservation inscrite",
    Act.WITHDRAW: "Retirée",
}
IDENTIFIERS = {
    "email": "adresse électronique (nom de compte)",
    "phone": "numéro de téléphone",
    "ticket": "code imprimé d'un ticket",
    "account": "identifiant de compte, de contact ou de ticket",
    "user_name": "identifiant de droit, tiré d'une réponse précédente",
}
UNCERTAINTIES = {
    0: "aucune marge",
    1: "une seconde",
    30: "30 secondes",
    60: "une minute",
    300: "5 minutes",
    1800: "30 minutes",
    7200: "2 heures",
}
CATEGORIES = {
    "source": "Source",
    "traffic": "Trafic",
    "security": "Sécurité",
    "identity": "Identité",
    "account": "Comptes",
}

_FAULTS = {
    "public_address": "L'adresse publique est une adresse IPv4 ou IPv6.",
    "port": "Le port va de 1 à 65535 ; laissez vide s'il n'est pas communiqué.",
    "at": "L'instant doit être passé, avec une date, une heure et un fuseau.",
    "uncertainty_seconds": "L'incertitude est d'au plus 24 heures.",
    "protocol": "Le protocole est TCP ou UDP.",
    "device": "L'adresse MAC s'écrit aa:bb:cc:dd:ee:ff.",
    "since": "Le début est passé, avec une date, une heure et un fuseau.",
    "until": "La fin vient après le début, d'un an au plus.",
    "identifier_kind": "Choisissez par quoi la personne est connue.",
    "ticket": "Ce n'est pas le code d'un ticket : il a douze chiffres, et le dernier les contrôle.",
    "identifier": "Ce par quoi la personne est connue est nécessaire (300 caractères au plus).",
    "site": "Choisissez un lieu.",
    "categories": "Choisissez au moins une catégorie de données.",
    "reference": "Le numéro de la réquisition est nécessaire (300 caractères au plus).",
    "legal_ground": "Le fondement invoqué est nécessaire (300 caractères au plus).",
    "ends_on": "Le terme vient après aujourd'hui, d'un an au plus.",
    "signing_key": "Les deux dépositaires doivent avoir une clé de signature inscrite à leur nom.",
    "operators": "Le second dépositaire doit avoir une clé de signature inscrite à son nom.",
    "hold": "Elle vise des personnes et son dossier se fait sur le serveur, ou elle a pris fin.",
    "--custodian": "Choisissez deux dépositaires différents, pour qui les journées sont scellées.",
}

PARIS = "Europe/Paris"
ZONES = {
    PARIS: "heure de Paris",
    "UTC": "temps universel (UTC)",
    "+01:00": "UTC+1 (heure d'hiver)",
    "+02:00": "UTC+2 (heure d'été)",
}
"""The zones an authority may have written in, by the form's value."""


def day(value: date) -> str:
    """``mardi 17 novembre 2026``."""
    return french.calendar_day(value, "EEEE d MMMM y")


def short_day(value: date) -> str:
    """``17 nov. 2026``."""
    return french.calendar_day(value, "d MMM y")


def month(value: date) -> str:
    """``novembre 2026``."""
    return format_date(value, "MMMM y", locale="fr")


def remaining(deadline: datetime, now: datetime) -> str:
    """``reste 3 j 4 h``, ``reste 25 min``, ``en retard de 2 h 10``."""
    seconds = int((deadline - now).total_seconds())
    lasting = length(timedelta(seconds=abs(seconds)))
    return f"reste {lasting}" if seconds >= 0 else f"en retard de {lasting}"


def length(lasting: timedelta) -> str:
    """``3 j 4 h``, ``2 h 10``, ``25 min``."""
    minutes = int(lasting.total_seconds()) // 60
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return f"{days} j {hours} h" if hours else f"{days} j"
    return f"{hours} h {minutes % 60:02}" if hours else f"{minutes} min"


def _port(question: AddressQuestion) -> str:
    told = str(question.port or "non communiqué")
    return f"{told} ({question.protocol.upper()})" if question.protocol else told


def _precision(question: AddressQuestion) -> str:
    seconds = question.uncertainty_seconds
    written = "à la minute près" if question.to_the_minute else "à la seconde près"
    around = f", {UNCERTAINTIES.get(seconds, f'{seconds} s')} avant et après" if seconds else ""
    return written + around


def question_facts(question: Question, sites: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return what is asked, as names and values; `sites`: names by code."""
    match question:
        case AddressQuestion():
            return [
                ("Adresse publique", question.public_address),
                ("Port source", _port(question)),
                ("Instant demandé", question.at_as_asked),
                ("À l'heure de Paris", french.exact(question.at)),
                ("Précision", _precision(question)),
            ]
        case DeviceQuestion():
            asked = ("Appareil (adresse MAC)", question.device)
        case PersonQuestion():
            name = IDENTIFIERS[question.identifier_kind]
            asked = (name.capitalize(), question.identifier)
        case SiteQuestion():
            asked = ("Lieu", sites.get(question.site, question.site))
    return [
        asked,
        ("Période demandée", question.interval_as_asked),
        ("Durée", length(question.until - question.since)),
    ]


FILTERS: Mapping[str, Callable[..., Any]] = {
    **french.FILTERS,
    "day": day,
    "short_day": short_day,
    "month": month,
    "remaining": remaining,
    "length_of": length,
}


def fault_sentences(faults: Iterable[Fault]) -> list[str]:
    """Return the sentences of a form's faults, each once."""
    return list(dict.fromkeys(_FAULTS.get(f.key, "La demande est incomplète.") for f in faults))


def with_zone(text: str, zone: str) -> str:
    """Return ``2026-11-20T14:03:00`` with the zone chosen, as an instant that means one thing.

    Written without seconds, it stays so: it means any of that minute.

    Raises:
        ValueError: in French: the hour does not exist that night, or exists twice.
    """
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(_FAULTS["at"]) from None
    if local.tzinfo is not None or zone not in ZONES:
        raise ValueError(_FAULTS["at"])
    finest = "minutes" if text.count(":") < 2 else "auto"
    if zone != PARIS:
        return f"{local.isoformat(timespec=finest)}{'+00:00' if zone == 'UTC' else zone}"
    first = local.replace(tzinfo=ZoneInfo(PARIS), fold=0)
    second = first.replace(fold=1)
    if first.utcoffset() == second.utcoffset():
        return first.isoformat(timespec=finest)
    if first.utcoffset() > second.utcoffset():  # type: ignore[operator]
        raise ValueError("Cette heure existe deux fois cette nuit-là : choisissez UTC+2 ou UTC+1.")
    raise ValueError("Cette heure n'existe pas cette nuit-là : l'horloge avance d'une heure.")
