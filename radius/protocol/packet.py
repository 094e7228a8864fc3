"""Octets to packet and back: the first step of every request, the last of every reply.

A packet is decoded into slices by attribute number and nothing else: values are read where they
are needed, names are for people. What RFC 2865 §3 says of lengths is checked here; what a value
means is not. Extended attributes (RFC 6929, 241 to 246) stay as they came, fragments in order.

`Packet` is a named tuple because one is made for every datagram: it costs a fifth of a frozen
dataclass and is as immutable.
"""

from collections.abc import Iterable, Iterator
from struct import Struct
from typing import NamedTuple

from radius.protocol.numbers import (
    MAX_PACKET_OCTETS,
    MAX_VALUE_OCTETS,
    MIN_PACKET_OCTETS,
    VENDOR_SPECIFIC,
)
from territory.errors import ProtocolError

HEADER = Struct("!BBH16s")
"""Code, Identifier, Length, Authenticator."""
_VENDOR_HEADER = Struct("!I")


class Packet(NamedTuple):
    """One RADIUS packet, decoded as far as types and lengths go."""

    code: int
    """What it is; a number the RFCs may not know."""
    identifier: int
    """0 to 255, matches a reply to its request."""
    authenticator: bytes
    """16 octets: random, a digest or zeros, according to `code`."""
    attributes: dict[int, bytes]
    """The first value of each attribute, by number."""
    repeated: dict[int, list[bytes]]
    """All values, in order, of the attributes that come more than once; mostly empty."""
    octets: bytes
    """The whole packet, without the padding that may have followed it."""

    def values(self, number: int) -> list[bytes]:
        """Return every value of an attribute, in the order received."""
        if number in self.repeated:
            return self.repeated[number]
        value = self.attributes.get(number)
        return [] if value is None else [value]

    def echoed(self, number: int) -> bytes:
        """Return the octets of every instance of an attribute, in the order received."""
        return b"".join(bytes((number, len(value) + 2)) + value for value in self.values(number))


def decode(datagram: bytes) -> Packet:
    """Return the packet at the head of `datagram`; what follows its Length is padding.

    Raises:
        ProtocolError: `truncated`, `length` or `attribute-length` (RFC 2865 §3 and §5).
    """
    received = len(datagram)
    if received < MIN_PACKET_OCTETS:
        raise ProtocolError("truncated")
    code, identifier, length, authenticator = HEADER.unpack_from(datagram)
    if not MIN_PACKET_OCTETS <= length <= MAX_PACKET_OCTETS:
        raise ProtocolError("length")
    if length > received:
        raise ProtocolError("truncated")
    octets = datagram if length == received else datagram[:length]
    attributes, repeated = _decode_attributes(octets, length)
    return Packet(code, identifier, authenticator, attributes, repeated, octets)


def _decode_attributes(octets: bytes, end: int) -> tuple[dict[int, bytes], dict[int, list[bytes]]]:
    attributes: dict[int, bytes] = {}
    repeated: dict[int, list[bytes]] = {}
    at = MIN_PACKET_OCTETS
    try:
        while at < end:
            number = octets[at]
            size = octets[at + 1]
            if size < 2:
                raise ProtocolError("attribute-length")
            value = octets[at + 2 : at + size]
            if number not in attributes:
                attributes[number] = value
            elif number in repeated:
                repeated[number].append(value)
            else:
                repeated[number] = [attributes[number], value]
            at += size
    except IndexError:
        raise ProtocolError("attribute-length") from None
    if at != end:
        raise ProtocolError("attribute-length")
    return attributes, repeated


def encode(code: int, identifier: int, authenticator: bytes, attributes: bytes) -> bytes:
    """Return a packet's octets; `authenticator` has 16, `attributes` are encoded already.

    Raises:
        ValueError: longer than 4096 octets (RFC 2865 §3).
    """
    length = MIN_PACKET_OCTETS + len(attributes)
    if length > MAX_PACKET_OCTETS:
        raise ValueError(f"a packet holds {MAX_PACKET_OCTETS} octets, not {length}")
    return HEADER.pack(code, identifier, length, authenticator) + attributes


def encode_attribute(number: int, value: bytes) -> bytes:
    """Return one attribute's octets: type, length, value.

    Raises:
        ValueError: `value` is empty (RFC 2865 §5: such attributes are left out) or too long.
    """
    if not 0 < len(value) <= MAX_VALUE_OCTETS:
        raise ValueError(f"an attribute holds 1 to {MAX_VALUE_OCTETS} octets, not {len(value)}")
    return bytes((number, len(value) + 2)) + value


def encode_vendor_attribute(vendor: int, number: int, value: bytes) -> bytes:
    """Return one vendor attribute inside a Vendor-Specific of its own (RFC 2865 §5.26)."""
    return encode_attribute(
        VENDOR_SPECIFIC, _VENDOR_HEADER.pack(vendor) + encode_attribute(number, value)
    )


def vendor_attributes(values: Iterable[bytes], vendor: int) -> Iterator[tuple[int, bytes]]:
    """Yield (number, value) of one vendor's attributes out of Vendor-Specific values.

    Several may share one Vendor-Specific (RFC 2865 §5.26). A value that does not follow the usual
    layout belongs to nobody and is left out: an unknown vendor's octets discard no packet.
    """
    prefix = _VENDOR_HEADER.pack(vendor)
    for octets in values:
        if octets.startswith(prefix):
            yield from _sub_attributes(octets[len(prefix) :])


def _sub_attributes(octets: bytes) -> list[tuple[int, bytes]]:
    found: list[tuple[int, bytes]] = []
    at = 0
    while at + 2 <= len(octets):
        size = octets[at + 1]
        if size < 2 or at + size > len(octets):
            break
        found.append((octets[at], octets[at + 2 : at + size]))
        at += size
    return found if at == len(octets) else []


def position(octets: bytes, number: int) -> int:
    """Return where the value of an attribute's first instance starts in a decoded packet.

    Raises:
        ProtocolError: `absent`.
    """
    at = MIN_PACKET_OCTETS
    while at < len(octets):
        if octets[at] == number:
            return at + 2
        at += octets[at + 1]
    raise ProtocolError("absent")
