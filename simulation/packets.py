"""RADIUS as a CoovaChilli gateway speaks it, through pyrad and a dictionary of our own. Pure.

The attributes, their values and their order are those of the exchange recorded in
tests/data/simulation/coovachilli-1.7.txt: the tests rebuild its packets octet for octet. In
accounting "input" is what came from the phone, so its upload (RFC 2866 §5.3).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from functools import cache
from importlib.resources import files
from io import StringIO
from typing import Any

from pyrad.dictionary import Dictionary
from pyrad.packet import (
    AccessAccept,
    AcctPacket,
    AuthPacket,
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

from simulation.subscriber import Counters, Online, Rights, Subscriber, TerminateCause
from simulation.uam import Chap, Credential

VERSION = "1.7"
ACCT_VIEW_POINT_CLIENT = 2
"""CoovaChilli-Acct-View-Point: octets are counted as the phone sees them."""
MESSAGE_AUTHENTICATOR = 80
MAX_TEXT_OCTETS = 253
"""What fits into one attribute (RFC 2865 §5)."""
GIGAWORD = 1 << 32
NO_LIMIT = Rights()
UNREADABLE = (PacketError, struct.error, ValueError, KeyError, UnicodeDecodeError)


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
    """uamlisten: its address on the guests' side, sent as NAS-IP-Address."""
    mac: str
    """02-00-00-00-00-10, sent as Called-Station-Id."""
    logoff_url: str
    secret: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """A packet that waits for its reply."""

    packet: Any
    """pyrad's packet, which knows the authenticator to check the reply against."""
    octets: bytes
    """What goes on the wire, at most 4 096 octets."""

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
    session_id: str
    session_state: int | None
    """CoovaChilli-Session-State: 1 opens, 2 closes, None leaves as it is."""
    attributes: tuple[tuple[str, str], ...]


@cache
def dictionary() -> Any:
    """Return the attributes that the gateway knows."""
    text = files("simulation").joinpath("dictionary.coovachilli").read_text(encoding="utf-8")
    return Dictionary(StringIO(text))


def access_request(
    nas: Nas, phone: Subscriber, user_name: str, credential: Credential, authenticator: bytes
) -> Request:
    """Return an Access-Request signed with a Message-Authenticator, its last attribute.

    `authenticator`: 16 random octets; the last one serves as the identifier. A phone asked about
    by its MAC address asks for Framed service, a person for Login.
    """
    packet = AuthPacket(
        id=authenticator[-1],
        secret=nas.secret,
        authenticator=authenticator,
        dict=dictionary(),
        message_authenticator=True,
    )
    packet["CoovaChilli-Version"] = VERSION
    packet["User-Name"] = user_name
    if isinstance(credential, Chap):
        packet[60] = [credential.challenge]
        packet[3] = [bytes([credential.ident]) + credential.response]
    else:
        packet[2] = [packet.PwCrypt(credential.password)]
    packet["Service-Type"] = "Framed" if user_name == phone.mac else "Login"
    packet["Acct-Session-Id"] = phone.session_id
    packet["Framed-IP-Address"] = phone.address
    _add_port(packet, phone)
    _add_nas(packet, nas)
    packet["WISPr-Logoff-URL"] = nas.logoff_url
    packet[MESSAGE_AUTHENTICATOR] = [bytes(16)]
    return Request(packet, packet.RequestPacket())


def session_report(nas: Nas, phone: Subscriber, online: Online, report: Report) -> Request:
    """Return a Start, an Interim-Update or a Stop for this session."""
    packet = _accounting(nas, report)
    packet["User-Name"] = online.user_name
    if report.status is not StatusType.START:
        _add_counters(packet, online.counters)
        packet["Acct-Session-Time"] = online.seconds(report.now)
    if report.cause is not None:
        packet["Acct-Terminate-Cause"] = int(report.cause)
    packet["Acct-Status-Type"] = int(report.status)
    packet["Acct-Session-Id"] = phone.session_id
    if online.rights.session_class:
        packet[25] = list(online.rights.session_class)
    packet["Framed-IP-Address"] = phone.address
    _add_port(packet, phone)
    _add_nas(packet, nas)
    return Request(packet, packet.RequestPacket())


def nas_report(nas: Nas, report: Report) -> Request:
    """Return an Accounting-On or an Accounting-Off."""
    packet = _accounting(nas, report)
    if report.status is StatusType.ACCOUNTING_OFF:
        packet["Acct-Terminate-Cause"] = 0
    packet["Acct-Status-Type"] = int(report.status)
    packet["NAS-Port-Type"] = "Wireless-802.11"
    packet["Calling-Station-Id"] = "00-00-00-00-00-00"
    _add_nas(packet, nas)
    return Request(packet, packet.RequestPacket())


def read_reply(request: Request, octets: bytes) -> Reply | None:
    """Return the reply in `octets`, or None when it is forged, wrong or unreadable.

    Checked as the gateway does: identifier, Response Authenticator, and a Message-Authenticator
    when there is one (RFC 2869 §5.14).
    """
    try:
        reply = request.packet.CreateReply(packet=octets)
        if not request.packet.VerifyReply(reply):
            return None
        return Reply(reply.code == AccessAccept, _rights(reply, NO_LIMIT), describe(reply))
    except UNREADABLE:
        return None


