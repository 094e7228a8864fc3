"""Attributes by name, with their types: for people, for rights and for tests; not the hot path.

The dictionary files beside this module are read by pyrad once and compiled into two tables; this
is the only module that knows pyrad. Values inside are plain: text, whole numbers, octets, and
`ipaddress` objects.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv6Address, IPv6Interface
from pathlib import Path
from typing import Any, Final

from pyrad.dictionary import Dictionary

from radius.protocol.numbers import VENDOR_SPECIFIC
from radius.protocol.packet import (
    Packet,
    encode_attribute,
    encode_vendor_attribute,
    vendor_attributes,
)
from territory.errors import ProtocolError

Value = str | int | bytes | IPv4Address | IPv6Address | IPv6Interface
STANDARD: Final = 0
"""The vendor of an attribute that belongs to no vendor."""
_ROOT = Path(__file__).parent / "dictionary" / "dictionary"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute's definition."""

    name: str
    """As the document that defines it writes it."""
    vendor: int
    """IANA private enterprise number; `STANDARD` for none."""
    number: int
    """1 to 255, within its vendor."""
    kind: str
    """The dictionary's type: string, octets, integer, ipaddr..."""
    tagged: bool
    """Its value starts with a tag octet (RFC 2868 §3)."""
    value_names: dict[int, str]
    """Names of its numbers, where they have any."""

    def encode(self, value: Value) -> bytes:
        """Return the whole attribute's octets.

        Raises:
            ValueError: `value` does not fit the type, or is too long.
        """
        octets = _TYPES[self.kind].encode(value)
        if self.tagged:
            octets = octets if self.kind == "string" else b"\0" + octets[1:]
        if self.vendor == STANDARD:
            return encode_attribute(self.number, octets)
        return encode_vendor_attribute(self.vendor, self.number, octets)

    def decode(self, octets: bytes) -> Value:
        """Return what an attribute's value says.

        Raises:
            ProtocolError: `attribute-value`: the octets do not fit the type.
        """
        if self.tagged and octets[:1] < b"\x20":
            octets = octets[1:] if self.kind == "string" else b"\0" + octets[1:]
        try:
            return _TYPES[self.kind].decode(octets)
        except ValueError as fault:
            raise ProtocolError("attribute-value") from fault


@dataclass(frozen=True, slots=True)
class _Type:
    decode: Callable[[bytes], Value]
    encode: Callable[[Any], bytes]


def _number(size: int) -> _Type:
    def decode(octets: bytes) -> int:
        if len(octets) != size:
            raise ValueError(f"expected {size} octets, got {len(octets)}")
        return int.from_bytes(octets, "big")

    def encode(value: int) -> bytes:
        try:
            return value.to_bytes(size, "big")
        except OverflowError as fault:
            raise ValueError(f"{value} does not fit in {size} octets") from fault

    return _Type(decode, encode)


def _decode_prefix(octets: bytes) -> IPv6Interface:
    if not 2 <= len(octets) <= 18:
        raise ValueError(f"expected 2 to 18 octets, got {len(octets)}")
    return IPv6Interface((octets[2:].ljust(16, b"\0"), octets[1]))


def _encode_prefix(prefix: IPv6Interface) -> bytes:
    return bytes((0, prefix.network.prefixlen)) + prefix.packed


_TYPES: Final = {
    "string": _Type(lambda octets: octets.decode(), lambda text: str(text).encode()),
    "octets": _Type(bytes, bytes),
    "ifid": _Type(bytes, bytes),
    "byte": _number(1),
    "short": _number(2),
    "integer": _number(4),
    "date": _number(4),
    "integer64": _number(8),
    "ipaddr": _Type(IPv4Address, lambda address: IPv4Address(address).packed),
    "ipv6addr": _Type(IPv6Address, lambda address: IPv6Address(address).packed),
    "ipv6prefix": _Type(_decode_prefix, _encode_prefix),
}


@dataclass(frozen=True, slots=True)
class Attributes:
    """Every attribute the dictionaries define."""

    by_name: dict[str, Attribute]
    by_number: dict[tuple[int, int], Attribute]
    """By (vendor, number)."""

    def describe(self, packet: Packet) -> Iterator[tuple[str, Value]]:
        """Yield (name, value) of a packet's attributes, in number order, vendors' last.

        An attribute nobody defined is named by its number; a value that does not fit its type
        stays octets. Nothing is discarded for being unknown.
        """
        for number in sorted(packet.attributes):
            for octets in packet.values(number):
                if number != VENDOR_SPECIFIC:
                    yield self._described(STANDARD, number, octets)
        for octets in packet.values(VENDOR_SPECIFIC):
            vendor = int.from_bytes(octets[:4], "big")
            for number, value in vendor_attributes([octets], vendor):
                yield self._described(vendor, number, value)

    def _described(self, vendor: int, number: int, octets: bytes) -> tuple[str, Value]:
        attribute = self.by_number.get((vendor, number))
        if attribute is None:
            return (f"{vendor}.{number}" if vendor else str(number)), octets
        try:
            value = attribute.decode(octets)
        except ProtocolError:
            return attribute.name, octets
        if isinstance(value, int):
            return attribute.name, attribute.value_names.get(value, value)
        return attribute.name, value


@cache
def attributes() -> Attributes:
    """Return the compiled dictionaries; the files are read at the first call."""
    source = Dictionary(str(_ROOT))
    by_name = {
        name: _compiled(defined, source.vendors.GetForward(defined.vendor))
        for name, defined in source.attributes.items()
    }
    by_number = {(a.vendor, a.number): a for a in by_name.values()}
    return Attributes(by_name, by_number)


def _compiled(defined: Any, vendor: int) -> Attribute:
    names = defined.values
    return Attribute(
        name=defined.name,
        vendor=vendor,
        number=defined.code,
        kind=defined.type,
        tagged=defined.has_tag,
        value_names={
            int.from_bytes(octets, "big"): names.GetBackward(octets) for octets in names.backward
        },
    )
