"""Attributes by name, with their types: for people, for rights and for tests; not the hot path.

The dictionary files beside this module are read by pyrad once and compiled into three tables; this
is the only module that knows pyrad. Four of RADIUS's data types pyrad's reader does not know
(RFC 8044 §3.11, RFC 6929 §2): the files say octets or tlv there, and `_REFINED` says what it is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from pyrad.dictionary import Dictionary

from radius.protocol.extended import (
    EXTENDED_VENDOR,
    LONG,
    SHORT,
    Extended,
    encode_extended,
    encode_tlv,
    extended_attributes,
    tlvs,
    vendor_extension,
)
from radius.protocol.numbers import VENDOR_SPECIFIC
from radius.protocol.packet import (
    Packet,
    encode_attribute,
    encode_vendor_attribute,
    vendor_attributes,
)
from radius.protocol.values import TYPES, Value
from territory.errors import ProtocolError

STANDARD: Final = 0
"""The vendor of an attribute that belongs to no vendor."""
OTHER_LAYOUTS: Final = frozenset({54, 429, 637, 4846, 5323, 8164, 16445, 24757})
"""Vendors whose attributes are not one octet of type and one of length (3GPP2's DHCP, USR, Alcatel
ESAM, Lucent, Telrad, Starent, Kineto, WiMAX): a Vendor-Specific of theirs stays octets."""
_ROOT = Path(__file__).parent / "dictionary" / "dictionary"
_MAX_TAG: Final = 0x1F
_REFINED: Final = {
    (STANDARD, VENDOR_SPECIFIC): "vsa",
    (STANDARD, 155): "ipv4prefix",
    (STANDARD, 156): "ipv4prefix",
    **{(STANDARD, number): "extended" for number in SHORT},
    **{(STANDARD, number): "long-extended" for number in LONG},
}
"""By (vendor, number)."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute's definition."""

    name: str
    """As the document that defines it writes it."""
    vendor: int
    """IANA private enterprise number; `STANDARD` for none."""
    parent: int | None
    """Number of the attribute it lies in (a TLV or an extended one); None: it stands by itself."""
    number: int
    """1 to 255, within its vendor or its parent."""
    kind: str
    """The dictionary's type: string, octets, integer, ipaddr... (`radius.protocol.values`)."""
    tagged: bool
    """Its value starts with a tag octet (RFC 2868 §3)."""
    value_names: dict[int, str]
    """Names of its numbers, where they have any."""

    def encode(self, value: Value, tag: int = 0) -> bytes:
        """Return the whole attribute's octets, with what it lies in around it.

        Args:
            value: what it says.
            tag: 1 to 31 groups tunnel attributes (RFC 2868 §3); 0: unused.

        Raises:
            ValueError: `value` does not fit the type, or is too long.
        """
        octets = TYPES[self.kind].encode(value)
        if self.tagged:
            octets = self._with_tag(octets, tag)
        if self.parent is None:
            return self._alone(octets)
        if self.vendor != STANDARD:
            return encode_vendor_attribute(
                self.vendor, self.parent, encode_tlv(self.number, octets)
            )
        if self.parent in SHORT or self.parent in LONG:
            return encode_extended(self.parent, self.number, octets)
        return encode_attribute(self.parent, encode_tlv(self.number, octets))

    def _alone(self, octets: bytes) -> bytes:
        if self.vendor == STANDARD:
            return encode_attribute(self.number, octets)
        return encode_vendor_attribute(self.vendor, self.number, octets)

    def _with_tag(self, octets: bytes, tag: int) -> bytes:
        """Numbers give their first octet to the tag; a text may go without one (RFC 2868 §3)."""
        if not 0 <= tag <= _MAX_TAG:
            raise ValueError(f"a tag is 0 to {_MAX_TAG}, not {tag}")
        if self.kind == "integer":
            if octets[0]:
                raise ValueError("a tagged number holds 3 octets")
            return bytes((tag,)) + octets[1:]
        if self.kind == "string" and not tag and octets[:1] > b"\x1f":
            return octets
        return bytes((tag,)) + octets

    def tag_of(self, octets: bytes) -> int:
        """Return the tag of an attribute's value; 0: none, or unused."""
        return octets[0] if self.tagged and octets and octets[0] <= _MAX_TAG else 0

    def decode(self, octets: bytes) -> Value:
        """Return what an attribute's value says, its tag apart.

        Raises:
            ProtocolError: `attribute-value`: the octets do not fit the type.
        """
        if self.tagged and octets and octets[0] <= _MAX_TAG:
            octets = b"\0" * (self.kind == "integer") + octets[1:]
        elif self.tagged and self.kind != "string":
            raise ProtocolError("attribute-value")
        try:
            return TYPES[self.kind].decode(octets)
        except ValueError as fault:
            raise ProtocolError("attribute-value") from fault


