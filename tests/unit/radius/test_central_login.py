"""An Accept that sends a device to the portal: read by pyrad, and short enough for an attribute."""

from datetime import timedelta

import pytest
from pyrad.packet import AuthPacket

from radius.central_login import LASTING, REDIRECT_ACL, CentralLogin, session_of
from radius.protocol.packet import Packet
from simulation.packets import dictionary
from territory.identifiers import MacAddress
from territory.rules.central_login import Presented, read_presented
from tests.unit.radius.sample import DEVICE, NAS, NOW, attribute, request

KEY = "00112233445566778899aabbccddeeff"
PAGE = "https://wifi.meuse.example/gateway/cisco/wlc-mairie"
LOGIN = CentralLogin(PAGE, "wlc-mairie", KEY)
SESSION = "1E0AA8C0000000140FB5B2C9"


def pair(text: bytes) -> bytes:
    """Return a Cisco-AVPair's octets (vendor 9, number 1)."""
    return attribute(26, b"\x00\x00\x00\x09\x01" + bytes((len(text) + 2,)) + text)


MAB = request(pair(b"method=mab"), pair(b"audit-session-id=" + SESSION.encode()))
"""A controller's request, as far as the redirect needs it."""


def pairs(login: CentralLogin, packet: Packet = MAB, ssid: str | None = "WiFi-Mairie") -> list[str]:
    """Return what pyrad reads of the Cisco-AVPairs of a redirect."""
    attributes = login.redirect(NAS.id, DEVICE, ssid, packet, NOW)
    head = bytes((2, 1)) + (20 + len(attributes)).to_bytes(2, "big") + bytes(16)
    read = AuthPacket(secret=b"x", dict=dictionary("cisco"), packet=head + attributes)
    assert read["Session-Timeout"] == [3600]
    assert read[29] == [b"\x00\x00\x00\x01"]
    return [str(each) for each in read["Cisco-AVPair"]]


def test_a_redirect_names_its_acl_and_a_signed_address() -> None:
    """The ACL's one name, then the portal's address with all that the portal will need."""
    acl, redirect = pairs(LOGIN)
    assert acl == f"url-redirect-acl={REDIRECT_ACL}"
    start, _, told = redirect.partition("?cwa=")
    assert start == f"url-redirect={PAGE}"
    assert read_presented(told, "wlc-mairie", KEY) == Presented(
        MacAddress(DEVICE),
        NAS.id,
        (NOW + LASTING + timedelta(minutes=10)).replace(microsecond=0),
        SESSION,
        "WiFi-Mairie",
    )


@pytest.mark.parametrize(("length", "ssid"), [(60, "W" * 32), (100, "")])
def test_a_long_address_goes_without_the_network(length: int, ssid: str) -> None:
    """An attribute holds 247 octets; a network's name is worth less than the way to the portal."""
    page = "https://portal.example/gateway/cisco/".ljust(length, "w")
    _, redirect = pairs(CentralLogin(page, "w", KEY), ssid="W" * 32)
    told = read_presented(redirect.partition("?cwa=")[2], "w", KEY)
    assert told.ssid == ssid
    assert told.session == SESSION
    assert len(redirect) <= 247


def test_an_address_that_fits_nowhere() -> None:
    """Nothing is sent that a controller would cut off in the middle."""
    with pytest.raises(ValueError, match="octets"):
        LOGIN_TOO_LONG.redirect(NAS.id, DEVICE, None, MAB, NOW)


LOGIN_TOO_LONG = CentralLogin(PAGE + "w" * 150, "w", KEY)


@pytest.mark.parametrize(
    "packet",
    [
        request(),
        request(pair(b"method=mab")),
        request(attribute(26, b"\x00\x00\x00\x09\xff")),
        request(attribute(26, b"\x00\x00\x00\x0a\x01\x14audit-session-id=1")),
    ],
)
def test_a_session_that_nobody_named(packet: Packet) -> None:
    """No pair, another pair, a broken one, another vendor's."""
    assert session_of(packet) == ""
