"""IPFIX templates: what each data set of a sender holds, as the sender itself said. Pure.

Of a template only the fields that a translation is made of are remembered, with their places; all
others (destinations, names, whatever a maker adds) have no place to be read from. Templates of each
sender and observation domain stand for themselves (RFC 7011 §3.4.1, §8); their number is bounded.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from struct import Struct
from typing import Final

from territory.errors import ProtocolError

TEMPLATES, OPTIONS_TEMPLATES = 2, 3
FIRST_DATA_SET: Final = 256
_ENTERPRISE: Final = 0x8000
_VARIABLE: Final = 0xFFFF
_MOST_FIELDS: Final = 128
_MOST_TEMPLATES: Final = 512
"""Of all senders; beyond, the one that was least lately told or used goes."""
_TWO_SHORTS: Final = Struct(">HH")


class Element(IntEnum):
    """What is read of a flow record, and nothing else (IANA, IPFIX Information Elements)."""

    PROTOCOL = 4
    SOURCE = 8
    FLOW_END_UPTIME = 21
    FLOW_START_UPTIME = 22
    FLOW_START_SECONDS = 150
    FLOW_END_SECONDS = 151
    FLOW_START_MILLISECONDS = 152
    FLOW_END_MILLISECONDS = 153
    SYSTEM_BEGAN_MILLISECONDS = 160
    TRANSLATED_SOURCE = 225
    TRANSLATED_PORT = 227
    NAT_EVENT = 230
    OBSERVED_SECONDS = 322
    OBSERVED_MILLISECONDS = 323
    PORT_FIRST = 361
    PORT_LAST = 362
    PORT_STEP = 363
    PORT_COUNT = 364


_WANTED: Final = frozenset(Element)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record, in its place."""

    element: Element | None
    """None: passed over."""
    length: int | None
    """Octets; None: each record says."""


@dataclass(frozen=True, slots=True)
class Template:
    """How the records of a data set are laid out."""

    fields: tuple[Field, ...]
    least: int
    """Octets of the shortest record."""
    is_options: bool = False
    """Its records are about the sender itself: passed over."""

    def records(self, octets: bytes) -> Iterator[dict[Element, bytes]]:
        """Yield what is wanted of each record of a data set; the rest is padding.

        Raises:
            ProtocolError: `record` (one goes beyond its set).
        """
        at = 0
        while len(octets) - at >= self.least:
            values: dict[Element, bytes] = {}
            for each in self.fields:
                length = each.length
                if length is None:
                    length, at = _told_length(octets, at)
                if at + length > len(octets):
                    raise ProtocolError("record")
                if each.element is not None:
                    values.setdefault(each.element, octets[at : at + length])
                at += length
            yield values


def _told_length(octets: bytes, at: int) -> tuple[int, int]:
    """Return a variable field's length and where it begins (RFC 7011 §7)."""
    if at >= len(octets):
        raise ProtocolError("record")
    length = octets[at]
    if length < 0xFF:
        return length, at + 1
    return int.from_bytes(octets[at + 1 : at + 3]), at + 3


@dataclass(slots=True)
class Templates:
    """Those of every sender; `known` is ordered, the least lately told or used first."""

    known: OrderedDict[tuple[str, int, int], Template] = field(default_factory=OrderedDict)
    """By sender, observation domain and number."""

    def find(self, sender: str, domain: int, number: int) -> Template | None:
        """Return a template; None where it was never told, or is withdrawn."""
        found = self.known.get((sender, domain, number))
        if found:
            self.known.move_to_end((sender, domain, number))
        return found

    def learn(self, sender: str, domain: int, kind: int, octets: bytes) -> None:
        """Take in a template set or an options template set.

        Raises:
            ProtocolError: `template` (cut, empty or oversized), `template-number`; those before it
                in the set are taken in.
        """
        for number, template in _read(kind, octets):
            key = (sender, domain, number)
            if template:
                self.known[key] = template
                self.known.move_to_end(key)
            else:
                self._withdraw(sender, domain, number)
        while len(self.known) > _MOST_TEMPLATES:
            self.known.popitem(last=False)

    def _withdraw(self, sender: str, domain: int, number: int) -> None:
        """Forget a template, or all of a kind (RFC 7011 §8.1)."""
        if number >= FIRST_DATA_SET:
            self.known.pop((sender, domain, number), None)
            return
        options = number == OPTIONS_TEMPLATES
        for key, template in list(self.known.items()):
            if key[:2] == (sender, domain) and template.is_options is options:
                del self.known[key]


def _read(kind: int, octets: bytes) -> Iterator[tuple[int, Template | None]]:
    """Yield each template record of a set; None: it is withdrawn."""
    at, is_options = 0, kind == OPTIONS_TEMPLATES
    while len(octets) - at >= _TWO_SHORTS.size:
        number, count = _TWO_SHORTS.unpack_from(octets, at)
        if number == 0 and count == 0:  # padding
            return
        at += _TWO_SHORTS.size
        if number < FIRST_DATA_SET and not (count == 0 and number == kind):
            raise ProtocolError("template-number")
        if count == 0:
            yield number, None
            continue
        at += 2 if is_options else 0  # the scope's count
        fields, at = _fields(octets, at, count)
        least = sum(1 if each.length is None else each.length for each in fields)
        if least == 0:
            raise ProtocolError("template")
        yield number, Template(fields, least, is_options)


def _fields(octets: bytes, at: int, count: int) -> tuple[tuple[Field, ...], int]:
    """Return a record's fields, and where the next record begins."""
    if count > _MOST_FIELDS:
        raise ProtocolError("template")
    fields = []
    for _ in range(count):
        if at + _TWO_SHORTS.size > len(octets):
            raise ProtocolError("template")
        number, length = _TWO_SHORTS.unpack_from(octets, at)
        at += _TWO_SHORTS.size + (4 if number & _ENTERPRISE else 0)
        wanted = number in _WANTED
        fields.append(
            Field(Element(number) if wanted else None, None if length == _VARIABLE else length)
        )
    if at > len(octets):
        raise ProtocolError("template")
    return tuple(fields), at
