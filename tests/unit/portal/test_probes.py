"""A synthetic guest's gate: its NAS's dialect and plan, the button alone, nobody counted."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from portal.places import Organisation, Place, Plan
from portal.probes import RIGHT_SECONDS, probe_gate
from territory.vocabulary import IdentificationMethod

ROW: dict[str, Any] = {
    "id": UUID(int=7),
    "code": "mairie-nas",
    "address": "127.127.0.1",
    "brand": "coovachilli",
    "variant": "",
}
PLACE = Place(
    id=UUID(int=1),
    name="Mairie",
    commune="Toul",
    postal_address="",
    place_type="mairie",
    welcome="",
    listed=True,
    organisation=Organisation("Toul", "commune", "wifi@toul.example"),
    plan=Plan(UUID(int=2), 4 * 3600, None),
    methods=(IdentificationMethod.SMS_CODE,),
    code="mairie",
)
BASE = "https://wifi.example/gateway/coovachilli"


def test_it_offers_the_button_for_a_few_minutes_whatever_the_place_asks() -> None:
    """No code is sent to it, and its right is short; else it is the place as it is."""
    gate = probe_gate(ROW, PLACE, "secret", BASE)
    assert gate
    assert gate.place == replace(
        PLACE,
        methods=(IdentificationMethod.CLICK_THROUGH,),
        plan=replace(PLACE.plan, session_seconds=RIGHT_SECONDS),
    )
    assert (gate.is_probe, gate.code, gate.controller) == (True, "mairie-nas~probe", None)
    assert gate.registration.login_address == "127.127.0.1:3990"
    assert gate.registration.secret == "secret"


@pytest.mark.parametrize(
    ("brand", "variant"),
    [("unifi", "official"), ("opennds", "fas3"), ("cisco", "cwa"), ("meraki", "sign-on")],
)
def test_a_dialect_that_needs_a_controller_or_has_no_radius_has_none(
    brand: str, variant: str
) -> None:
    """Nobody can stand in for them from the base."""
    assert probe_gate(ROW | {"brand": brand, "variant": variant}, PLACE, "secret", BASE) is None


def test_only_a_dialect_that_signs_shares_a_secret() -> None:
    """As with any other gateway."""
    gate = probe_gate(ROW | {"brand": "mikrotik"}, PLACE, "secret", BASE)
    assert gate
    assert gate.registration.secret is None
