"""Data types: both ways against octets worked out from RFC 8044; what does not fit is refused."""

from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface

import pytest

from radius.protocol.attributes import attributes
from radius.protocol.values import TYPES, Value

KNOWN = attributes()


@pytest.mark.parametrize(
    ("kind", "value", "octets"),
    [
        ("string", "é", "c3a9"),
        ("octets", b"\0\xff", "00ff"),
        ("byte", 255, "ff"),
        ("short", 4094, "0ffe"),
        ("integer", 2**32 - 1, "ffffffff"),
        ("signed", -1, "ffffffff"),
        ("date", 1_795_348_800, "6b02d940"),
        ("integer64", 2**40, "0000010000000000"),
        ("ipaddr", IPv4Address("192.0.2.1"), "c0000201"),
        ("ipv4prefix", IPv4Interface("192.0.2.0/24"), "0018c0000200"),
        ("ipv6addr", IPv6Address("2001:db8::1"), "20010db8" + "00" * 11 + "01"),
        ("ipv6prefix", IPv6Interface("2001:db8::/32"), "0020" + "20010db8" + "00" * 12),
        ("ifid", bytes(range(8)), "0001020304050607"),
        ("ether", bytes(range(6)), "000102030405"),
        *((kind, b"\1\3a", "010361") for kind in ("tlv", "vsa", "evs")),
        *((kind, b"\1\3a", "010361") for kind in ("extended", "long-extended")),
    ],
)
def test_each_data_type_both_ways(kind: str, value: Value, octets: str) -> None:
    """RFC 8044 §3: every type of the registry, under the dictionaries' name."""
    assert TYPES[kind].encode(value).hex() == octets
    assert TYPES[kind].decode(bytes.fromhex(octets)) == value


def test_every_attribute_has_a_type() -> None:
    """No dictionary names a type that nobody reads."""
    assert {one.kind for one in KNOWN.by_name.values()} <= set(TYPES)
    assert KNOWN.by_name["Vendor-Specific"].kind == "vsa"
    assert KNOWN.by_name["Extended-Attribute-4"].kind == "extended"
    assert KNOWN.by_name["Extended-Attribute-5"].kind == "long-extended"
    assert KNOWN.by_name["Extended-Vendor-Specific-6"].kind == "evs"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        *(("byte", value) for value in (-1, 256)),
        *(("integer", value) for value in (-1, 2**32)),
        *(("signed", value) for value in (-(2**31) - 1, 2**31)),
        *(("integer64", value) for value in (-1, 2**64)),
        ("ifid", bytes(7)),
        ("ether", bytes(7)),
    ],
)
def test_what_fits_no_octets_is_refused(kind: str, value: Value) -> None:
    """Better an error where it is written than a cut value on a gateway."""
    with pytest.raises(ValueError, match="octets"):
        TYPES[kind].encode(value)
