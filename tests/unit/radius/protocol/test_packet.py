"""Octets to packets: what RFC 2865 §3 and §5 allow is read, everything else is a ProtocolError."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius.protocol.numbers import MESSAGE_AUTHENTICATOR, PROXY_STATE, USER_NAME
from radius.protocol.packet import (
    decode,
    encode,
    encode_attribute,
    encode_vendor_attribute,
    position,
    vendor_attributes,
)
from territory.errors import ProtocolError

AUTHENTICATOR = bytes(range(16))
attribute_lists = st.lists(
    st.tuples(st.integers(1, 255), st.binary(min_size=1, max_size=60)), max_size=30
)


def packet_of(body: bytes, length: int | None = None) -> bytes:
    """Return a datagram whose header says `length`."""
    said = 20 + len(body) if length is None else length
    return struct.pack("!BBH16s", 1, 7, said, AUTHENTICATOR) + body


@pytest.mark.parametrize(
    ("datagram", "reason"),
    [
        (b"", "truncated"),
        (bytes(19), "truncated"),
        (packet_of(b"", 19), "length"),
        (packet_of(bytes(4077), 4097), "length"),
        (packet_of(b"", 21), "truncated"),
        (packet_of(b"\x01"), "attribute-length"),
        (packet_of(b"\x01\x00"), "attribute-length"),
        (packet_of(b"\x01\x01"), "attribute-length"),
        (packet_of(b"\x01\x05ab"), "attribute-length"),
        (packet_of(b"\x01\x04ab\x02"), "attribute-length"),
        (packet_of(b"\x01\xc8ab"), "attribute-length"),
    ],
)
def test_malformed_packets_are_refused_with_their_reason(datagram: bytes, reason: str) -> None:
    """Each rule of RFC 2865 §3 and §5 on lengths has its own word for the counter."""
    with pytest.raises(ProtocolError) as fault:
        decode(datagram)
    assert fault.value.reason == reason


def test_octets_after_the_length_are_padding() -> None:
    """RFC 2865 §3: they are ignored, and are no part of what is signed."""
    packet = decode(packet_of(b"\x01\x06nemo", 26) + b"\x01\x00garbage")
    assert packet.attributes == {USER_NAME: b"nemo"}
    assert len(packet.octets) == 26


def test_an_empty_value_is_tolerated() -> None:
    """RFC 2865 §5 forbids sending one; receiving one discards nothing."""
    assert decode(packet_of(b"\x01\x02")).attributes == {USER_NAME: b""}


def test_repeated_attributes_keep_their_order() -> None:
    """Proxy-State is echoed in the order it came (RFC 2865 §5.33)."""
    body = b"\x21\x03a\x01\x03n\x21\x03b\x21\x03c"
    packet = decode(packet_of(body))
    assert packet.values(PROXY_STATE) == [b"a", b"b", b"c"]
    assert packet.values(USER_NAME) == [b"n"]
    assert packet.values(99) == []


def test_extended_attributes_stay_as_they_came() -> None:
    """RFC 6929 §2: 241 to 246 are carried through, fragments apart and in order."""
    body = b"\xf5\x06\x01\x80ab" + b"\xf1\x04\x01x" + b"\xf5\x05\x01\x00c"
    packet = decode(packet_of(body))
    assert packet.values(245) == [b"\x01\x80ab", b"\x01\x00c"]
    assert packet.values(241) == [b"\x01x"]


@given(st.binary(max_size=200))
def test_nothing_else_is_ever_raised(datagram: bytes) -> None:
    """A decoder raises ProtocolError, whatever comes."""
    try:
        decode(datagram)
    except ProtocolError as fault:
        assert fault.reason  # noqa: PT017 - raising is allowed, not required


@given(st.binary(max_size=300))
def test_any_body_is_read_whole_or_refused(body: bytes) -> None:
    """What is read encodes to the same octets: nothing is lost, nothing invented."""
    try:
        packet = decode(packet_of(body))
    except ProtocolError:
        return
    assert sum(2 + len(v) for n in packet.attributes for v in packet.values(n)) == len(body)


@given(attribute_lists)
def test_decode_undoes_encode(attributes: list[tuple[int, bytes]]) -> None:
    """Whatever is encoded is decoded, each attribute's values in order."""
    body = b"".join(encode_attribute(number, value) for number, value in attributes)
    packet = decode(encode(2, 9, AUTHENTICATOR, body))
    assert (packet.code, packet.identifier, packet.authenticator) == (2, 9, AUTHENTICATOR)
    for number in {n for n, _ in attributes}:
        assert packet.values(number) == [v for n, v in attributes if n == number]


@pytest.mark.parametrize("value", [b"", bytes(254)])
def test_no_attribute_is_made_empty_or_too_long(value: bytes) -> None:
    """RFC 2865 §5: 1 to 253 octets of value."""
    with pytest.raises(ValueError, match="1 to 253"):
        encode_attribute(USER_NAME, value)


def test_no_packet_is_made_too_long() -> None:
    """RFC 2865 §3: 4096 octets."""
    with pytest.raises(ValueError, match="4096"):
        encode(2, 0, AUTHENTICATOR, bytes(4077))


def test_vendor_attributes_may_share_one_vendor_specific() -> None:
    """RFC 2865 §5.26 allows several; another vendor's and malformed ones are left alone."""
    shared = b"\x00\x00\x37\x2a\x07\x06\x00\x00\x00\x01\x08\x06\x00\x00\x00\x02"
    other = b"\x00\x00\x00\x09\x01\x03x"
    malformed = b"\x00\x00\x37\x2a\x07\x09\x00"
    found = list(vendor_attributes([shared, other, malformed, b"\x00"], 14122))
    assert found == [(7, b"\x00\x00\x00\x01"), (8, b"\x00\x00\x00\x02")]


@given(st.integers(1, 255), st.binary(min_size=1, max_size=200))
def test_vendor_attributes_are_read_as_written(number: int, value: bytes) -> None:
    """Encode and decode agree on Vendor-Specific."""
    octets = encode_vendor_attribute(14559, number, value)
    assert list(vendor_attributes([octets[2:]], 14559)) == [(number, value)]


def test_the_position_is_the_attribute_s_and_not_a_look_alike_s() -> None:
    """A value that looks like Message-Authenticator's octets does not hide the real one."""
    look_alike = bytes((MESSAGE_AUTHENTICATOR, 18)) + bytes(16)
    body = encode_attribute(USER_NAME, look_alike) + look_alike
    octets = packet_of(body)
    assert position(octets, MESSAGE_AUTHENTICATOR) == len(octets) - 16
    with pytest.raises(ProtocolError, match="absent"):
        position(octets, PROXY_STATE)
