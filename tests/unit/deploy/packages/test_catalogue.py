"""The offers that ship are sound."""

import pytest

from deploy.packages.catalogue import catalogue, offer_named, package_codes
from territory.errors import ConfigurationError
from territory.gateway_dialects import DIALECTS, usual_variant


def test_the_town_hall_can_be_ordered() -> None:
    """Every offer is read, under its own code and with a version."""
    assert package_codes() == {"town-hall"}
    assert offer_named("town-hall").version == "1.4.1"


def test_the_town_hall_isolates_its_guests() -> None:
    """The values that keep guests apart and sessions dated."""
    offer = offer_named("town-hall")
    refused = {str(network) for network in offer.refused_networks}
    assert refused >= {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"}
    assert (offer.guest_lease_seconds, offer.country, offer.enhanced_open) == (3600, "FR", True)
    assert len(offer.ntp_servers) >= 3
    assert offer.resolvers == ()


def test_nothing_is_offered_that_cannot_work() -> None:
    """An offer's brands and links are among those that work."""
    for offer in catalogue().values():
        for brand, rendering in offer.bundles.items():
            assert rendering.links <= DIALECTS[brand][usual_variant(brand)].links


def test_an_unknown_package_is_told() -> None:
    """The codes that exist are named."""
    with pytest.raises(ConfigurationError, match="expected one of town-hall, found castle"):
        offer_named("castle")
