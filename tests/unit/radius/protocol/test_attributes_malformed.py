"""Every rule of the RFCs on malformed attributes, as a row: what of a packet they cost.

A packet is discarded for its own form only, which its own tests hold. Of a value that does not fit,
three things can become: it stays octets, for whoever reads it to judge ("opaque"); the attribute is
unknown and stays octets under its number ("unknown"); or it is read, because the RFC says to be
liberal ("read"). No row here discards.
"""

from ipaddress import IPv4Interface, IPv6Interface

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius.protocol.attributes import OTHER_LAYOUTS, attributes
from radius.protocol.packet import Packet, decode, encode
from radius.protocol.values import Value
from territory.errors import ProtocolError

KNOWN = attributes()


def packet(*hexadecimal: str) -> Packet:
    """Return a packet of these attributes, each whole."""
    return decode(encode(2, 0, bytes(16), b"".join(bytes.fromhex(one) for one in hexadecimal)))


def described(*hexadecimal: str) -> list[tuple[str, Value]]:
    """Return what people are shown of these attributes."""
    return list(KNOWN.describe(packet(*hexadecimal)))


OPAQUE = [
    # RFC 2865 §5: integer, time and address are 4 octets.
    ("RFC 2865 §5 integer of 3 octets", "1b05 000e10", ("Session-Timeout", "000e10")),
    ("RFC 2865 §5 integer of 5 octets", "1b07 0000000e10", ("Session-Timeout", "0000000e10")),
    (
        "RFC 2865 §5 time of 8 octets",
        "370a 0000000065000000",
        ("Event-Timestamp", "00" * 4 + "65000000"),
    ),
    ("RFC 2865 §5 address of 16 octets", "0412" + "00" * 16, ("NAS-IP-Address", "00" * 16)),
    ("RFC 2865 §5 text that is not UTF-8", "0104 ff80", ("User-Name", "ff80")),
    ("RFC 2865 §5 no octets at all", "1b02", ("Session-Timeout", "")),
    # RFC 2868 §3.1: a number's first octet is its tag, 1 to 31, or zero.
    ("RFC 2868 §3.1 no tag, four octets of number", "4006 2000000d", ("Tunnel-Type", "2000000d")),
    ("RFC 2868 §3.1 three octets", "4005 00000d", ("Tunnel-Type", "00000d")),
    (
        "RFC 2868 §3.5 a password without tag",
        "4514 20" + "80" * 17,
        ("Tunnel-Password", "20" + "80" * 17),
    ),
    # RFC 3162 §2: 16 octets, 8 octets, 2 to 18 octets with a length to 128.
    ("RFC 3162 §2.1 address of 15 octets", "5f11" + "00" * 15, ("NAS-IPv6-Address", "00" * 15)),
    (
        "RFC 3162 §2.2 interface of 6 octets",
        "6008 8a567ef910e4",
        ("Framed-Interface-Id", "8a567ef910e4"),
    ),
    ("RFC 3162 §2.3 prefix without its length", "6103 00", ("Framed-IPv6-Prefix", "00")),
    ("RFC 3162 §2.3 length of 129", "6104 0081", ("Framed-IPv6-Prefix", "0081")),
    (
        "RFC 3162 §2.3 more than 18 octets",
        "6115 0080" + "00" * 17,
        ("Framed-IPv6-Prefix", "0080" + "00" * 17),
    ),
    # RFC 8044 §3.11: 6 octets, a length to 32.
    ("RFC 8044 §3.11 prefix of 5 octets", "9b07 0018c00002", ("PMIP6-Home-IPv4-HoA", "0018c00002")),
    ("RFC 8044 §3.11 length of 33", "9b08 0021c0000200", ("PMIP6-Home-IPv4-HoA", "0021c0000200")),
    # RFC 2865 §5.26: a Vendor-Specific that is not type, length, value; or no vendor at all.
    ("RFC 2865 §5.26 no attribute inside", "1a06 0000372a", ("26.14122", "")),
    ("RFC 2865 §5.26 length beyond the end", "1a09 0000372a 07ff00", ("26.14122", "07ff00")),
    ("RFC 2865 §5.26 length of one", "1a09 0000372a 070100", ("26.14122", "070100")),
    ("RFC 2865 §5.26 half a vendor", "1a04 0000", ("26.0", "")),
    # RFC 6929 §2.1, §2.2, §2.8: an extended attribute without value, a fragment that is not full,
    # one that never ends.
    ("RFC 6929 §2.1 length of 3", "f103 01", ("241", "01")),
    ("RFC 6929 §2.2 length of 4", "f504 0100", ("245", "0100")),
    ("RFC 6929 §2.2 more to come, but not full", "f506 0180abcd", ("245", "0180abcd")),
    (
        "RFC 6929 §2.2 the last fragment missing",
        "f5ff 0180" + "ab" * 251,
        ("245", "0180" + "ab" * 251),
    ),
    # RFC 6929 §2.4: vendor, type and a value.
    ("RFC 6929 §2.4 no value", "f108 1a 0000372a 07", ("Extended-Vendor-Specific-1", "0000372a07")),
    # RFC 6929 §2.3: TLVs that do not fill their attribute.
    (
        "RFC 6929 §2.3 TLV of 2 octets",
        "1a0a 00004531 9e04 0102",
        ("Cambium-Authorize-Classes", "0102"),
    ),
    (
        "RFC 6929 §2.3 TLV beyond the end",
        "1a0b 00004531 9e05 010977",
        ("Cambium-Authorize-Classes", "010977"),
    ),
]
UNKNOWN = [
    ("RFC 2865 §5 unknown type", "c803 01", ("200", "01")),
    ("RFC 2865 §5.26 unknown vendor", "1a09 0000ffff 010361", ("65535.1", "61")),
    ("RFC 2865 §5.26 unknown vendor attribute", "1a09 0000372a c80361", ("14122.200", "61")),
    ("RFC 6929 §2.1 unknown extended type", "f104 c801", ("241.200", "01")),
    ("RFC 6929 §2.4 a vendor's extension", "f10a 1a 0000372a 07 6162", ("241.26.14122.7", "6162")),
    ("RFC 6929 §2.3 unknown TLV", "1a0b 00004531 9e05 c80377", ("17713.158.200", "77")),
    # RFC 2865 §5.26 leaves the layout to the vendor: USR's type has four octets, WiMAX adds one.
    ("USR", "1a0b 000001ad 00009801 61", ("26.429", "0000980161")),
    ("WiMAX", "1a0a 000060b5 0104 0061", ("26.24757", "01040061")),
    ("Lucent", "1a0a 000012ee 0001 0461", ("26.4846", "00010461")),
]
READ = [
    # RFC 2865 §5: embedded NUL is text like any other.
    ("RFC 2865 §5 embedded NUL", "0105 610062", ("User-Name", "a\0b")),
    # RFC 3580 §3.31, RFC 2868 §3.6: a text's first octet above 31 is text, below a tag.
    ("RFC 2868 §3.6 no tag", "5104 3432", ("Tunnel-Private-Group-Id", "42")),
    ("RFC 2868 §3.6 unused tag", "5105 003432", ("Tunnel-Private-Group-Id", "42")),
    ("RFC 2868 §3.6 tag 31", "5105 1f3432", ("Tunnel-Private-Group-Id", "42")),
    # RFC 3162 §2.3: only as much of the prefix as is needed; bits beyond it are shown as sent.
    (
        "RFC 3162 §2.3 short prefix",
        "6108 0020 20010db8",
        ("Framed-IPv6-Prefix", IPv6Interface("2001:db8::/32")),
    ),
    (
        "RFC 3162 §2.3 bits beyond",
        "6108 0010 20010db8",
        ("Framed-IPv6-Prefix", IPv6Interface("2001:db8::/16")),
    ),
    (
        "RFC 3162 §2.3 reserved octet",
        "6108 ff20 20010db8",
        ("Framed-IPv6-Prefix", IPv6Interface("2001:db8::/32")),
    ),
    (
        "RFC 8044 §3.11 reserved bits",
        "9b08 ffd8 c0000200",
        ("PMIP6-Home-IPv4-HoA", IPv4Interface("192.0.2.0/24")),
    ),
    # A number without a name is a number (RFC 2865 §5: enumerations grow).
    ("RFC 2865 §5.6 unknown Service-Type", "0606 000000ff", ("Service-Type", 255)),
    # RFC 6929 §2.2: reserved bits are ignored.
    ("RFC 6929 §2.2 reserved bits", "f506 017f 6162", ("245.1", b"ab")),
    # RFC 6929 §2.1: one octet of value is enough.
    ("RFC 8559 §3.4 one octet", "f104 0861", ("Operator-NAS-Identifier", b"a")),
]


