"""Extended attributes and TLVs: cut and joined again, and never a failure over what is inside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius.protocol.extended import (
    Extended,
    encode_extended,
    extended_attributes,
    tlvs,
    vendor_extension,
)
from radius.protocol.packet import decode, encode


def test_fragments_of_two_attributes_between_each_other() -> None:
    """RFC 6929 §2.2: joined by number and extended type, each in its own order."""
    first, second = bytes(range(251)) * 2 + b"end", b"\xaa" * 251 + b"!"
    one, two = encode_extended(245, 1, first), encode_extended(245, 2, second)
    mixed = one[:255] + two[:255] + one[255:510] + two[255:] + one[510:]
    found = list(extended_attributes(decode(encode(2, 0, bytes(16), mixed))))
    assert found == [Extended(245, 2, second), Extended(245, 1, first)]


@given(st.integers(241, 246), st.integers(1, 255), st.binary(min_size=1, max_size=3000))
def test_extended_attributes_survive(number: int, member: int, value: bytes) -> None:
    """Short ones up to 252 octets, long ones as long as a packet."""
    if number < 245 and len(value) > 252:
        with pytest.raises(ValueError, match="octets"):
            encode_extended(number, member, value)
        return
    octets = encode_extended(number, member, value)
    assert list(extended_attributes(decode(encode(2, 0, bytes(16), octets)))) == [
        Extended(number, member, value)
    ]


@pytest.mark.parametrize(("number", "value"), [(241, b""), (245, b""), (240, b"a"), (247, b"a")])
def test_what_no_extended_attribute_holds(number: int, value: bytes) -> None:
    """RFC 6929 §2: 241 to 246, and never without a value."""
    with pytest.raises(ValueError, match="holds no value"):
        encode_extended(number, 1, value)


@given(st.binary(max_size=253))
def test_looking_inside_never_fails(octets: bytes) -> None:
    """Whatever lies inside: members that fill it, or None."""
    inside = tlvs(octets)
    assert inside is None or sum(2 + len(value) for _, value in inside) == len(octets)
    extension = vendor_extension(octets)
    assert (extension is None) == (len(octets) < 6)
