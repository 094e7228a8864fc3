"""What a controller has and what is described, side by side, joined by MAC address. Pure.

Only the access points of the controller's own site are compared. One that is described at another
site is told as such: it was moved, or adopted in the wrong place.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from supervision.controllers.adopted import Adopted
from territory.identifiers import MacAddress

MOST_TOLD = 100
"""Of each kind and site; more would help nobody."""


@dataclass(frozen=True, slots=True)
class Described:
    """An access point of the territory that has a MAC address."""

    code: str
    site: str
    """Its site's code."""


@dataclass(frozen=True, slots=True)
class Stranger:
    """An access point that a controller adopted at a site, and that is not described there."""

    name: str
    """As the controller calls it."""
    mac: str
    site: str | None
    """Where it is described; None: nowhere."""


@dataclass(frozen=True, slots=True)
class Differences:
    """Between a controller's site and the description."""

    strangers: tuple[Stranger, ...] = ()
    missing: tuple[str, ...] = ()
    """Codes of what is described and not adopted there."""


def compare(
    site: str, adopted: Iterable[Adopted], described: Mapping[MacAddress, Described]
) -> Differences:
    """Return how the list of a site's controller differs from the description of that site."""
    here = {each.mac: each for each in adopted}
    strangers = [
        Stranger(each.name, str(mac), known.site if known else None)
        for mac, each in here.items()
        if (known := described.get(mac)) is None or known.site != site
    ]
    return Differences(
        tuple(sorted(strangers, key=lambda each: each.mac))[:MOST_TOLD],
        _missing(site, here.keys(), described),
    )


def _missing(
    site: str, here: Set[MacAddress], described: Mapping[MacAddress, Described]
) -> tuple[str, ...]:
    codes = (each.code for mac, each in described.items() if each.site == site and mac not in here)
    return tuple(sorted(codes))[:MOST_TOLD]
