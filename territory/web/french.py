"""Dates, ages and counts as the operators' pages write them, in French. Pure.

Instants are shown on the territory's wall clock; the exact UTC instant stays in ``datetime=``.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from math import ceil, floor
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.dates import format_datetime as babel_format

PARIS = ZoneInfo("Europe/Paris")
NARROW_SPACE = "\u202f"
MINUTE, HOUR, DAY = 60, 3600, 86_400


def calendar_day(value: date, pattern: str = "d MMMM y") -> str:
    """``22 novembre 2026``, ``1er décembre 2026``: the first of a month is an ordinal.

    Of an instant, its day in Paris.
    """
    value = value.astimezone(PARIS).date() if isinstance(value, datetime) else value
    return format_date(value, with_ordinal(pattern, value), locale="fr")


def with_ordinal(pattern: str, local: date) -> str:
    """Return a pattern whose day is written `1er` where it is the first of a month."""
    return re.sub("(?<![^ ])d(?![^ ])", "d'er'", pattern) if local.day == 1 else pattern


def moment(instant: datetime) -> str:
    """``20 nov. 2026 à 15 h 00``."""
    day = calendar_day(instant.astimezone(PARIS).date(), "d MMM y")
    return f"{day} à {hour(instant)}"


def hour(instant: datetime) -> str:
    """``15 h 00``, for what is of today."""
    return babel_format(instant, "HH 'h' mm", tzinfo=PARIS, locale="fr")


def exact(instant: datetime) -> str:
    """The same with seconds, for logs: ``20/11/2026 15:00:00``."""
    return babel_format(instant, "dd/MM/y HH:mm:ss", tzinfo=PARIS, locale="fr")


def ago(instant: datetime, now: datetime) -> str:
    """How long before ``now``: ``à l'instant``, ``il y a 4 min``, ``hier à 09 h 12``, a date."""
    seconds = (now - instant).total_seconds()
    if seconds < MINUTE:
        return "à l'instant"
    if seconds < HOUR:
        return f"il y a {int(seconds // MINUTE)} min"
    if seconds < 12 * HOUR:
        return f"il y a {int(seconds // HOUR)} h"
    days = (now.astimezone(PARIS).date() - instant.astimezone(PARIS).date()).days
    if days <= 1:
        day = "hier" if days else "aujourd'hui"
        return f"{day} à {hour(instant)}"
    return f"le {moment(instant)}"


def lasting(instant: datetime, now: datetime) -> str:
    """How long since, without a preposition: ``3 min``, ``5 h``, ``12 jours``."""
    seconds = max(0, (now - instant).total_seconds())
    if seconds < HOUR:
        return f"{int(seconds // MINUTE)} min"
    if seconds < 2 * DAY:
        return f"{int(seconds // HOUR)} h"
    return f"{int(seconds // DAY)} jours"


def count(number: int) -> str:
    """Thousands apart: ``12 345`` with a narrow no-break space."""
    return f"{number:,}".replace(",", NARROW_SPACE)


def many(number: int, singular: str, plural: str | None = None) -> str:
    """``0 lieu``, ``1 lieu``, ``2 lieux``."""
    word = singular if number < 2 else plural or f"{singular}s"
    return f"{count(number)} {word}"


def milliseconds(seconds: float | None) -> str:
    """A round trip: ``12 ms``; a dash where there is none."""
    return "–" if seconds is None else f"{seconds * 1000:.0f} ms"


def percent(share: float) -> str:
    """A share of 0 to 1: ``99,8 %``; never rounded up to all, nor down to nothing."""
    tenths = floor(share * 1000) if share > 0.5 else ceil(share * 1000)
    return f"{tenths // 10},{tenths % 10} %" if tenths % 10 else f"{tenths // 10} %"


def offset(seconds: float) -> str:
    """How far a clock is off: ``à l'heure``, ``+12 s``, ``−3 min``."""
    if abs(seconds) < 1:
        return "à l'heure"
    sign = "+" if seconds > 0 else "−"
    units = ((DAY, "j"), (HOUR, "h"), (MINUTE, "min"), (1, "s"))
    size, unit = next(each for each in units if abs(seconds) >= each[0])
    return f"{sign}{abs(seconds) / size:.0f} {unit}"


FILTERS: Mapping[str, Callable[..., Any]] = {
    "moment": moment,
    "hour": hour,
    "exact": exact,
    "ago": ago,
    "lasting": lasting,
    "count": count,
    "many": many,
    "milliseconds": milliseconds,
    "percent": percent,
    "offset": offset,
}
"""For ``Pages(filters=...)``."""
