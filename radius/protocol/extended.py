"""Attributes inside attributes: TLVs, and the extended types of RFC 6929 (241 to 246).

Off the hot path: a packet keeps them as they came, this module looks inside. A long attribute is
cut into fragments of one number and one extended type; fragments of different attributes may lie
between each other (RFC 6929 §2.2), those of one are joined in the order received. What is
malformed inside is an "invalid attribute" (RFC 6929 §2.8): it stays opaque, and discards nothing.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Final, NamedTuple

from radius.protocol.numbers import MAX_VALUE_OCTETS, VENDOR_SPECIFIC
from radius.protocol.packet import Packet, encode_attribute

SHORT: Final = range(241, 245)
"""Extended types: a value fits one attribute (RFC 6929 §2.1)."""
LONG: Final = range(245, 247)
"""Long extended types: a value may be cut into fragments (RFC 6929 §2.2)."""
EXTENDED_VENDOR: Final = VENDOR_SPECIFIC
"""The extended type whose value starts with a vendor and its own type (RFC 6929 §2.4)."""
_MORE: Final = 0x80
_FRAGMENT_OCTETS: Final = MAX_VALUE_OCTETS - 2
_TLV_HEAD: Final = 2
_VENDOR_HEAD: Final = 5


class Extended(NamedTuple):
    """One attribute of an extended type."""

    number: int
    """241 to 246."""
    member: int | None
    """Its extended type; None: invalid, `value` is then the attribute's own."""
    value: bytes
    """Its value, fragments joined."""


def extended_attributes(packet: Packet) -> Iterator[Extended]:
    """Yield a packet's extended attributes, by number, then in the order they were complete."""
    for number in SHORT:
        for octets in packet.values(number):
            if len(octets) > 1:
                yield Extended(number, octets[0], octets[1:])
            else:
                yield Extended(number, None, octets)
    for number in LONG:
        yield from _joined(number, packet.values(number))


def _joined(number: int, values: list[bytes]) -> Iterator[Extended]:
    waiting: dict[int, list[bytes]] = {}
    for octets in values:
        if not _is_fragment(octets):
            yield Extended(number, None, octets)
            continue
        member = octets[0]
        fragments = waiting.setdefault(member, [])
        fragments.append(octets)
        if not octets[1] & _MORE:
            del waiting[member]
            yield Extended(number, member, b"".join(one[2:] for one in fragments))
    for octets in chain.from_iterable(waiting.values()):
        yield Extended(number, None, octets)


def _is_fragment(octets: bytes) -> bool:
    """Whether it holds a value, and is full where it says that more follows (RFC 6929 §2.2)."""
    return len(octets) > 2 and not (octets[1] & _MORE and len(octets) < MAX_VALUE_OCTETS)


def encode_extended(number: int, member: int, value: bytes) -> bytes:
    """Return an extended attribute's octets, cut into fragments where it is long.

    Raises:
        ValueError: `value` is empty, or does not fit a short one; `number` is not extended.
    """
    if number in SHORT and value:
        return encode_attribute(number, bytes((member,)) + value)
    if number in LONG and value:
        cuts = range(0, len(value), _FRAGMENT_OCTETS)
        return b"".join(_fragment(number, member, value, at) for at in cuts)
    raise ValueError(f"{number}.{member} holds no value of {len(value)} octets")


def _fragment(number: int, member: int, value: bytes, at: int) -> bytes:
    end = at + _FRAGMENT_OCTETS
    flags = _MORE if end < len(value) else 0
    return encode_attribute(number, bytes((member, flags)) + value[at:end])


def vendor_extension(value: bytes) -> tuple[int, int, bytes] | None:
    """Return (vendor, type, value) of an extended vendor attribute; None: invalid."""
    if len(value) <= _VENDOR_HEAD:
        return None
    return int.from_bytes(value[:4], "big"), value[4], value[_VENDOR_HEAD:]


def encode_tlv(number: int, value: bytes) -> bytes:
    """Return a TLV's octets: type, length, value (RFC 6929 §2.3).

    Raises:
        ValueError: `value` is empty or too long.
    """
    return encode_attribute(number, value)


def tlvs(octets: bytes) -> list[tuple[int, bytes]] | None:
    """Return (type, value) of the TLVs that fill `octets`; None: they do not, it is invalid."""
    found: list[tuple[int, bytes]] = []
    at = 0
    while at < len(octets):
        size = octets[at + 1] if at + 1 < len(octets) else 0
        if size <= _TLV_HEAD or at + size > len(octets):
            return None
        found.append((octets[at], octets[at + _TLV_HEAD : at + size]))
        at += size
    return found
