"""Every dialect has an adapter that can be handed back without any input."""

import pytest

from portal.controllers.makes import CONTROLLERS
from portal.gateways.brands import ADAPTERS, adapters_of
from portal.gateways.own_address import ANYWHERE
from portal.gateways.vocabulary import Registration
from territory.gateway_dialects import DIALECTS, SPOKEN, Dialect, Return, dialect_of
from territory.vocabulary import Brand

SPEAKING = [dialect for own in DIALECTS.values() for dialect in own.values()]


def test_what_a_description_may_name_is_what_the_portal_speaks() -> None:
    """`socle apply` takes a gateway of these dialects and of no other."""
    assert set(ADAPTERS) == {(dialect.brand.value, dialect.variant) for dialect in SPEAKING}


def test_who_is_let_in_by_a_controller_has_one() -> None:
    """A dialect that needs a server call has what makes it, and no other has."""
    called = {d for d in SPEAKING if d.returns is Return.CONTROLLER}
    assert set(CONTROLLERS) == {(dialect.brand.value, dialect.variant) for dialect in called}


@pytest.mark.parametrize("dialect", SPEAKING, ids=lambda d: f"{d.brand}-{d.variant}")
def test_a_way_out_and_a_start_stay_with_the_site(dialect: Dialect) -> None:
    """Both need nothing but the site's own record, and go nowhere else; a fresh redirect may also
    come of any plain http address."""
    own = Registration(
        "192.0.2.7:4000", "https://portal.example/gateway", "secret", variant=dialect.variant
    )
    adapter = ADAPTERS[dialect.brand.value, dialect.variant]
    begun = adapter.start(own)
    assert "192.0.2.7" in begun.origin or begun == ANYWHERE
    way_out = adapter.log_off(own, {})
    assert way_out is None or not way_out.origin or "192.0.2.7" in way_out.origin


def test_a_dialect_by_its_name() -> None:
    """A brand or a variant that nobody speaks has none."""
    assert dialect_of("opennds", "fas1") is DIALECTS[Brand.OPENNDS]["fas1"]
    assert dialect_of("opennds", "fas9") is None
    assert dialect_of("huawei", "") is None
    assert set(DIALECTS) == SPOKEN
    assert adapters_of("zyxel") == []
