"""Dictionaries: numbers and types agree with the hot path's, values survive both ways."""

import time
from ipaddress import IPv4Address, IPv6Address, IPv6Interface
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius.protocol import numbers
from radius.protocol.attributes import STANDARD, attributes
from radius.protocol.packet import decode, encode
from radius.protocol.values import Value
from territory.errors import ProtocolError

KNOWN = attributes()
RECORDING = Path(__file__).parents[3] / "data/radius/coovachilli-1.7.txt"


def constants() -> list[str]:
    """Return the attribute numbers the hot path names."""
    others = {"MIN_PACKET_OCTETS", "MAX_PACKET_OCTETS", "MAX_VALUE_OCTETS", "CALL_CHECK"}
    return [name for name in vars(numbers) if name.isupper() and name not in others]


def spelled(constant: str) -> str:
    """Return a constant's name as the RFCs write it."""
    kept = {"NAS", "IP", "EAP", "CHAP"}
    words = [word if word in kept else word.capitalize() for word in constant.split("_")]
    return "-".join(words).replace("Ipv6", "IPv6")


@pytest.mark.parametrize("constant", constants())
def test_the_hot_path_s_numbers_are_the_dictionaries(constant: str) -> None:
    """A typing error in a number cannot pass."""
    attribute = KNOWN.by_name[spelled(constant)]
    assert (attribute.vendor, attribute.number) == (STANDARD, getattr(numbers, constant))


def test_named_values_are_known() -> None:
    """Acct-Status-Type's names are the enumeration's, as the RFC gives them."""
    names = KNOWN.by_name["Acct-Status-Type"].value_names
    assert {s.name: s.value for s in numbers.Status}.items() <= {
        name.upper().replace("-", "_"): n for n, name in names.items()
    }.items()
    assert KNOWN.by_name["Service-Type"].value_names[numbers.CALL_CHECK] == "Call-Check"


@pytest.mark.parametrize(
    ("name", "value", "octets"),
    [
        ("User-Name", "nemo", "01066e656d6f"),
        ("NAS-IP-Address", IPv4Address("192.168.1.16"), "0406c0a80110"),
        ("NAS-Port", 3, "050600000003"),
        ("Class", b"\x00\xff", "190400ff"),
        ("Framed-IPv6-Address", IPv6Address("2001:db8::1"), "a81220010db8" + "00" * 11 + "01"),
        ("WISPr-Bandwidth-Max-Up", 2_000_000, "1a0c0000372a0706001e8480"),
        ("CoovaChilli-Max-Total-Octets", 1, "1a0c000038df030600000001"),
        ("Tunnel-Type", 13, "40060000000d"),
    ],
)
def test_attributes_are_written_and_read(name: str, value: Value, octets: str) -> None:
    """Each type, against octets worked out from its RFC."""
    attribute = KNOWN.by_name[name]
    encoded = attribute.encode(value)
    assert encoded.hex() == octets
    packet = decode(encode(2, 0, bytes(16), encoded))
    assert dict(KNOWN.describe(packet))[name] in (value, attribute.value_names.get(13))


@given(st.sampled_from(sorted(KNOWN.by_number)), st.binary(min_size=1, max_size=200))
def test_reading_a_value_raises_nothing_but_protocol_errors(
    key: tuple[int, int], octets: bytes
) -> None:
    """Whatever octets an attribute has."""
    try:
        KNOWN.by_number[key].decode(octets)
    except ProtocolError as fault:
        assert fault.reason == "attribute-value"  # noqa: PT017


@given(st.integers(0, 128), st.binary(min_size=16, max_size=16))
def test_prefixes_survive(length: int, octets: bytes) -> None:
    """RFC 3162 §2.3: a prefix's length and its octets."""
    attribute = KNOWN.by_name["Framed-IPv6-Prefix"]
    prefix = IPv6Interface((octets, length))
    assert attribute.decode(attribute.encode(prefix)[2:]) == prefix


def test_a_number_too_great_is_refused() -> None:
    """Better an error here than a cut value on a gateway."""
    with pytest.raises(ValueError, match="does not fit"):
        KNOWN.by_name["Session-Timeout"].encode(2**32)


def test_a_recorded_gateway_is_described() -> None:
    """Everything CoovaChilli 1.7 sends has a name, but its attribute 14559.10."""
    for line in RECORDING.read_text().splitlines():
        if line.startswith(("access-request", "accounting-request")):
            names = {name for name, _ in KNOWN.describe(decode(bytes.fromhex(line.split()[-1])))}
            assert {name for name in names if name[0].isdigit()} <= {"14559.10"}
            assert {"NAS-Identifier", "Calling-Station-Id"} <= names


def test_the_dictionaries_are_compiled_in_an_instant() -> None:
    """Starting reads them once: under 100 ms, of which a loaded machine spoils one try, not all."""
    took = []
    for _ in range(3):
        begun = time.process_time()
        attributes.__wrapped__()
        took.append(time.process_time() - begun)
    assert min(took) < 0.1


def test_pyrad_is_known_in_one_place() -> None:
    """Another codec would change one module."""
    root = Path(numbers.__file__).parents[1]
    knowing = [path.name for path in root.rglob("*.py") if "from pyrad" in path.read_text()]
    assert knowing == ["attributes.py"]
    assert not [path for path in root.rglob("*.py") if "import pyrad" in path.read_text()]
