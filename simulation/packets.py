"""RADIUS packets as values: what a gateway waits on, reads and answers. Pure.

What goes into them is `radius_words`, which every brand may speak in its own way; both go through
pyrad and dictionaries of our own. In accounting "input" is what came from the phone, so its upload
(RFC 2866 §5.3).
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from functools import cache
from importlib.resources import files
from io import StringIO
from typing import Any

from pyrad.dictionary import Dictionary
from pyrad.packet import (
    AccessAccept,
    CoAACK,
    CoANAK,
    CoAPacket,
    CoARequest,
    DisconnectACK,
    DisconnectNAK,
    DisconnectRequest,
    Packet,
    PacketError,
)

from simulation.subscriber import Rights, TerminateCause

MAX_TEXT_OCTETS = 253
"""What fits into one attribute (RFC 2865 §5)."""
NO_LIMIT = Rights()
UNREADABLE = (PacketError, struct.error, ValueError, KeyError, UnicodeDecodeError)

RightsReader = Callable[[Any, Rights], Rights]
"""Takes pyrad's packet and what was allowed before."""


class StatusType(IntEnum):
    """Acct-Status-Type (RFC 2866 §5.1)."""

    START = 1
    STOP = 2
    INTERIM_UPDATE = 3
    ACCOUNTING_ON = 7
    ACCOUNTING_OFF = 8


@dataclass(frozen=True, slots=True)
class Nas:
    """What the gateway says about itself in every packet."""

    identifier: str
    address: str
    """Its address on the guests' side, sent as NAS-IP-Address."""
    mac: str
    """02-00-00-00-00-10, sent as Called-Station-Id."""
    logoff_url: str
    secret: bytes
    ssid: str = ""
    """The network, where the brand tells it."""


@dataclass(frozen=True, slots=True)
class Request:
    """A packet that waits for its reply."""

    packet: Any
    """pyrad's packet, which knows the authenticator to check the reply against."""
    octets: bytes
    """What goes on the wire, at most 4 096 octets."""
    read_rights: RightsReader
    """Reads what an accepting reply allows, in the gateway's own words."""

    @property
    def identifier(self) -> int:
        """The octet that pairs a reply with its request."""
        return self.octets[1]


@dataclass(frozen=True, slots=True)
class Report:
    """What one Accounting-Request is about."""

    status: StatusType
    now: datetime
    """Event-Timestamp, aware."""
    identifier: int
    """0 to 255."""
    cause: TerminateCause | None = None
    """In a Stop only."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply whose authenticators are right."""

    accepted: bool
    """True for an Access-Accept; of no meaning for an Accounting-Response."""
    rights: Rights
    attributes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Order:
    """A Disconnect-Request or a CoA-Request whose authenticator is right (RFC 5176)."""

    packet: Any
    disconnect: bool
    user_name: str
    """Empty where it names none."""
    session_id: str
    station: str
    """Calling-Station-Id as written, empty where it names none."""
    attributes: tuple[tuple[str, str], ...]


@cache
def dictionary(*vendors: str) -> Any:
    """Return the attributes that a gateway knows: the standard ones and those of `vendors`.

    Each vendor is a file `simulation/brands/dictionary.<vendor>`.
    """
    names = [f"simulation.brands/dictionary.{vendor}" for vendor in vendors]
    found = Dictionary()
    for name in ("simulation/dictionary.standard", *names):
        package, _, file = name.partition("/")
        found.ReadDictionary(StringIO(files(package).joinpath(file).read_text(encoding="utf-8")))
    return found


def read_reply(request: Request, octets: bytes) -> Reply | None:
    """Return the reply in `octets`, or None when it is forged, wrong or unreadable.

    Checked as gateways do: identifier, Response Authenticator, and a Message-Authenticator
    when there is one (RFC 2869 §5.14).
    """
    try:
        reply = request.packet.CreateReply(packet=octets)
        if not request.packet.VerifyReply(reply):
            return None
        rights = request.read_rights(reply, NO_LIMIT)
        return Reply(reply.code == AccessAccept, rights, describe(reply))
    except UNREADABLE:
        return None


def read_order(octets: bytes, secret: bytes, known: Any = None) -> Order | None:
    """Return the order in `octets`, or None when it is forged or unreadable.

    `known`: the gateway's dictionary.
    """
    try:
        packet = CoAPacket(secret=secret, dict=known or dictionary(), packet=octets)
        if packet.code not in (CoARequest, DisconnectRequest) or not packet.VerifyCoARequest():
            return None
        return Order(
            packet,
            packet.code == DisconnectRequest,
            str(first(packet, "User-Name") or ""),
            str(first(packet, "Acct-Session-Id") or ""),
            str(first(packet, "Calling-Station-Id") or ""),
            describe(packet),
        )
    except UNREADABLE:
        return None


def answer_order(order: Order, *, done: bool, error_cause: int | None = None) -> bytes:
    """Return an ACK or a NAK, without any attribute but a NAK's Error-Cause."""
    reply = order.packet.CreateReply()
    if order.disconnect:
        reply.code = DisconnectACK if done else DisconnectNAK
    else:
        reply.code = CoAACK if done else CoANAK
    if error_cause is not None and not done:
        reply["Error-Cause"] = error_cause
    octets: bytes = reply.ReplyPacket()
    return octets


def describe(packet: Any) -> tuple[tuple[str, str], ...]:
    """Return the names and values of a packet as text, without any password."""
    return tuple(_described(packet))


def first(packet: Any, name: str) -> Any:
    """Return the first value of an attribute, or None."""
    values = packet.get(name)
    return values[0] if values else None


def _described(packet: Packet) -> Iterator[tuple[str, str]]:
    secret = {"User-Password", "CHAP-Password", "CHAP-Challenge"}
    for key in packet.keys():  # noqa: SIM118 - pyrad decodes names in keys() only
        name = key if isinstance(key, str) else f"attribute {key}"
        for value in packet[key]:
            shown = value.hex() if isinstance(value, bytes) else str(value)
            yield name, "(hidden)" if name in secret else shown
