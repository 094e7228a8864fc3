"""SmartZone and Ruckus One: a device that may be encrypted, and an interface nobody names to us."""

import pytest

from portal.gateways import smartzone
from portal.gateways.vocabulary import (
    ControllerBack,
    Credential,
    Departure,
    Registration,
    SealedDevice,
)
from territory.errors import ProtocolError

OWN = Registration("10.80.0.1", "https://portal.example/gateway/smartzone", None)
SEALED_MAC = "ENC12bc24c4777703327f2e0aabbf6b9f9e"
SEALED_IP = "ENC93ee4456a0378b6e0c8df0ea83416f46"
"""RUCKUS One WISPr API guide."""
QUERY = (
    f"nbiIP=203.0.113.66&client_mac={SEALED_MAC}&reason=Un-Auth-Captive&wlanName=WiFi-Mairie"
    f"&dn=&ssid=WiFi-Mairie&mac=58b633000001&url=http%3A%2F%2Fexample.org%2F&proxy=0&vlan=1"
    f"&wlan=3&sip=203.0.113.66&zoneName=Mairies&uip={SEALED_IP}&StartURL="
).encode()


def test_a_device_named_in_clear() -> None:
    """After `no encrypt-mac-ip`."""
    query = QUERY.replace(SEALED_MAC.encode(), b"5E-DE-C3-4D-50-3D")
    arrival = smartzone.read(query, OWN)
    assert str(arrival.device) == "5e:de:c3:4d:50:3d"
    assert (arrival.ssid, arrival.original_url) == ("WiFi-Mairie", "")
    assert smartzone.name_in(query) == "58:b6:33:00:00:01"


def test_a_device_named_encrypted() -> None:
    """Only the controller can say which it is; it will want to hear it as it was written."""
    with pytest.raises(SealedDevice) as found:
        smartzone.read(QUERY, OWN)
    assert (found.value.reason, found.value.sealed) == ("sealed-device", SEALED_MAC)
    assert not found.value.arrival.device.is_device
    carried = found.value.arrival.carried
    leaving = Departure(carried, Credential("name", "password"))
    told = {"client_mac": SEALED_MAC, "uip": SEALED_IP, "proxy": "0"}
    assert smartzone.hand_back(OWN, leaving) == ControllerBack(told)


def test_where_the_interface_is_said_to_be() -> None:
    """Nothing that a redirect names is where anything is sent."""
    with pytest.raises(SealedDevice) as found:
        smartzone.read(QUERY, OWN)
    assert "203.0.113.66" not in str(found.value.arrival)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"mac=58b633000001", b"", "missing-mac"),
        (SEALED_MAC.encode(), b"", "missing-client_mac"),
        (SEALED_MAC.encode(), b"nobody", "bad-device"),
        (SEALED_MAC.encode(), b"ENC" + b"0" * 126, "bad-word"),
        (SEALED_MAC.encode(), b"ENC%3Cscript%3E", "bad-word"),
        (SEALED_IP.encode(), b"a%20b", "bad-word"),
    ],
)
def test_what_is_refused(old: bytes, new: bytes, reason: str) -> None:
    """Each with a stable reason."""
    with pytest.raises(ProtocolError) as refused:
        smartzone.read(QUERY.replace(old, new, 1), OWN)
    assert refused.value.reason == reason
