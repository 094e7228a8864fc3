"""Durations, rates and volumes as people write them, and back: `4 h`, `10 Mbit/s`, `2 GB`.

Stands between `territory.yaml` or a form and the columns, which hold seconds, bit/s and octets. A
number without its unit is refused: `10` could be minutes or hours, and a tenfold error in a plan is
seen by nobody until a guest is cut off.
"""

import re
from collections.abc import Mapping

_SECONDS = {
    "s": 1,
    "sec": 1,
    "min": 60,
    "mn": 60,
    "h": 3600,
    "d": 86_400,
    "j": 86_400,
    "day": 86_400,
    "days": 86_400,
    "jour": 86_400,
    "jours": 86_400,
}
_BITS_PER_SECOND = {
    "bit/s": 1,
    "kbit/s": 1000,
    "mbit/s": 1_000_000,
    "gbit/s": 1_000_000_000,
}
_OCTETS = {
    "b": 1,
    "kb": 1000,
    "ko": 1000,
    "mb": 1_000_000,
    "mo": 1_000_000,
    "gb": 1_000_000_000,
    "go": 1_000_000_000,
    "tb": 1_000_000_000_000,
    "to": 1_000_000_000_000,
}

_MAX_CHARACTERS = 40
_PART = re.compile(r"([0-9]{1,12})(?:[.,]([0-9]{1,6}))?\s*([a-z/]+)\s*")
_SPLIT_HOUR = re.compile(r"([0-9]{1,4})\s*h\s*([0-5]?[0-9])")


def parse_duration(text: str) -> int:
    """Return a duration in seconds: `4h`, `90 min`, `1 h 30`, `2 days`.

    Raises:
        ValueError: no number, no unit, or an unknown unit.
    """
    hours = _SPLIT_HOUR.fullmatch(text.strip().lower()) if len(text) <= _MAX_CHARACTERS else None
    if hours:
        return int(hours[1]) * 3600 + int(hours[2]) * 60
    return _parse(text, _SECONDS, "a duration with its unit, such as 4h, 90 min or 1 h 30")


def parse_rate(text: str) -> int:
    """Return a rate in bit/s: `10 Mbit/s`, `512 kbit/s`; k is 1000.

    Raises:
        ValueError: no number, no unit, or an unknown unit (`Mo/s` and `MB/s` among them).
    """
    return _parse(text, _BITS_PER_SECOND, "a rate with its unit, such as 10 Mbit/s or 512 kbit/s")


def parse_volume(text: str) -> int:
    """Return a volume in octets: `2 GB`, `500 Mo`; k is 1000.

    Raises:
        ValueError: no number, no unit, or an unknown unit.
    """
    return _parse(text, _OCTETS, "a volume with its unit, such as 2 GB or 500 MB")


def format_duration(seconds: int) -> str:
    """Return a duration in the largest units that are exact: `1 h 30 min`."""
    parts = []
    for name, size in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts) or "0 s"


def format_rate(bps: int) -> str:
    """Return a rate in the largest unit that is exact: `10 Mbit/s`."""
    return _format(bps, (("Gbit/s", 10**9), ("Mbit/s", 10**6), ("kbit/s", 1000), ("bit/s", 1)))


def format_volume(octets: int) -> str:
    """Return a volume in the largest unit that is exact: `2 GB`."""
    return _format(octets, (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 1000), ("B", 1)))


def _parse(text: str, units: Mapping[str, int], expected: str) -> int:
    """Return the sum of the parts of `text`, each a number and a unit."""
    rest = text.strip().lower() if len(text) <= _MAX_CHARACTERS else ""
    if not rest:
        raise ValueError(expected)
    total = 0
    while rest:
        part = _PART.match(rest)
        if not part or part[3] not in units:
            raise ValueError(expected)
        total += _scaled(part[1], part[2] or "", units[part[3]])
        rest = rest[part.end() :]
    return total


def _scaled(whole: str, fraction: str, unit: int) -> int:
    """Return a decimal number of units, exactly, rounded down to one."""
    return int(whole + fraction) * unit // int("1" + "0" * len(fraction))


def _format(amount: int, units: tuple[tuple[str, int], ...]) -> str:
    name, size = next((u for u in units if amount and amount % u[1] == 0), units[-1])
    return f"{amount // size} {name}"
