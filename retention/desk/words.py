"""The desk's French: states, faults of a form, dates. Pure."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date

from retention.question import DayState
from territory.errors import Fault
from territory.web import french

DAY_STATES = {
    DayState.SEALED: "scellée",
    DayState.UNSEALED: "pas encore scellée",
    DayState.DESTROYED: "effacée à son échéance",
    DayState.ABSENT: "antérieure à l'archive",
}
CASE_STATES = {"prepared": "préparé", "answered": "répondu"}
CATEGORIES = {"source": "Source", "traffic": "Trafic", "security": "Sécurité"}

_FAULTS = {
    "public address": "L'adresse publique est une adresse IPv4 ou IPv6.",
    "port": "Le port va de 1 à 65535 ; laissez vide s'il n'est pas communiqué.",
    "at": "L'instant doit être passé, avec une date, une heure et un fuseau.",
    "uncertainty": "L'incertitude est d'au plus 24 heures.",
    "reference": "Le numéro de la réquisition est nécessaire (300 caractères au plus).",
    "legal_ground": "Le fondement invoqué est nécessaire (300 caractères au plus).",
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
    return format_date(value, "EEEE d MMMM y", locale="fr")


def short_day(value: date) -> str:
    """``17 nov. 2026``."""
    return format_date(value, "d MMM y", locale="fr")


def month(value: date) -> str:
    """``novembre 2026``."""
    return format_date(value, "MMMM y", locale="fr")


FILTERS: Mapping[str, Callable[..., Any]] = {
    **french.FILTERS,
    "day": day,
    "short_day": short_day,
    "month": month,
}


def fault_sentences(faults: Iterable[Fault]) -> list[str]:
    """Return the sentences of a form's faults, each once."""
    return list(dict.fromkeys(_FAULTS.get(f.key, "La demande est incomplète.") for f in faults))


def with_zone(text: str, zone: str) -> str:
    """Return ``2026-11-20T14:03:00`` with the zone chosen, as an instant that means one thing.

    Raises:
        ValueError: in French: the hour does not exist that night, or exists twice.
    """
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(_FAULTS["at"]) from None
    if local.tzinfo is not None or zone not in ZONES:
        raise ValueError(_FAULTS["at"])
    if zone != PARIS:
        return f"{local.isoformat()}{'+00:00' if zone == 'UTC' else zone}"
    first = local.replace(tzinfo=ZoneInfo(PARIS), fold=0)
    second = first.replace(fold=1)
    if first.utcoffset() == second.utcoffset():
        return first.isoformat()
    if first.utcoffset() > second.utcoffset():  # type: ignore[operator]
        raise ValueError("Cette heure existe deux fois cette nuit-là : choisissez UTC+2 ou UTC+1.")
    raise ValueError("Cette heure n'existe pas cette nuit-là : l'horloge avance d'une heure.")