def named(value: object) -> str:
    """Return a row's rule, for a test's name."""
    return value if isinstance(value, str) and not value[0].isdigit() else ""


@pytest.mark.parametrize(("rule", "attribute", "shown"), [*OPAQUE, *UNKNOWN], ids=named)
def test_what_stays_octets(rule: str, attribute: str, shown: tuple[str, str]) -> None:
    """Malformed or unknown, it is kept whole and under its name or number."""
    name, octets = shown
    assert described(attribute) == [(name, bytes.fromhex(octets))], rule


@pytest.mark.parametrize(("rule", "attribute", "shown"), READ, ids=named)
def test_what_is_read_all_the_same(rule: str, attribute: str, shown: tuple[str, Value]) -> None:
    """What the RFCs say to be liberal with."""
    assert described(attribute) == [shown], rule


@pytest.mark.parametrize(("rule", "attribute", "shown"), [*OPAQUE, *UNKNOWN], ids=named)
def test_the_packet_s_other_attributes_are_not_touched(
    rule: str, attribute: str, shown: tuple[str, str]
) -> None:
    """RFC 2865 §5, RFC 6929 §2.8: an invalid attribute never discards its packet."""
    assert ("User-Name", "nemo") in described("0106 6e656d6f", attribute), (rule, shown)


