"""What an attribute's octets mean: the data types of RADIUS (RFC 8044 §3), both ways.

Pure, and off the hot path. A type says which octets it takes; what does not fit is refused with
`ValueError` on either way, and who reads a packet keeps it as octets then. The names are those of
the dictionary syntax; the RFC's own stand beside them where they differ. Values are plain: text,
whole numbers, octets, and `ipaddress` objects.
"""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface
from typing import Any, Final

Value = str | int | bytes | IPv4Address | IPv4Interface | IPv6Address | IPv6Interface
_INTERFACE_OCTETS: Final = 8
_MAC_OCTETS: Final = 6
_IPV4_PREFIX_OCTETS: Final = 6
_LENGTH_BITS: Final = 0x3F
"""Of ipv4prefix's second octet; the other two are reserved."""


@dataclass(frozen=True, slots=True)
class ValueType:
    """One data type."""

    decode: Callable[[bytes], Value]
    """Octets to value; ValueError for octets that do not fit."""
    encode: Callable[[Any], bytes]
    """Value to octets; ValueError for a value that does not fit."""


def _number(size: int, *, signed: bool = False) -> ValueType:
    def decode(octets: bytes) -> int:
        return int.from_bytes(_of_size(octets, size), "big", signed=signed)

    def encode(value: int) -> bytes:
        try:
            return value.to_bytes(size, "big", signed=signed)
        except OverflowError as fault:
            raise ValueError(f"{value} does not fit in {size} octets") from fault

    return ValueType(decode, encode)


def _octets(size: int) -> ValueType:
    return ValueType(lambda octets: _of_size(octets, size), lambda octets: _of_size(octets, size))


def _of_size(octets: bytes, size: int) -> bytes:
    if len(octets) != size:
        raise ValueError(f"expected {size} octets, got {len(octets)}")
    return octets


def _decode_ipv6_prefix(octets: bytes) -> IPv6Interface:
    """Read reserved octet, length, and as much of the prefix as was sent (RFC 3162 §2.3)."""
    if not 2 <= len(octets) <= 18:
        raise ValueError(f"expected 2 to 18 octets, got {len(octets)}")
    return IPv6Interface((octets[2:].ljust(16, b"\0"), octets[1]))


def _encode_ipv6_prefix(prefix: IPv6Interface) -> bytes:
    return bytes((0, prefix.network.prefixlen)) + prefix.packed


def _decode_ipv4_prefix(octets: bytes) -> IPv4Interface:
    """Read reserved octet, length in six bits, four octets of prefix (RFC 8044 §3.11)."""
    _of_size(octets, _IPV4_PREFIX_OCTETS)
    return IPv4Interface((octets[2:], octets[1] & _LENGTH_BITS))


def _encode_ipv4_prefix(prefix: IPv4Interface) -> bytes:
    return bytes((0, prefix.network.prefixlen)) + prefix.packed


TYPES: Final = {
    "string": ValueType(lambda octets: octets.decode(), lambda text: str(text).encode()),
    "octets": ValueType(bytes, bytes),
    "byte": _number(1),
    "short": _number(2),
    "integer": _number(4),
    "signed": _number(4, signed=True),
    "date": _number(4),
    "integer64": _number(8),
    "ipaddr": ValueType(IPv4Address, lambda address: IPv4Address(address).packed),
    "ipv4prefix": ValueType(_decode_ipv4_prefix, _encode_ipv4_prefix),
    "ipv6addr": ValueType(IPv6Address, lambda address: IPv6Address(address).packed),
    "ipv6prefix": ValueType(_decode_ipv6_prefix, _encode_ipv6_prefix),
    "ifid": _octets(_INTERFACE_OCTETS),
    "ether": _octets(_MAC_OCTETS),
    "tlv": ValueType(bytes, bytes),
    "vsa": ValueType(bytes, bytes),
    "evs": ValueType(bytes, bytes),
    "extended": ValueType(bytes, bytes),
    "long-extended": ValueType(bytes, bytes),
}
"""By the dictionary's name: `string` is RFC 8044's text, `octets` its string, `date` its time, and
an `integer` whose numbers have names its enum. What holds further attributes (tlv, vsa, evs and
the extended ones) is octets here; `radius.protocol.attributes` looks inside."""
