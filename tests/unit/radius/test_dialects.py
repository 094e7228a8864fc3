"""By what each brand knows a session, as its own source says: one row a brand, written by hand."""

from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from radius.coa_packets import Ask, SessionNames, encode_change, encode_names, sealed_request
from radius.dialects import DIALECTS, dialect_of
from radius.protocol.authenticators import SharedSecret
from radius.protocol.packet import decode, encode_attribute
from territory.vocabulary import COA_PORT, COA_PORTS, Brand
from tests.unit.radius.sample import DEVICE, NOW

SECRET = SharedSecret(b"radius-secret-of-the-lab-0123456")
NAMES = SessionNames("opaque-9b1c", "s-1", DEVICE, IPv4Address("10.1.0.2"), "lab", "10.9.0.2")
SESSION_TIMEOUT = encode_attribute(27, (600).to_bytes(4, "big"))

USER, SESSION = (1, b"opaque-9b1c"), (44, b"s-1")
STATION, ADDRESS = (31, b"8A-56-7E-F9-10-E4"), (8, bytes((10, 1, 0, 2)))
NAMED, NAS_ADDRESS = (32, b"lab"), (4, bytes((10, 9, 0, 2)))

KEYS = (
    # src/chilli.c cb_radius_coa_ind: User-Name is mandatory, Acct-Session-Id narrows
    (Brand.COOVACHILLI, (USER, SESSION)),
    # src/radius-das.c disconnect_attrid_not_supported: not 5, 8, 55, 80, 87
    (Brand.USPOT, (USER, SESSION, STATION, NAMED)),
    # RouterOS manual, RADIUS client; PacketFence notes that 6.18 did not answer Calling-Station-Id
    (Brand.MIKROTIK, (USER, SESSION)),
    # PacketFence Aruba.pm: Calling-Station-Id AA-BB-.., NAS-IP-Address; Acct-Session-Id refused
    (Brand.ARUBA, (STATION, NAS_ADDRESS)),
    # RFC 5176 §3: User-Name and Acct-Session-Id recommended
    (Brand.RUCKUS, (USER, SESSION, STATION, NAMED)),
    # PacketFence ruckus_smartzone.asciidoc: only the controller as proxy answers
    (Brand.SMARTZONE, (USER, SESSION, STATION, NAMED)),
    # PacketFence Cisco/WLC.pm: Calling-Station-Id AA-BB-.., NAS-IP-Address
    (Brand.CISCO, (STATION, NAS_ADDRESS)),
    # documentation.meraki.com: CoA Disconnect for Splash Sign-on
    (Brand.MERAKI, (USER, SESSION, STATION, NAMED)),
    # PacketFence Unifi.pm: Calling-Station-Id, NAS-Identifier of the access point
    (Brand.UNIFI, (STATION, NAMED)),
    # PacketFence Cambium.pm: the User-Name of accounting
    (Brand.CAMBIUM, (USER,)),
    # PacketFence FortiGate.pm: Acct-Session-Id, User-Name; 5.3: Framed-IP-Address too
    (Brand.FORTINET, (SESSION, USER, ADDRESS)),
    # src/radius/radius_das.c allowed: 1, 4, 31, 32, 44, 50, 55, 80, 89, 95; no 8
    (Brand.GENERIC, (USER, SESSION, STATION, NAMED)),
    ("a brand of tomorrow", (USER, SESSION, STATION, NAMED)),
)


@pytest.mark.parametrize(("brand", "expected"), KEYS)
def test_a_session_is_named_as_its_brand_knows_it(
    brand: str, expected: tuple[tuple[int, bytes], ...]
) -> None:
    """These attributes and no other, in this order: each counts as mandatory (RFC 5176 §3)."""
    octets = encode_names(NAMES, dialect_of(brand))
    packet = decode(sealed_request(Ask.DISCONNECT, 7, octets, SECRET, None))
    assert tuple(packet.attributes.items()) == expected


def test_every_brand_has_a_row_with_its_source() -> None:
    """Nobody is spoken to by accident; the two that speak no CoA have no key to be named by."""
    assert set(DIALECTS) == set(Brand)
    assert all(dialect.source for dialect in DIALECTS.values())
    silent = {brand for brand, dialect in DIALECTS.items() if not dialect.disconnects}
    assert silent == {Brand.OMADA, Brand.OPENNDS}
    assert all((brand in silent) == (not DIALECTS[brand].keys) for brand in DIALECTS)


