"""The few elements of BER that an SNMP agent writes and reads (X.690, RFC 3416 §3). Pure.

Its own, so that a simulated agent shares no code with whoever asks it.
"""

import struct
from collections.abc import Iterator

INTEGER, OCTETS, OID, SEQUENCE = 0x02, 0x04, 0x06, 0x30
COUNTER32, GAUGE32, TICKS, COUNTER64 = 0x41, 0x42, 0x43, 0x46
NO_SUCH_INSTANCE, END_OF_VIEW = b"\x81\x00", b"\x82\x00"

Arcs = tuple[int, ...]
"""An object identifier as numbers."""


def tlv(tag: int, content: bytes) -> bytes:
    """Return one element; at most 65 535 octets (X.690 §8.1)."""
    if len(content) < 128:
        return bytes((tag, len(content))) + content
    return bytes((tag, 0x82)) + struct.pack(">H", len(content)) + content


def number(tag: int, value: int) -> bytes:
    """Return a whole number under one of SNMP's tags, in two's complement (X.690 §8.3)."""
    return tlv(tag, value.to_bytes((value + (value < 0)).bit_length() // 8 + 1, signed=True))


def identifier(arcs: Arcs) -> bytes:
    """Return an OBJECT IDENTIFIER (X.690 §8.19)."""
    content = bytearray((arcs[0] * 40 + arcs[1],))
    for arc in arcs[2:]:
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | arc & 0x7F)
        content += bytes(reversed(groups))
    return tlv(OID, bytes(content))


def arcs_of(text: str) -> Arcs:
    """Return an OID written with dots as numbers."""
    return tuple(map(int, text.split(".")))


def element(octets: bytes, start: int) -> tuple[int, bytes, int]:
    """Return one element: its tag, its content, and where the next begins.

    Raises:
        IndexError: there is none.
        ValueError: it runs past the end.
    """
    tag, length, start = octets[start], octets[start + 1], start + 2
    if length & 0x80:
        size = length & 0x7F
        length = int.from_bytes(octets[start : start + size])
        start += size
    end = start + length
    if end > len(octets):
        raise ValueError("an element runs past the end")
    return tag, octets[start:end], end


def arcs_in(name: bytes) -> Arcs:
    """Return the numbers of an encoded OID."""
    _, content, _ = element(name, 0)
    found, arc = [content[0] // 40, content[0] % 40], 0
    for octet in content[1:]:
        arc = arc << 7 | octet & 0x7F
        if not octet & 0x80:
            found.append(arc)
            arc = 0
    return tuple(found)


def names_in(bindings: bytes) -> Iterator[bytes]:
    """Return the encoded OIDs of a list of variable bindings."""
    place = 0
    while place < len(bindings):
        _, binding, place = element(bindings, place)
        _, _, end = element(binding, 0)
        yield binding[:end]
