"""IPFIX messages (RFC 7011) to translations: NAT events (RFC 8158), or flows with what they became.

A gateway that knows RFC 8158 tells each creation, end and block of ports; RouterOS and others
export flows instead, with the address and port after translation, once the flow is over. Times are
counted back from the message's export time, so that the gateway's clock need not be right. Pure but
for the templates it learns.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address
from struct import Struct
from typing import Final

from retention.intake.templates import (
    FIRST_DATA_SET,
    OPTIONS_TEMPLATES,
    TEMPLATES,
    Element,
    Templates,
)
from retention.intake.translation import PROTOCOLS, Phase, Translation, bounded, translation
from territory.errors import ProtocolError

VERSION: Final = 10
_HEADER: Final = Struct(">HHIII")
_SET: Final = Struct(">HH")
_ADDRESS_OCTETS: Final = 4
_NUMBER_OCTETS: Final = 8
_NUMBERS: Final = frozenset(PROTOCOLS.values())
_CREATED: Final = {1, 4, 8, 16}
"""natEvent (IANA): translation, NAT44 session, NAT44 BIB, block of ports."""
_ENDED: Final = {2, 5, 9, 17}


@dataclass(slots=True)
class Told:
    """What a message told."""

    translations: list[Translation] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    """Causes, one for each set or record that is not understood."""


def read_message(octets: bytes, sender: str, templates: Templates) -> Told:
    """Return what one message tells; learns the templates in it. Nothing is raised."""
    told = Told()
    try:
        for number, exported, domain, content in _sets(octets):
            _read_set(told, templates, (sender, domain, number), (exported, content))
    except ProtocolError as fault:
        told.faults.append(fault.reason)
    return told


def _sets(octets: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """Yield each set's number, the export time, the domain and the set's content."""
    if len(octets) < _HEADER.size:
        raise ProtocolError("cut")
    version, length, exported, _, domain = _HEADER.unpack_from(octets)
    if version != VERSION:
        raise ProtocolError("version")
    if length != len(octets):
        raise ProtocolError("length")
    at = _HEADER.size
    while at < length:
        if length - at < _SET.size:
            raise ProtocolError("set-length")
        number, of_set = _SET.unpack_from(octets, at)
        if not _SET.size <= of_set <= length - at:
            raise ProtocolError("set-length")
        yield number, exported, domain, octets[at + _SET.size : at + of_set]
        at += of_set


def _read_set(
    told: Told, templates: Templates, key: tuple[str, int, int], content: tuple[int, bytes]
) -> None:
    sender, domain, number = key
    exported, octets = content
    try:
        if number in (TEMPLATES, OPTIONS_TEMPLATES):
            templates.learn(sender, domain, number, octets)
            return
        if number < FIRST_DATA_SET:
            raise ProtocolError("set-number")
        template = templates.find(*key)
        if template is None:
            raise ProtocolError("unknown-set")
        if template.is_options:
            return
        for record in template.records(octets):
            _read_record(told, record, exported)
    except ProtocolError as fault:
        told.faults.append(fault.reason)


def _read_record(told: Told, record: dict[Element, bytes], exported: int) -> None:
    try:
        found = _translation(record, exported)
    except ProtocolError as fault:
        told.faults.append(fault.reason)
    else:
        if found:
            told.translations.append(found)


def _translation(record: dict[Element, bytes], exported: int) -> Translation | None:
    """Return the translation that a record tells; None where it tells none."""
    if Element.SOURCE not in record or Element.TRANSLATED_SOURCE not in record:
        return None
    phase = _phase(record)
    ports = _ports(record)
    if phase is None or ports is None:
        return None
    ends = (_address(record[Element.SOURCE]), _address(record[Element.TRANSLATED_SOURCE]))
    found = translation(ends, ports, _protocol(record, is_block=ports[0] != ports[1]), phase)
    at, lasted = _happened(record, phase)
    return replace(
        found,
        lasted_seconds=lasted if phase is Phase.ENDED else None,
        ago_seconds=0.0 if at is None else bounded(exported - at),
    )


def _phase(record: dict[Element, bytes]) -> Phase | None:
    """Return what an event is; a flow without one is told when it is over."""
    if Element.NAT_EVENT not in record:
        return Phase.ENDED
    event = _number(record[Element.NAT_EVENT])
    if event in _CREATED:
        return Phase.CREATED
    return Phase.ENDED if event in _ENDED else None


def _ports(record: dict[Element, bytes]) -> tuple[int, int] | None:
    """Return the first and last public port; None where a record tells none."""
    if Element.PORT_FIRST in record:
        first = _number(record[Element.PORT_FIRST])
        if _number(record.get(Element.PORT_STEP, b"\1")) != 1:
            raise ProtocolError("port-step")
        if Element.PORT_LAST in record:
            return first, _number(record[Element.PORT_LAST])
        count = _number(record.get(Element.PORT_COUNT, b"\1"))
        return first, first + count - 1
    if Element.TRANSLATED_PORT in record:
        port = _number(record[Element.TRANSLATED_PORT])
        return port, port
    return None


def _protocol(record: dict[Element, bytes], *, is_block: bool) -> int | None:
    number = _number(record.get(Element.PROTOCOL, b"\0"))
    if number in _NUMBERS:
        return number
    if is_block and number == 0:
        return None
    raise ProtocolError("protocol")


_EVENTS: Final = ((Element.OBSERVED_MILLISECONDS, 1000), (Element.OBSERVED_SECONDS, 1))
_FLOWS: Final = (
    (Element.FLOW_START_MILLISECONDS, Element.FLOW_END_MILLISECONDS, 1000),
    (Element.FLOW_START_SECONDS, Element.FLOW_END_SECONDS, 1),
)
"""When an event was, when a flow began and ended; with their units a second."""


def _happened(record: dict[Element, bytes], phase: Phase) -> tuple[float | None, float | None]:
    """Return when it happened, in seconds since 1970, and how long it lasted; None: not told."""
    for element, units in _EVENTS:
        if element in record:
            return _seconds(record, element, units), None
    began = ended = None
    for start, end, units in _FLOWS:
        if start in record or end in record:
            began, ended = _seconds(record, start, units), _seconds(record, end, units)
            return began if phase is Phase.CREATED else ended, _between(began, ended)
    began = _seconds(record, Element.FLOW_START_UPTIME, 1000)
    ended = _seconds(record, Element.FLOW_END_UPTIME, 1000)
    up_since = _seconds(record, Element.SYSTEM_BEGAN_MILLISECONDS, 1000)
    uptime = began if phase is Phase.CREATED else ended
    at = up_since + uptime if up_since is not None and uptime is not None else None
    return at, _between(began, ended)


def _seconds(record: dict[Element, bytes], element: Element, units: int) -> float | None:
    return _number(record[element]) / units if element in record else None


def _between(began: float | None, ended: float | None) -> float | None:
    return None if began is None or ended is None else bounded(ended - began)


def _address(octets: bytes) -> str:
    if len(octets) != _ADDRESS_OCTETS:
        raise ProtocolError("field")
    return str(IPv4Address(octets))


def _number(octets: bytes) -> int:
    """Return an unsigned integer of any length that is allowed (RFC 7011 §6.2)."""
    if not 1 <= len(octets) <= _NUMBER_OCTETS:
        raise ProtocolError("field")
    return int.from_bytes(octets)
