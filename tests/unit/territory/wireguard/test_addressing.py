"""Each site's address inside the tunnel: kept, given, never twice."""

from ipaddress import IPv4Address, IPv4Network

import pytest

from territory.errors import ConfigurationError
from territory.wireguard.addressing import Inside, assign

INSIDE = Inside(IPv4Network("10.55.0.0/29"), IPv4Address("10.55.0.1"))


def at(last: int) -> IPv4Address:
    """Return an address of the network."""
    return IPv4Address(f"10.55.0.{last}")


def test_the_lowest_that_nobody_has() -> None:
    """Neither the base's, nor what others have or had before."""
    found = assign(INSIDE, {"b": [], "a": [], "c": []}, {"c": at(3)}, {at(2)})
    assert found == {"a": at(4), "b": at(5), "c": at(3)}


def test_a_nas_gives_its_address_to_its_site() -> None:
    """The first of the network; one outside says nothing. Who had it before makes way."""
    found = assign(
        INSIDE, {"a": [IPv4Address("192.168.1.1"), at(3)], "b": []}, {"b": at(3)}, {at(3)}
    )
    assert found == {"a": at(3), "b": at(2)}


def test_a_network_that_changed_gives_anew() -> None:
    """An address outside it is not kept."""
    assert assign(INSIDE, {"a": []}, {"a": IPv4Address("10.56.0.2")}, set()) == {"a": at(2)}


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({str(n): [] for n in range(6)}, "is full"),
        ({"a": [at(1)]}, "other than the base's"),
    ],
)
def test_what_cannot_be_given_is_said(wanted: dict[str, list[IPv4Address]], words: str) -> None:
    """As faults of the settings or of the description."""
    with pytest.raises(ConfigurationError, match=words):
        assign(INSIDE, wanted, {}, set())