@dataclass(frozen=True, slots=True)
class Attributes:
    """Every attribute the dictionaries define."""

    by_name: dict[str, Attribute]
    by_number: dict[tuple[int, int], Attribute]
    """Those that stand by themselves, by (vendor, number)."""
    by_member: dict[tuple[int, int, int], Attribute]
    """Those that lie in another, by (vendor, parent, number)."""

    def describe(self, packet: Packet) -> Iterator[tuple[str, Value]]:
        """Yield (name, value) of a packet's attributes: in number order, extended, then vendors'.

        An attribute nobody defined is named by its numbers; a value that does not fit its type
        stays octets. Nothing is discarded for being unknown or malformed.
        """
        for number in sorted(packet.attributes):
            if number != VENDOR_SPECIFIC and number not in SHORT and number not in LONG:
                for octets in packet.values(number):
                    yield from self._described(STANDARD, number, octets)
        for extended in extended_attributes(packet):
            yield self._extended(extended)
        for octets in packet.values(VENDOR_SPECIFIC):
            yield from self._vendor_specific(octets)

    def _vendor_specific(self, octets: bytes) -> Iterator[tuple[str, Value]]:
        vendor = int.from_bytes(octets[:4], "big")
        members = [] if vendor in OTHER_LAYOUTS else list(vendor_attributes([octets], vendor))
        if not members:
            yield f"{VENDOR_SPECIFIC}.{vendor}", octets[4:]
        for number, value in members:
            yield from self._described(vendor, number, value)

    def _described(self, vendor: int, number: int, octets: bytes) -> Iterator[tuple[str, Value]]:
        attribute = self.by_number.get((vendor, number))
        members = tlvs(octets) if attribute and attribute.kind == "tlv" else None
        if not members:
            name = f"{vendor}.{number}" if vendor else str(number)
            yield _valued(attribute, name, octets)
            return
        for member, value in members:
            inner = self.by_member.get((vendor, number, member))
            yield _valued(inner, f"{vendor}.{number}.{member}", value)

    def _extended(self, extended: Extended) -> tuple[str, Value]:
        number, member, value = extended
        if member is None:
            return str(number), value
        vendor = vendor_extension(value) if member == EXTENDED_VENDOR else None
        if vendor is not None:
            return f"{number}.{member}.{vendor[0]}.{vendor[1]}", vendor[2]
        attribute = self.by_member.get((STANDARD, number, member))
        return _valued(attribute, f"{number}.{member}", value)


def _valued(attribute: Attribute | None, unknown: str, octets: bytes) -> tuple[str, Value]:
    if attribute is None:
        return unknown, octets
    try:
        value = attribute.decode(octets)
    except ProtocolError:
        return attribute.name, octets
    if isinstance(value, int):
        return attribute.name, attribute.value_names.get(value, value)
    return attribute.name, value


@cache
def attributes() -> Attributes:
    """Return the compiled dictionaries; the files are read at the first call, in some 20 ms."""
    source = Dictionary(str(_ROOT))
    by_name = {
        name: _compiled(defined, source.vendors.GetForward(defined.vendor))
        for name, defined in source.attributes.items()
    }
    alone = [one for one in by_name.values() if one.parent is None]
    members = [(one.parent, one) for one in by_name.values() if one.parent is not None]
    return Attributes(
        by_name,
        {(one.vendor, one.number): one for one in alone},
        {(one.vendor, parent, one.number): one for parent, one in members},
    )


def _compiled(defined: Any, vendor: int) -> Attribute:
    names = defined.values
    parent = defined.parent.code if defined.is_sub_attribute else None
    return Attribute(
        name=defined.name,
        vendor=vendor,
        parent=parent,
        number=defined.code,
        kind=_kind(defined, vendor, parent),
        tagged=defined.has_tag,
        value_names={
            int.from_bytes(octets, "big"): names.GetBackward(octets) for octets in names.backward
        },
    )


def _kind(defined: Any, vendor: int, parent: int | None) -> str:
    if parent is None:
        return _REFINED.get((vendor, defined.code), str(defined.type))
    if defined.code == EXTENDED_VENDOR and (parent in SHORT or parent in LONG):
        return "evs"
    return str(defined.type)
