"""Time and volume in the guest's words. Pure: the translation is passed in.

Durations rather than hours of the day: they mean the same in every time zone, and need no clock
on the guest's side.
"""

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from territory.vocabulary import PlaceType
from territory.web.french import calendar_day, with_ordinal
from territory.web.problems import N_

Translate = Callable[[str], str]

LANGUAGE_NAMES = {
    "fr": "Français",
    "en": "English",
    "de": "Deutsch",
    "nl": "Nederlands",
    "es": "Español",
    "it": "Italiano",
    "pt": "Português",
    "ar": "العربية",
    "uk": "Українська",
}
"""Each in its own words: who looks for theirs reads no other."""

_HOURS_MINUTES = N_("{hours} h {minutes} min")
_HOURS = N_("{hours} h")
_MINUTES = N_("{minutes} min")
_SECONDS = N_("moins d'une minute")
_UNITS = (
    (10**9, N_("{amount} Go")),
    (10**6, N_("{amount} Mo")),
    (10**3, N_("{amount} ko")),
)

LOCALES = {"en": "en_GB", "pt": "pt_PT"}
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
    told = date.fromisoformat(iso)
    if language == "fr":
        return calendar_day(told)
    return format_date(told, "long", locale=LOCALES.get(language, language))


_MOMENTS = {
    "fr": "'le' EEEE d MMMM 'à' HH:mm",
    "en": "'on' EEEE d MMMM 'at' HH:mm",
    "de": "'am' EEEE, d. MMMM 'um' HH:mm 'Uhr'",
    "nl": "'op' EEEE d MMMM 'om' HH:mm 'uur'",
    "es": "'el' EEEE d 'de' MMMM 'a las' HH:mm",
    "it": "EEEE d MMMM 'alle' HH:mm",
    "pt": "EEEE, d 'de' MMMM, 'às' HH:mm",
    "ar": "'يوم' EEEE d MMMM 'على الساعة' HH:mm",
    "uk": "EEEE, d MMMM 'о' HH:mm",
}
"""How each language of the pages says a day and an hour."""


def moment(local: datetime, language: str) -> str:
    """Return an instant of a place's clock, to follow a verb: `le lundi 23 novembre à 09:00`."""
    locale = LOCALES.get(language, language)
    pattern = _MOMENTS[language]
    pattern = with_ordinal(pattern, local) if language == "fr" else pattern
    return format_datetime(local, pattern, tzinfo=local.tzinfo, locale=locale)


def hour(local: datetime) -> str:
    """Return an hour of a place's clock: `09:00`, as every language of the pages writes it."""
    return f"{local:%H:%M}"


_NEAR = N_("à moins de 1 km")
_KILOMETRES = N_("à {distance} km")


def distance(kilometres: float, language: str, translate: Translate) -> str:
    """Return a distance in whole kilometres, rounded up: nobody walks further than they read."""
    if kilometres < 1:
        return translate(_NEAR)
    number = format_decimal(math.ceil(kilometres), locale=LOCALES.get(language, language))
    return translate(_KILOMETRES).format(distance=number)


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