def read_order(octets: bytes, secret: bytes) -> Order | None:
    """Return the order in `octets`, or None when it is forged, unreadable or names no user."""
    try:
        packet = CoAPacket(secret=secret, dict=dictionary(), packet=octets)
        known = packet.code in (CoARequest, DisconnectRequest)
        if not known or not packet.VerifyCoARequest() or "User-Name" not in packet:
            return None
        return Order(
            packet,
            packet.code == DisconnectRequest,
            str(packet["User-Name"][0]),
            str(_first(packet, "Acct-Session-Id") or ""),
            _first(packet, "CoovaChilli-Session-State"),
            describe(packet),
        )
    except UNREADABLE:
        return None


def answer_order(order: Order, *, done: bool) -> bytes:
    """Return an ACK or a NAK, without any attribute, as the gateway does."""
    reply = order.packet.CreateReply()
    if order.disconnect:
        reply.code = DisconnectACK if done else DisconnectNAK
    else:
        reply.code = CoAACK if done else CoANAK
    octets: bytes = reply.ReplyPacket()
    return octets


def order_rights(order: Order, present: Rights) -> Rights:
    """Return `present` with what a CoA-Request changes in it."""
    return _rights(order.packet, present)


def describe(packet: Any) -> tuple[tuple[str, str], ...]:
    """Return the names and values of a packet as text, without any password."""
    return tuple(_described(packet))


def _described(packet: Packet) -> Iterator[tuple[str, str]]:
    secret = {"User-Password", "CHAP-Password", "CHAP-Challenge"}
    for key in packet.keys():  # noqa: SIM118 - pyrad decodes names in keys() only
        name = key if isinstance(key, str) else f"attribute {key}"
        for value in packet[key]:
            shown = value.hex() if isinstance(value, bytes) else str(value)
            yield name, "(hidden)" if name in secret else shown


def _accounting(nas: Nas, report: Report) -> Any:
    packet = AcctPacket(id=report.identifier, secret=nas.secret, dict=dictionary())
    packet["CoovaChilli-Version"] = VERSION
    packet["CoovaChilli-Acct-View-Point"] = ACCT_VIEW_POINT_CLIENT
    packet["Event-Timestamp"] = int(report.now.timestamp())
    return packet


def _add_port(packet: Any, phone: Subscriber) -> None:
    packet["NAS-Port-Type"] = "Wireless-802.11"
    packet["NAS-Port"] = phone.port
    packet["NAS-Port-Id"] = f"{phone.port:08d}"
    packet["Calling-Station-Id"] = phone.mac


def _add_nas(packet: Any, nas: Nas) -> None:
    packet["Called-Station-Id"] = nas.mac
    packet["NAS-IP-Address"] = nas.address
    packet["NAS-Identifier"] = nas.identifier


def _add_counters(packet: Any, counters: Counters) -> None:
    packet["Acct-Input-Octets"] = counters.upload_octets % GIGAWORD
    packet["Acct-Output-Octets"] = counters.download_octets % GIGAWORD
    packet["Acct-Input-Gigawords"] = counters.upload_octets // GIGAWORD
    packet["Acct-Output-Gigawords"] = counters.download_octets // GIGAWORD
    packet["Acct-Input-Packets"] = counters.upload_packets
    packet["Acct-Output-Packets"] = counters.download_packets


def _first(packet: Any, name: str) -> Any:
    values = packet.get(name)
    return values[0] if values else None


def _rights(packet: Any, present: Rights) -> Rights:
    def either(name: str, before: Any) -> Any:
        value = _first(packet, name)
        return before if value is None else value

    return Rights(
        session_seconds=either("Session-Timeout", present.session_seconds),
        idle_seconds=either("Idle-Timeout", present.idle_seconds),
        interim_seconds=either("Acct-Interim-Interval", present.interim_seconds),
        upload_bps=_bandwidth(packet, "Up", present.upload_bps),
        download_bps=_bandwidth(packet, "Down", present.download_bps),
        upload_octets=_quota(packet, "Input", present.upload_octets),
        download_octets=_quota(packet, "Output", present.download_octets),
        total_octets=_quota(packet, "Total", present.total_octets),
        ends_at=_terminate_time(packet, present.ends_at),
        redirection_url=str(either("WISPr-Redirection-URL", present.redirection_url)),
        reply_message=str(either("Reply-Message", "")),
        session_class=tuple(packet.get(25, present.session_class)),
    )


def _bandwidth(packet: Any, direction: str, before: int | None) -> int | None:
    """CoovaChilli's own limit counts in kbit/s and goes before WISPr's, in bit/s."""
    kilobits = _first(packet, f"CoovaChilli-Bandwidth-Max-{direction}")
    if kilobits is not None:
        return int(kilobits) * 1000
    bits = _first(packet, f"WISPr-Bandwidth-Max-{direction}")
    return before if bits is None else int(bits)


def _quota(packet: Any, direction: str, before: int | None) -> int | None:
    octets = _first(packet, f"CoovaChilli-Max-{direction}-Octets")
    gigawords = _first(packet, f"CoovaChilli-Max-{direction}-Gigawords")
    if octets is None and gigawords is None:
        return before
    return int(octets or 0) + int(gigawords or 0) * GIGAWORD


def _terminate_time(packet: Any, before: datetime | None) -> datetime | None:
    text = _first(packet, "WISPr-Session-Terminate-Time")
    if text is None:
        return before
    at = datetime.fromisoformat(str(text))
    return at if at.tzinfo else at.replace(tzinfo=UTC)
