"""A month's figures: what is counted, what is summed, what is hidden, and what has no figure."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from territory.indicators.figures import (
    STEPS,
    BodyFigures,
    Facts,
    Figures,
    Visits,
    steps_of,
)
from territory.indicators.suppression import Hidden
from territory.rules.availability import Availability
from tests.unit.territory.indicators.month_of_october import COMMERCY, FACTS, measured

NOTHING = Availability(0, 0, 720_000, 0)


@pytest.mark.parametrize(
    ("counted", "expected"),
    [
        ({}, [0, 0, 0, 0, 0]),
        ({"arrived": 9, "begun": 7, "identified": 5, "admitted": 5, "online": 4}, [9, 7, 5, 5, 4]),
        # seen by a session before the page, or by another process: who is online had arrived
        ({"arrived": 2, "online": 4}, [4, 4, 4, 4, 4]),
    ],
)
def test_each_step_counts_those_after_it(counted: Mapping[str, int], expected: list[int]) -> None:
    """No step is smaller than the next."""
    assert steps_of(counted) == expected


def test_breakdowns_add_up() -> None:
    """By language, by method and by step, the same visits are counted."""
    found = measured()
    assert (found.arrivals.total, found.online.total) == (1809, 1622)
    assert found.online.total == found.methods.total
    assert isinstance(found.arrivals.total, int)
    assert isinstance(found.online.total, int)
    assert found.stops.total == found.arrivals.total - found.online.total
    assert found.refusals.parts == {"limits": 44, "messages": 17, "equipment": 12}
    assert (found.sessions, found.seconds) == (6000, 20_000_000)


def test_a_place_off_the_map_has_no_name() -> None:
    """It is in the sums, together with the others of its organisation that are not shown."""
    (_, meuse) = measured().bodies
    assert [place.name for place in meuse.places] == ["Bibliobus", ""]
    assert meuse.places[1].arrivals == 105


def test_what_is_open_is_what_somebody_or_supervision_saw() -> None:
    """A place that nobody came to and that was never seen up is described, not in service."""
    asleep = tuple(
        replace(each, sessions=0, seconds=0, availability=NOTHING) for each in FACTS.places
    )
    came = Visits(UUID(int=4), "arrived", "", "fr", "", 1)
    found = measured(Facts(FACTS.organisations, asleep, (came,)))
    assert (found.in_service, found.places) == (1, 4)
    assert found.open_seconds == 720_000
    assert found.availability.share is None
    assert found.reach is not None
    assert found.reach.communes == 1


def test_few_sessions_are_no_zero() -> None:
    """Where each organisation has too few to be told, the territory is not said to have none."""
    few = tuple(replace(place, sessions=3, seconds=900) for place in FACTS.places)
    found = measured(replace(FACTS, places=few))
    assert [body.sessions for body in found.bodies] == [Hidden.SMALL, Hidden.SMALL]
    assert (found.sessions, found.seconds) == (Hidden.BESIDE, None)


def test_no_area_no_share() -> None:
    """A commune alone has no département and no EPCI to be a share of."""
    places = tuple(each for each in FACTS.places if each.organisation == COMMERCY.code)
    assert measured(Facts((COMMERCY,), places, ())).reach is None


_COUNTS = st.tuples(*(st.integers(min_value=0, max_value=25) for _ in STEPS))


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(1, 4), st.sampled_from(["fr", "de", "ar"]), _COUNTS)))
def test_no_small_count_is_printed(told: list[tuple[int, str, tuple[int, ...]]]) -> None:
    """Whatever was counted, no figure of any place, organisation or territory is from 1 to 10."""
    visits = tuple(
        Visits(UUID(int=site), step, "ticket", language, "", many)
        for site, language, counts in told
        for step, many in zip(STEPS, counts, strict=True)
    )
    quiet = tuple(replace(place, sessions=0, seconds=0) for place in FACTS.places)
    found = measured(Facts(FACTS.organisations, quiet, visits))
    tables: list[Figures | BodyFigures] = [found, *found.bodies]
    cells = [
        cell
        for of in tables
        for parts in (of.arrivals, of.online, of.methods, of.stops)
        for cell in (parts.total, *parts.parts.values())
    ]
    cells += [c for body in found.bodies for p in body.places for c in (p.arrivals, p.online)]
    assert all(isinstance(cell, Hidden) or cell == 0 or cell >= 11 for cell in cells)
