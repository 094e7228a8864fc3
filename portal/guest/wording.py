"""Time and volume in the guest's words. Pure: the translation is passed in.

Durations rather than hours of the day: they mean the same in every time zone, and need no clock
on the guest's side.
"""

from collections.abc import Callable, Mapping
from datetime import date

from babel.dates import format_date
from babel.numbers import format_decimal

from territory.vocabulary import PlaceType
from territory.web.problems import N_

Translate = Callable[[str], str]

_HOURS_MINUTES = N_("{hours} h {minutes} min")
_HOURS = N_("{hours} h")
_MINUTES = N_("{minutes} min")
_SECONDS = N_("moins d'une minute")
_UNITS = (
    (10**9, N_("{amount} Go")),
    (10**6, N_("{amount} Mo")),
    (10**3, N_("{amount} ko")),
)

LOCALES = {"en": "en_GB"}
"""Where a language's numbers are not written as its code says."""


def duration(seconds: int, translate: Translate) -> str:
    """Return `seconds` as hours and minutes, rounded down: never promise more than is left."""
    hours, minutes = divmod(seconds // 60, 60)
    if hours and minutes:
        return translate(_HOURS_MINUTES).format(hours=hours, minutes=f"{minutes:02}")
    if hours:
        return translate(_HOURS).format(hours=hours)
    if minutes:
        return translate(_MINUTES).format(minutes=minutes)
    return translate(_SECONDS)


def volume(octets: int, language: str, translate: Translate) -> str:
    """Return `octets` in decimal units with at most one decimal, rounded down."""
    for size, unit in _UNITS:
        if octets >= size:
            tenths = octets * 10 // size
            amount = tenths / 10 if tenths < 100 else tenths // 10
            number = format_decimal(amount, locale=LOCALES.get(language, language))
            return translate(unit).format(amount=number)
    return translate(_UNITS[-1][1]).format(amount=0)


def day(iso: str, language: str) -> str:
    """Return the day `iso` (`2026-11-21`) in full."""
    return format_date(date.fromisoformat(iso), "long", locale=LOCALES.get(language, language))


PLACE_TYPES: Mapping[PlaceType, str] = {
    PlaceType.MAIRIE: N_("Mairie"),
    PlaceType.BIBLIOTHEQUE: N_("Bibliothèque"),
    PlaceType.SALLE_DES_FETES: N_("Salle des fêtes"),
    PlaceType.ACTION_SOCIALE: N_("Action sociale"),
    PlaceType.MAISON_DE_SANTE: N_("Maison de santé"),
    PlaceType.OFFICE_DE_TOURISME: N_("Office de tourisme"),
    PlaceType.SITE_TOURISTIQUE: N_("Site touristique"),
    PlaceType.PLEIN_AIR: N_("Plein air"),
    PlaceType.CRECHE: N_("Crèche"),
    PlaceType.ITINERANT: N_("Service itinérant"),
}
"""Kinds of places in words; AUTRE says nothing and is not shown."""
