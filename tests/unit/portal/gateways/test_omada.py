"""Omada's two dialects: a form for the controller's own portal, or a call of our server."""

import pytest

from portal.gateways import omada
from portal.gateways.brands import ADAPTERS
from portal.gateways.vocabulary import ControllerBack, Credential, Departure, Registration
from territory.errors import ProtocolError

OWN = Registration("10.70.0.2:8843", "https://portal.example/gateway/omada", None)
BY_RADIUS = (
    b"target=10.70.0.2&targetPort=8843&scheme=https&clientMac=AA-BB-CC-DD-EE-20"
    b"&clientIp=10.70.0.31&raidusServerIp=&apMac=B8-FB-B3-5D-64-3E&gatewayMac="
    b"&ssidName=WiFi%20Mairie&vid=&radioId=1&originUrl=http%3A%2F%2Fneverssl.com%2F"
)
"""The parameters of TP-Link FAQ 2912 (the mis-spelt one included)."""
BY_CONTROLLER = (
    b"clientMac=AA-BB-CC-DD-EE-20&clientIp=10.70.0.31&apMac=B8-FB-B3-5D-64-3E"
    b"&ssidName=WiFi%20Mairie&t=1742398732000000&radioId=1&site=64a1f0c2&redirectUrl=x"
)
"""TP-Link FAQ 3231 and 132060."""
BY_GATEWAY = b"clientMac=AA-BB-CC-DD-EE-20&gatewayMac=B8-FB-B3-5D-64-3F&vid=20&t=1742398732&site=s"
"""The same, of a wired gateway."""
GUEST = Credential("opaque", "one-shot")


def test_by_radius() -> None:
    """A form that is sent as a browser sends one; the controller then leads to our own page."""
    arrival = omada.BY_RADIUS.read(BY_RADIUS, OWN)
    assert str(arrival.device) == "aa:bb:cc:dd:ee:20"
    assert arrival.ssid == "WiFi Mairie"
    page = "https://portal.example/ma-connexion?visit=a.b"
    back = omada.BY_RADIUS.hand_back(OWN, Departure(arrival.carried, GUEST, page_of_ours=page))
    assert back.url == "https://10.70.0.2:8843/portal/radius/browserauth"
    assert back.fields == {
        "clientMac": "AA-BB-CC-DD-EE-20",
        "apMac": "B8-FB-B3-5D-64-3E",
        "gatewayMac": "",
        "ssidName": "WiFi Mairie",
        "radioId": "1",
        "vid": "",
        "clientIp": "10.70.0.31",
        "authType": "2",
        "originUrl": page,
        "username": "opaque",
        "password": "one-shot",
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"target=10.70.0.2", b"target=10.70.0.9"),
        (b"target=10.70.0.2", b"target=10.70.0.2@evil.example"),
        (b"target=10.70.0.2", b"target=10.70.0.2/x?"),
        (b"targetPort=8843", b"targetPort=8043"),
        (b"targetPort=8843", b"targetPort=8843%2Fx"),
        (b"scheme=https", b"scheme=javascript"),
        (b"scheme=https", b"scheme=ftp"),
    ],
)
def test_a_form_goes_to_the_sites_own_address(old: bytes, new: bytes) -> None:
    """Host, port and scheme are compared with the record."""
    with pytest.raises(ProtocolError, match="foreign-address"):
        omada.BY_RADIUS.read(BY_RADIUS.replace(old, new), OWN)


@pytest.mark.parametrize(("scheme", "port"), [("https", 8843), ("http", 8088)])
def test_the_usual_ports(scheme: str, port: int) -> None:
    """A record without a port means those of the controller's own portal."""
    own = Registration("10.70.0.2", OWN.portal_base, None)
    query = BY_RADIUS.replace(b"scheme=https", b"scheme=" + scheme.encode())
    query = query.replace(b"8843", str(port).encode())
    carried = omada.BY_RADIUS.read(query, own).carried
    back = omada.BY_RADIUS.hand_back(own, Departure(carried, GUEST))
    assert back.origin == f"{scheme}://10.70.0.2:{port}"


def test_a_hand_back_is_checked_again() -> None:
    """The record may have changed since the redirect was read."""
    carried = omada.BY_RADIUS.read(BY_RADIUS, OWN).carried
    moved = Registration("10.70.0.3:8843", OWN.portal_base, None)
    with pytest.raises(ProtocolError, match="foreign-address"):
        omada.BY_RADIUS.hand_back(moved, Departure(carried, GUEST))
    with pytest.raises(ProtocolError, match="missing-url"):
        omada.BY_RADIUS.hand_back(OWN, Departure({}, GUEST))


def test_by_controller() -> None:
    """Where the guest is, in the controller's words; the site is the record's alone."""
    arrival = omada.BY_CONTROLLER.read(BY_CONTROLLER, OWN)
    assert arrival.told_at is not None
    assert arrival.told_at.isoformat() == "2025-03-19T15:38:52+00:00"
    back = omada.BY_CONTROLLER.hand_back(OWN, Departure(arrival.carried, GUEST))
    assert back == ControllerBack(
        {
            "apMac": "B8-FB-B3-5D-64-3E",
            "gatewayMac": "",
            "ssidName": "WiFi Mairie",
            "radioId": "1",
            "vid": "",
            "clientIp": "10.70.0.31",
        }
    )


def test_a_wired_gateway() -> None:
    """It names itself and a VLAN where an access point names itself and a network."""
    carried = omada.BY_CONTROLLER.read(BY_GATEWAY, OWN).carried
    assert carried == {
        "gatewayMac": "B8-FB-B3-5D-64-3F",
        "vid": "20",
        "clientMac": "AA-BB-CC-DD-EE-20",
    }
    assert omada.name_in(BY_GATEWAY) == "b8:fb:b3:5d:64:3f"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"apMac=B8-FB-B3-5D-64-3E", b"", "missing-gatewayMac"),
        (b"radioId=1", b"radioId=12", "bad-number"),
        (b"clientIp=10.70.0.31", b"clientIp=here", "bad-address"),
        (b"ssidName=WiFi%20Mairie", b"ssidName=" + b"x" * 33, "bad-ssid"),
        (b"t=1742398732000000", b"t=soon", "bad-time"),
        (b"clientMac=AA", b"clientMac=ZZ", "bad-device"),
    ],
)
def test_what_is_refused(old: bytes, new: bytes, reason: str) -> None:
    """Each part has a form of its own."""
    with pytest.raises(ProtocolError) as refused:
        omada.BY_CONTROLLER.read(BY_CONTROLLER.replace(old, new), OWN)
    assert refused.value.reason == reason


def test_who_reads_which() -> None:
    """Both have a name in common with their access point, and neither brings a visit back."""
    for variant, query in (("radius", BY_RADIUS), ("controller", BY_CONTROLLER)):
        adapter = ADAPTERS["omada", variant]
        assert adapter.name_in(query) == "b8:fb:b3:5d:64:3e"
        assert adapter.returned_visit(query) == ""
        assert adapter.log_off(OWN, {}) is None
    with pytest.raises(ProtocolError, match="missing-apMac"):
        omada.name_in(b"clientMac=AA-BB-CC-DD-EE-20")
