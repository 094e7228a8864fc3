"""Who can help here, and where else: services with their hours, at a place and near it. Pure.

What is shown is what is true now: who is there and until when, else when somebody comes. Other
places are only those the public home lists; a shelter that is not on the map is told to nobody.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from portal.places import Helper, Place

EARTH_RADIUS_KM = 6371.0
MOST_PLACES = 3
"""Other places that are named: enough to choose from, few enough to read."""


@dataclass(frozen=True, slots=True)
class Presence:
    """When a service is there, on the place's own clock."""

    helper: Helper
    """Who."""
    is_there: bool
    """Whether it is there now."""
    changes_at: datetime | None
    """When it leaves, or comes; None: not within two months."""


@dataclass(frozen=True, slots=True)
class Nearby:
    """Another place where somebody helps."""

    place: Place
    """Where."""
    kilometres: float | None
    """As the crow flies; None: not known of one of the two."""


def presence(helper: Helper, now: datetime) -> Presence:
    """Return whether a service is there at `now`, and when that changes."""
    hours = helper.hours
    is_there = hours.is_open(now)
    changes_at = hours.closes_at(now) if is_there else hours.opens_at(now)
    return Presence(helper, is_there, hours.local(changes_at) if changes_at else None)


def presences(place: Place, now: datetime) -> list[Presence]:
    """Return who helps at a place: who is there first, then who comes next."""
    found = [presence(helper, now) for helper in place.helpers]
    return sorted(found, key=lambda p: (not p.is_there, p.changes_at is None, p.changes_at or now))


def near(place: Place | None, places: Iterable[Place]) -> list[Nearby]:
    """Return the nearest listed places with somebody who helps, other than `place`.

    Those without coordinates come last, by their names, as all do where no place is known.
    """
    found = [
        Nearby(other, _distance(place, other))
        for other in places
        if other.helpers and other.listed and (place is None or other.id != place.id)
    ]
    found.sort(key=lambda n: (n.kilometres is None, n.kilometres or 0.0, n.place.name))
    return found[:MOST_PLACES]


def _distance(place: Place | None, other: Place) -> float | None:
    if place is None or place.coordinates is None or other.coordinates is None:
        return None
    return kilometres(place.coordinates, other.coordinates)


def kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the great-circle distance of two points, by the haversine formula."""
    (south, west), (north, east) = (tuple(map(math.radians, point)) for point in (one, other))
    square = (
        math.sin((north - south) / 2) ** 2
        + math.cos(south) * math.cos(north) * math.sin((east - west) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, square)))
