"""What needs an operator now."""

from datetime import UTC, datetime
from uuid import uuid4

from portal.console.attention import (
    MOST_SITES,
    Weight,
    all_is_well,
    operator_items,
    radius_items,
    site_items,
)
from portal.console.discards import UNKNOWN_NAS, Discard, SetAside
from portal.console.estate import Nas, Reading
from portal.console.live_picture import Spot
from territory.health.states import State

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)


def spot(name: str, state: State, culprit: str = "") -> Spot:
    """A site in a state since now."""
    return Spot(name, name.title(), "", uuid4(), True, None, state, NOW, culprit, "alone_silent")


def nas(code: str, *, unsigned: int = 0, heard: bool = True) -> Nas:
    """A NAS in service."""
    at = NOW if heard else None
    reading = Reading(State.UP, "", NOW, NOW, None)
    return Nas(uuid4(), code, "10.0.0.1", None, "always", at, at, unsigned, 0, 0, reading)


def test_sites_that_are_down_come_before_those_that_are_degraded() -> None:
    """Nobody online first; sites that are well are not listed; equipment is for who repairs it."""
    spots = [
        spot("a", State.DEGRADED),
        spot("b", State.UP),
        spot("c", State.DOWN, "borne 1"),
    ]
    items = site_items(spots, in_detail=True)
    assert [(item.code, item.weight) for item in items] == [("c", Weight.BAD), ("a", Weight.WARN)]
    assert items[0].detail.startswith("borne 1\u00a0: ne répond plus")
    assert "borne" not in site_items(spots, in_detail=False)[0].detail


def test_hundreds_of_failing_sites_are_counted() -> None:
    """A page that tells all of them tells nothing; the list has them."""
    items = site_items([spot(f"s{n}", State.DOWN) for n in range(300)], in_detail=True)
    assert len(items) == MOST_SITES + 1
    assert (items[-1].title, items[-1].page) == ("Et 288 lieux de plus", "sites")


def test_radius_says_what_it_could_not_use() -> None:
    """Unknown addresses, unsigned packets, packets set aside, NAS never heard."""
    all_nas = [nas("a-nas", unsigned=3), nas("b-nas", heard=False)]
    discards = [
        Discard("198.51.100.7", UNKNOWN_NAS, 4, NOW, NOW),
        Discard("10.0.0.1", "length", 1, NOW, NOW),
    ]
    items = radius_items(all_nas, discards, [SetAside(NOW, "a-nas", "text")])
    assert [item.detail for item in items] == [
        "Adresse inconnue qui nous appelle\u00a0: 198.51.100.7.",
        "Reçus de\u00a0: a-nas.",
        "a-nas.",
        "b-nas.",
    ]
    assert radius_items([nas("a-nas")], [], []) == []


def test_long_lists_are_cut() -> None:
    """Four names, then a count."""
    discards = [Discard(f"192.0.2.{n}", UNKNOWN_NAS, 1, NOW, NOW) for n in range(1, 8)]
    assert radius_items([], discards, [])[0].detail.endswith("192.0.2.4 et 3 de plus.")


def test_nothing_to_do_is_said() -> None:
    """An empty list would look like a fault."""
    assert all_is_well([], "sites")[0].weight is Weight.GOOD
    items = operator_items(["a@b.example"])
    assert all_is_well(items, "sites") == items
    assert operator_items([]) == []
