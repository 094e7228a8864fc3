"""What needs an operator now."""

from datetime import UTC, datetime
from uuid import uuid4

from portal.console.attention import (
    Weight,
    all_is_well,
    operator_items,
    radius_items,
    site_items,
)
from portal.console.estate import (
    UNKNOWN_NAS,
    AccessPoint,
    Discard,
    Gateway,
    Health,
    Nas,
    Reading,
    SetAside,
    Site,
)

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)


def reading(health: Health, reason: str = "") -> Reading:
    """A reading of now."""
    return Reading(health, reason, NOW, NOW, None)


def site(name: str, radios: list[Health], *, unsigned: int = 0, heard: bool = True) -> Site:
    """A site with one NAS in service and these radios."""
    at = NOW if heard else None
    nas = Nas(f"{name}-nas", "10.0.0.1", None, "always", at, at, unsigned, 0, 0, reading(Health.UP))
    return Site(
        id=uuid4(),
        code=name,
        name=name.title(),
        organisation="Commune",
        commune="Commercy",
        postal_address=None,
        place_type="mairie",
        link="tunnel",
        plan="4 h",
        networks=(),
        gateways=(Gateway(f"{name}-gw", "coovachilli", None, "10.1.0.1:3990", (nas,)),),
        access_points=tuple(
            AccessPoint(f"{n}", f"borne {n}", None, None, reading(health, "ne répond plus"))
            for n, health in enumerate(radios, start=1)
        ),
        open_sessions=0,
    )


def test_sites_that_are_down_come_before_those_that_are_degraded() -> None:
    """Nobody online first; sites that are well are not listed."""
    items = site_items(
        [
            site("a", [Health.UP, Health.DOWN]),
            site("b", [Health.UP]),
            site("c", [Health.DOWN, Health.DOWN]),
        ]
    )
    assert [(item.code, item.weight) for item in items] == [("c", Weight.BAD), ("a", Weight.WARN)]
    assert items[0].detail == "borne 1 et 1 de plus\u00a0: ne répond plus."


def test_radius_says_what_it_could_not_use() -> None:
    """Unknown addresses, unsigned packets, packets set aside, NAS never heard."""
    sites = [site("a", [], unsigned=3), site("b", [], heard=False)]
    discards = [
        Discard("198.51.100.7", UNKNOWN_NAS, 4, NOW, NOW),
        Discard("10.0.0.1", "length", 1, NOW, NOW),
    ]
    items = radius_items(sites, discards, [SetAside(NOW, "a-nas", "text")])
    assert [item.detail for item in items] == [
        "Adresse inconnue qui nous appelle\u00a0: 198.51.100.7.",
        "Reçus de\u00a0: a-nas.",
        "a-nas.",
        "b-nas.",
    ]
    assert radius_items([site("a", [])], [], []) == []


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
