"""Whose a port was that a gateway told of too late: pure, over the rows of opened segments.

Such a translation has no session (sealing/late_ports.py). It is whoever had its private address at
its site meanwhile, by the slices of that day: then it says of them what a translation told in time
says, clipped to their interval. Where nobody is known to have had the address, it tells nobody.
"""

from collections.abc import Hashable, Sequence
from datetime import datetime, timedelta

from retention.cases.question import AddressQuestion, Question
from retention.cases.selection import Criterion, Row

Numbered = tuple[int, Row]
"""A row, with the number of its part."""
Place = tuple[str | None, str | None]
_INTERVAL = ("from", "until", "from_uncertainty_seconds", "until_uncertainty_seconds", "until_is")
_PORTS = ("public_address", "port_first", "port_last", "protocol")
_APART = ("session", *_PORTS, *_INTERVAL)
"""Where two slices of one part agree in these, they are the same."""


def is_alone(row: Row) -> bool:
    """Whether a row tells a translation without its device."""
    return row["session"] is None


def whose(rows: Sequence[Numbered], question: Question) -> Criterion | None:
    """Return where to look for the devices of translations told alone; None: none matters here.

    Ports only matter to a question about an address, and then the one that it names.
    """
    if not isinstance(question, AddressQuestion):
        return None
    port = question.port
    alone = (row for _, row in rows if is_alone(row))
    meant = (r for r in alone if port is None or r["port_first"] <= port <= r["port_last"])
    addresses = frozenset(row["address"] for row in meant)
    return Criterion("address", addresses) if addresses else None


def lead_to(rows: Sequence[Numbered], devices: Sequence[Numbered]) -> list[Numbered]:
    """Return `rows`, each translation told alone replaced by those of `devices` that it was."""
    near: dict[Place, list[Numbered]] = {}
    for part, slice_ in devices:
        near.setdefault(place_of(slice_), []).append((part, slice_))
    # A site with several public addresses has a slice of the device for each.
    found: dict[Hashable, Numbered] = {}
    for number, row in rows:
        if not is_alone(row):
            found[len(found)] = (number, row)
            continue
        for part, slice_ in near.get(place_of(row), ()):
            if meets(row, slice_):
                led = _clipped(row, slice_)
                found.setdefault((part, *(led[name] for name in _APART)), (part, led))
    return [*found.values()]


def place_of(row: Row) -> Place:
    """Return the site and the private address there: most rows of others are elsewhere."""
    return row["site"], row["address"]


def meets(told: Row, slice_: Row) -> bool:
    """Whether the slice is a device's own that had the translated address meanwhile."""
    is_own = slice_["port_first"] is None and not is_alone(slice_)
    is_there = place_of(slice_) == place_of(told)
    is_then = told["from"] < _latest(slice_) and told["until"] >= slice_["from"]
    return is_own and is_there and is_then


def _clipped(told: Row, slice_: Row) -> Row:
    """Return a device's slice, cut to a translation, as sealing/ports.py cuts it."""
    began = max(told["from"], slice_["from"])
    latest = min(_latest(told), _latest(slice_))
    until = min(max(min(told["until"], slice_["until"]), began), latest)
    earliest = max(told["from"] - _seconds(told, "from"), slice_["from"])
    own = slice_["from"] >= told["from"]
    unsure = slice_["from_uncertainty_seconds"] if own else _whole(began - earliest)
    later = 1 if latest == until == began else _whole(latest - until)
    is_end = told["until_is"] == "change" and until == told["until"]
    return {
        **slice_,
        **{name: told[name] for name in _PORTS},
        "from": began,
        "until": until,
        "from_uncertainty_seconds": unsure,
        "until_uncertainty_seconds": later,
        "until_is": "change" if is_end else "last_seen",
    }


def _latest(row: Row) -> datetime:
    until: datetime = row["until"]
    return until + _seconds(row, "until")


def _seconds(row: Row, of: str) -> timedelta:
    return timedelta(seconds=row[f"{of}_uncertainty_seconds"])


def _whole(lasting: timedelta) -> int:
    return -(-lasting // timedelta(seconds=1))