@pytest.mark.parametrize(
    ("brand", "port"), [(brand, 1700 if brand is Brand.CISCO else 3799) for brand in Brand]
)
def test_each_brand_s_port(brand: Brand, port: int) -> None:
    """RFC 5176 §2.3, but Cisco's WLC (PacketFence Cisco/WLC.pm)."""
    assert COA_PORTS.get(brand, COA_PORT) == port


@pytest.mark.parametrize("brand", [Brand.COOVACHILLI, Brand.USPOT])
def test_some_refuse_what_the_rfc_recommends(brand: Brand) -> None:
    """uspot answers NAK to Event-Timestamp and Message-Authenticator; CoovaChilli reads neither."""
    assert DIALECTS[brand].bare


@pytest.mark.parametrize(
    ("brand", "changes"),
    [
        (brand, brand not in {Brand.MERAKI, Brand.UNIFI, Brand.OMADA, Brand.OPENNDS})
        for brand in Brand
    ],
)
def test_who_takes_new_rights(brand: Brand, changes: bool) -> None:
    """Meraki's splash: Disconnect only; UniFi's rights go through its controller."""
    assert DIALECTS[brand].changes is changes


def test_rights_follow_the_names() -> None:
    """A CoA-Request names the session, then says what it may do now."""
    octets = encode_change(NAMES, dialect_of(Brand.COOVACHILLI), SESSION_TIMEOUT)
    packet = decode(sealed_request(Ask.CHANGE, 7, octets, SECRET, None))
    assert tuple(packet.attributes) == (1, 44, 27)


def test_cisco_is_told_to_ask_again() -> None:
    """PacketFence Cisco/WLC.pm: two AVPairs, vendor 9 type 1, in place of the rights."""
    octets = encode_change(NAMES, dialect_of(Brand.CISCO), SESSION_TIMEOUT)
    packet = decode(sealed_request(Ask.CHANGE, 7, octets, SECRET, None))
    assert 27 not in packet.attributes
    assert packet.values(26) == [
        bytes((0, 0, 0, 9, 1, 35)) + b"subscriber:command=reauthenticate",
        bytes((0, 0, 0, 9, 1, 37)) + b"subscriber:reauthenticate-type=last",
    ]


def test_cisco_is_told_of_the_session_where_it_named_one() -> None:
    """PacketFence Cisco/WLC.pm: audit-session-id before the commands; others have no such name."""
    names = replace(NAMES, own_session="1E0AA8C0000000140FB5B2C9")
    octets = encode_change(names, dialect_of(Brand.CISCO), b"")
    packet = decode(sealed_request(Ask.CHANGE, 7, octets, SECRET, None))
    named = bytes((0, 0, 0, 9, 1, 43)) + b"audit-session-id=1E0AA8C0000000140FB5B2C9"
    assert packet.values(26)[0] == named
    assert len(packet.values(26)) == 3
    assert encode_names(names, dialect_of(Brand.ARUBA)) == encode_names(
        NAMES, dialect_of(Brand.ARUBA)
    )


@pytest.mark.parametrize(
    ("handle", "expected"),
    [
        ("lab", (32, b"lab")),
        ("10.8.0.9", (4, bytes((10, 8, 0, 9)))),
        ("2001:db8::9", (95, bytes.fromhex("20010db8000000000000000000000009"))),
    ],
)
def test_a_nas_is_named_as_it_names_itself(handle: str, expected: tuple[int, bytes]) -> None:
    """A NAS that sends no NAS-Identifier is known by its address (RFC 5176 §3, else NAK 403)."""
    octets = encode_names(replace(NAMES, nas_handle=handle), dialect_of(Brand.GENERIC))
    packet = decode(sealed_request(Ask.DISCONNECT, 7, octets, SECRET, NOW))
    assert expected in packet.attributes.items()


def test_the_address_a_nas_named_counts_before_the_one_it_is_reached_at() -> None:
    """Behind a tunnel the two differ, and Aruba compares with its own."""
    octets = encode_names(replace(NAMES, nas_handle="10.8.0.9"), dialect_of(Brand.ARUBA))
    assert octets.endswith(bytes((4, 6, 10, 8, 0, 9)))


def test_what_is_not_known_is_left_out() -> None:
    """An attribute is never empty (RFC 2865 §5)."""
    nobody = SessionNames(None, "1", None, None, "lab")
    assert encode_names(nobody, dialect_of(Brand.FORTINET)) == bytes((44, 3)) + b"1"
    assert encode_names(nobody, dialect_of(Brand.ARUBA)) == b""
