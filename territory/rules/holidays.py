"""French public holidays, computed for any year, and school holidays, as they were decreed.

Opening hours ask here what `PH` and `SH` mean at a site: the law's public holidays, those of
Alsace-Moselle and of the overseas départements included, and the school holidays of the site's
zone. A public holiday follows from a date or from Easter, so it is known for every year. A school
holiday is decided by an order each year: dates that no order has set are **unknown**, never
guessed, and Corsica and the overseas académies have calendars of their own, which are unknown too.
`school_holidays.toml` beside this file holds the orders; a new one is a new table there.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

_ORDERS: Final = Path(__file__).with_name("school_holidays.toml")

_FIXED: Final = (
    (1, 1),
    (5, 1),
    (5, 8),
    (7, 14),
    (8, 15),
    (11, 1),
    (11, 11),
    (12, 25),
)
"""Month and day; code du travail L3133-1."""
_AFTER_EASTER: Final = (1, 39, 50)
"""Easter Monday, Ascension, Whit Monday, in days after Easter Sunday; code du travail L3133-1."""
_GOOD_FRIDAY: Final = -2
_SAINT_STEPHEN: Final = (12, 26)
_ALSACE_MOSELLE: Final = frozenset({"57", "67", "68"})
"""Where Good Friday and 26 December are holidays too; code du travail L3134-13."""
_ABOLITION: Final[Mapping[str, tuple[int, int]]] = {
    "971": (5, 27),
    "972": (5, 22),
    "973": (6, 10),
    "974": (12, 20),
    "976": (4, 27),
    "977": (10, 9),
    "978": (5, 28),
}
"""The day slavery's abolition is commemorated, by département; code du travail L3422-2."""


class SchoolZone(StrEnum):
    """Which académies break up together."""

    A = "A"
    B = "B"
    C = "C"


_ZONES: Final[Mapping[SchoolZone, str]] = {
    # Besançon, Bordeaux, Clermont-Ferrand, Dijon, Grenoble, Limoges, Lyon, Poitiers
    SchoolZone.A: "25 39 70 90 24 33 40 47 64 03 15 43 63 21 58 71 89 07 26 38 73 74 19 23 87"
    " 01 42 69 16 17 79 86",
    # Aix-Marseille, Amiens, Lille, Nancy-Metz, Nantes, Nice, Normandie, Orléans-Tours, Reims,
    # Rennes, Strasbourg
    SchoolZone.B: "04 05 13 84 02 60 80 59 62 54 55 57 88 44 49 53 72 85 06 83 14 27 50 61 76"
    " 18 28 36 37 41 45 08 10 51 52 22 29 35 56 67 68",
    # Créteil, Montpellier, Paris, Toulouse, Versailles
    SchoolZone.C: "77 93 94 11 30 34 48 66 75 09 12 31 32 46 65 81 82 78 91 92 95",
}
_ZONE_OF: Final = {code: zone for zone, codes in _ZONES.items() for code in codes.split()}


@dataclass(frozen=True, slots=True)
class SchoolYear:
    """What one order has set."""

    source: str
    """The order."""
    first: date
    """From this day on the order's dates are known to us."""
    last: date
    """To this day, included."""
    breaks: Mapping[SchoolZone, tuple[tuple[date, date], ...]]
    """First and last day without class of each break."""

    def covers(self, day: date) -> bool:
        """Whether it says something about `day`."""
        return self.first <= day <= self.last


def departement_of(insee: str) -> str:
    """Return the département of an INSEE code: `2A`, `55`, `974`."""
    return insee[:3] if insee.startswith(("97", "98")) else insee[:2]


def school_zone(departement: str) -> SchoolZone | None:
    """Return the zone of a département, or None where its académie belongs to none."""
    return _ZONE_OF.get(departement)


def public_holidays(year: int, departement: str = "") -> tuple[date, ...]:
    """Return the days off by law in a département, in order.

    Good Friday is one in the communes of Alsace-Moselle that have a Protestant church or a shared
    one (code du travail L3134-13); it is given for all of them.
    """
    easter = easter_sunday(year)
    days = {date(year, month, day) for month, day in _FIXED}
    days |= {easter + timedelta(days=after) for after in _AFTER_EASTER}
    if departement in _ALSACE_MOSELLE:
        days |= {easter + timedelta(days=_GOOD_FRIDAY), date(year, *_SAINT_STEPHEN)}
    if departement in _ABOLITION:
        days.add(date(year, *_ABOLITION[departement]))
    return tuple(sorted(days))


def is_public_holiday(day: date, departement: str = "") -> bool:
    """Whether `day` is a public holiday in a département."""
    return day in public_holidays(day.year, departement)


def is_school_holiday(day: date, zone: SchoolZone | None) -> bool | None:
    """Whether pupils of a zone have no class on `day`; None: no order that we hold says so."""
    year = next((year for year in school_years() if year.covers(day)), None)
    if zone is None or year is None:
        return None
    return any(first <= day <= last for first, last in year.breaks[zone])


def school_breaks(first: date, last: date, zone: SchoolZone | None) -> list[tuple[date, date]]:
    """Return the known breaks of a zone that touch [first, last], whole, in order."""
    if zone is None:
        return []
    known = [each for year in school_years() for each in year.breaks[zone]]
    return sorted(each for each in known if each[0] <= last and each[1] >= first)


@lru_cache(maxsize=1)
def school_years() -> tuple[SchoolYear, ...]:
    """Return every order we hold, oldest first."""
    content = tomllib.loads(_ORDERS.read_text(encoding="utf-8"))
    return tuple(_school_year(order) for order in content["order"])


def easter_sunday(year: int) -> date:
    """Return the Gregorian Easter Sunday (Meeus, Jones and Butcher's computus)."""
    century, in_century = divmod(year, 100)
    golden = year % 19
    leap_centuries, century_rest = divmod(century, 4)
    correction = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap_centuries - correction + 15) % 30
    leap, rest = divmod(in_century, 4)
    weekday = (32 + 2 * century_rest + 2 * leap - epact - rest) % 7
    shift = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * shift + 114, 31)
    return date(year, month, day + 1)


def _school_year(order: Mapping[str, Any]) -> SchoolYear:
    everywhere = [tuple(each) for each in order["everywhere"]]
    return SchoolYear(
        source=order["source"],
        first=order["first"],
        last=order["last"],
        breaks={
            zone: tuple(sorted([*everywhere, *map(tuple, order[zone.value])]))
            for zone in SchoolZone
        },
    )
