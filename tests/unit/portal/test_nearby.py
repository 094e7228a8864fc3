"""Who can help here: what is true now, and the nearest places that are on the map."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from portal.nearby import kilometres, near, presence, presences
from portal.places import Helper, Organisation, Place, Plan
from territory.rules.opening_hours import Hours, Timetable

MONDAY = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
"""10:30 in France."""
BAR_LE_DUC = (48.7727, 5.1605)
COMMERCY = (48.7614, 5.5903)
VERDUN = (49.1599, 5.3822)


def helper(hours: str, name: str = "Espace numérique") -> Helper:
    """Return a service with these hours."""
    return Helper(name, Hours(Timetable(hours, "55")))


def place(name: str, coordinates: tuple[float, float] | None, *, listed: bool = True) -> Place:
    """Return a place where somebody helps."""
    organisation = Organisation("Ville", "commune", "ville@example.org")
    return Place(
        id=uuid4(),
        name=name,
        commune=name,
        postal_address="",
        place_type="mairie",
        welcome="",
        listed=listed,
        organisation=organisation,
        plan=Plan(uuid4(), 3600, None),
        helpers=(helper("Mo-Fr 09:00-12:00"),),
        coordinates=coordinates,
    )


@pytest.mark.parametrize(
    ("hours", "is_there", "changes_at"),
    [
        ("Mo-Fr 09:00-12:00", True, "2026-11-23T12:00:00+01:00"),
        ("Mo 14:00-17:00", False, "2026-11-23T14:00:00+01:00"),
        ("We 14:00-17:00", False, "2026-11-25T14:00:00+01:00"),
        ("24/7", True, None),
        ("2020 Mo 09:00-12:00", False, None),
    ],
)
def test_who_is_there_and_until_when(hours: str, is_there: bool, changes_at: str | None) -> None:
    """On the place's own clock."""
    found = presence(helper(hours), MONDAY)
    assert found.is_there is is_there
    assert (found.changes_at and found.changes_at.isoformat()) == changes_at


def test_who_is_there_comes_first() -> None:
    """Then who comes next; who does not come comes last."""
    helpers = (
        helper("2020 Mo 09:00-12:00", "never"),
        helper("We 14:00-17:00", "Wednesday"),
        helper("Mo 09:00-12:00", "now"),
        helper("Tu 14:00-17:00", "Tuesday"),
    )
    found = presences(replace(place("Bar", BAR_LE_DUC), helpers=helpers), MONDAY)
    assert [p.helper.name for p in found] == ["now", "Tuesday", "Wednesday", "never"]


def test_the_nearest_places_first() -> None:
    """By distance; without coordinates last; the place itself, and one off the map, never."""
    here = place("Bar-le-Duc", BAR_LE_DUC)
    nobody = replace(place("Ligny", (48.68, 5.32)), helpers=())
    hidden = place("Refuge", (48.77, 5.16), listed=False)
    bus = place("Bus", None)
    others = [place("Verdun", VERDUN), bus, hidden, nobody, here, place("Commercy", COMMERCY)]
    assert [n.place.name for n in near(here, others)] == ["Commercy", "Verdun", "Bus"]
    assert [n.kilometres for n in near(here, [bus])] == [None]


def test_where_one_is_may_be_unknown() -> None:
    """Three places at most, by their names, without a distance."""
    others = [place(name, VERDUN) for name in "DCBA"]
    assert [(n.place.name, n.kilometres) for n in near(None, others)] == [
        ("A", None),
        ("B", None),
        ("C", None),
    ]


def test_distances() -> None:
    """Great circles: one degree of latitude is 111.19 km of a sphere of 6 371 km of radius."""
    assert kilometres((48.0, 5.0), (49.0, 5.0)) == pytest.approx(111.19, abs=0.01)
    assert kilometres((0.0, 179.5), (0.0, -179.5)) == pytest.approx(111.19, abs=0.01)
    assert kilometres(BAR_LE_DUC, BAR_LE_DUC) == 0