def test_octets_before_and_after_are_the_same() -> None:
    """A packet is carried as it came, whatever is inside, so a proxy would send it unchanged."""
    attributes_ = "".join(row[1] for row in [*OPAQUE, *UNKNOWN, *READ]).replace(" ", "")
    octets = bytes.fromhex(attributes_)
    assert decode(encode(1, 0, bytes(16), octets)).octets[20:] == octets


@pytest.mark.parametrize("vendor", sorted(OTHER_LAYOUTS))
def test_other_layouts_are_left_alone(vendor: int) -> None:
    """Even where their octets could be taken for type and length."""
    octets = "010361"
    shown = described(f"1a09 {vendor:08x} {octets}")
    assert shown == [(f"26.{vendor}", bytes.fromhex(octets))]


def test_tags_are_written_and_read() -> None:
    """RFC 2868 §3: a tag groups attributes; zero and none are the same."""
    group = KNOWN.by_name["Tunnel-Private-Group-Id"]
    assert group.encode("42").hex() == "51043432"
    assert group.encode("42", 3).hex() == "5105033432"
    assert group.encode("\x01x").hex() == "5105000178"
    assert KNOWN.by_name["Tunnel-Type"].encode(13, 31).hex() == "40061f00000d"
    assert [group.tag_of(bytes.fromhex(one)) for one in ("3432", "033432", "")] == [0, 3, 0]
    assert KNOWN.by_name["User-Name"].tag_of(b"\1") == 0
    with pytest.raises(ValueError, match="0 to 31"):
        group.encode("42", 32)
    with pytest.raises(ValueError, match="3 octets"):
        KNOWN.by_name["Tunnel-Type"].encode(2**24, 1)


def test_members_are_encoded_in_what_they_lie_in() -> None:
    """A TLV in its vendor's attribute, an extended type in its number."""
    name = KNOWN.by_name["Cambium-Authorize-Class-Name"]
    assert name.encode("web").hex() == "1a0d000045319e07" + "0105776562"
    assert KNOWN.by_name["Operator-NAS-Identifier"].encode(b"a").hex() == "f1040861"
    assert KNOWN.by_name["Frag-Status"].encode(1).hex() == "f1070100000001"


@given(st.binary(max_size=400))
def test_describing_never_fails(octets: bytes) -> None:
    """A packet that decodes can be shown, each of its attributes at least once."""
    try:
        received = decode(encode(1, 0, bytes(16), octets))
    except ProtocolError:
        return
    assert len(list(KNOWN.describe(received))) >= len(received.attributes)
