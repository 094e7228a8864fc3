"""UniFi: an unsigned redirect that is only read, and a hand-back that our server makes."""

import pytest

from portal.gateways import unifi
from portal.gateways.own_address import ANYWHERE
from portal.gateways.vocabulary import ControllerBack, Credential, Departure, Registration
from territory.errors import ProtocolError
from territory.identifiers import MacAddress

AP, OTHER = "94:2a:6f:d0:30:57", "94:2a:6f:d0:30:58"
OWN = Registration("10.60.0.1", "https://portal.example", None, radios=frozenset({AP, OTHER}))
DOCUMENTED = (
    b"ap=94:2a:6f:d0:30:57&id=1c:71:25:63:e4:24&t=1742398732"
    b"&url=http://www.msftconnecttest.com%2Fredirect&ssid=WiFi+Mairie"
)
"""help.ui.com 31228198640023, with a network's name."""


def test_a_redirect_is_read() -> None:
    """Device, access point and time; no link out, since nobody vouches for it."""
    arrival = unifi.read(DOCUMENTED, OWN)
    assert arrival.device == MacAddress.parse("1C-71-25-63-E4-24")
    assert (arrival.carried, arrival.is_signed, arrival.original_url) == ({"ap": AP}, False, "")
    assert arrival.told_at is not None
    assert arrival.told_at.isoformat() == "2025-03-19T15:38:52+00:00"
    assert unifi.name_in(DOCUMENTED) == AP
    assert unifi.returned_visit(DOCUMENTED) == ""


def test_an_access_point_of_another_site() -> None:
    """It is refused where the site's own are on record; else the controller alone judges."""
    foreign = DOCUMENTED.replace(b"30:57", b"30:99")
    with pytest.raises(ProtocolError, match="foreign-access-point"):
        unifi.read(foreign, OWN)
    unknown = Registration("10.60.0.1", "https://portal.example", None)
    assert unifi.read(foreign, unknown).carried == {"ap": "94:2a:6f:d0:30:99"}


def test_the_hand_back_is_the_controllers() -> None:
    """It is told where the device was, and where else of the site it may be by now."""
    leaving = Departure({"ap": AP}, Credential("", ""))
    assert unifi.hand_back(OWN, leaving) == ControllerBack({"ap": AP, "radios": f"{AP} {OTHER}"})
    assert unifi.start(OWN) == ANYWHERE
