"""Every brand has an adapter that can be handed back without any input."""

import pytest

from portal.gateways.brands import ADAPTERS
from portal.gateways.vocabulary import Registration
from territory.vocabulary import SPOKEN


def test_what_a_description_may_name_is_what_the_portal_speaks() -> None:
    """`socle apply` takes a gateway of these brands and of no other."""
    assert set(ADAPTERS) == SPOKEN


@pytest.mark.parametrize("brand", ADAPTERS)
def test_start_and_log_off_go_to_the_registered_address(brand: str) -> None:
    """Both need nothing but the site's own record."""
    own = Registration("192.0.2.7:4000", "https://portal.example/gateway", "secret")
    adapter = ADAPTERS[brand]
    assert adapter.start(own).origin == "http://192.0.2.7:4000"
    assert adapter.log_off(own, {}).origin == "http://192.0.2.7:4000"
