"""What an Accounting-Request says, as the rows it becomes.

Stands between the packet and the ledger. A `Record` starts with the columns of live.session in
their order, so that the driver takes it as that table's row; it is a named tuple for that, and
because each packet makes one. Its keys are the driver's own UUID, made and sorted in C.

Whatever of a session is seen first starts it: a lost Start is dated back from the session's age.
What a NAS whose clock jumped says of delay and age is no basis for a date: such a record is refused
here, because a wrong date in the legal record is worse than a packet set aside.
Which session of its name a record is of, and what it makes of it, territory/rules/session.py says.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from typing import Final, NamedTuple
from uuid import UUID

from asyncpg.pgproto import pgproto

from radius.device import parse_device
from radius.nas import Nas
from radius.protocol.numbers import (
    ACCT_DELAY_TIME,
    ACCT_INPUT_GIGAWORDS,
    ACCT_INPUT_OCTETS,
    ACCT_OUTPUT_GIGAWORDS,
    ACCT_OUTPUT_OCTETS,
    ACCT_SESSION_ID,
    ACCT_SESSION_TIME,
    ACCT_STATUS_TYPE,
    ACCT_TERMINATE_CAUSE,
    CALLING_STATION_ID,
    CLASS,
    EVENT_TIMESTAMP,
    FRAMED_IP_ADDRESS,
    FRAMED_IPV6_ADDRESS,
    FRAMED_IPV6_PREFIX,
    MIN_PACKET_OCTETS,
    NAS_IDENTIFIER,
    NAS_IP_ADDRESS,
    NAS_IPV6_ADDRESS,
    USER_NAME,
    Status,
)
from radius.protocol.packet import Packet
from territory.errors import ProtocolError
from territory.rules.credentials import is_user_name
from territory.rules.session_key import session_key

_SESSION_KINDS: Final = frozenset((Status.START, Status.STOP, Status.INTERIM_UPDATE))
_RESTART_KINDS: Final = frozenset((Status.ACCOUNTING_ON, Status.ACCOUNTING_OFF))
_STOP: Final = int(Status.STOP)
_GIGAWORD: Final = 32
_INTEGER_OCTETS: Final = 4
_ADMISSION_OCTETS: Final = 16
_ADDRESS6_OCTETS: Final = 16
_READ: Final = frozenset(
    {
        *(ACCT_STATUS_TYPE, ACCT_DELAY_TIME, ACCT_SESSION_ID, ACCT_SESSION_TIME, EVENT_TIMESTAMP),
        *(ACCT_INPUT_OCTETS, ACCT_INPUT_GIGAWORDS, ACCT_OUTPUT_OCTETS, ACCT_OUTPUT_GIGAWORDS),
        *(ACCT_TERMINATE_CAUSE, CALLING_STATION_ID, CLASS, USER_NAME, NAS_IDENTIFIER),
        *(NAS_IP_ADDRESS, NAS_IPV6_ADDRESS),
        *(FRAMED_IP_ADDRESS, FRAMED_IPV6_ADDRESS, FRAMED_IPV6_PREFIX),
    }
)
"""The attributes that a record is made of; of Class, one that may name an admission."""
_LONGEST_DELAY_SECONDS: Final = 7 * 86_400
"""A NAS may keep records over a long outage, a week of it; beyond, its clock has jumped: one that
starts in 1970 and then learns the date says 1.7e9 s."""
_EARLIEST_START: Final = datetime(2020, 1, 1, tzinfo=UTC)
"""No session is older than any gateway Socle serves; Acct-Session-Time jumps with the clock too."""


class Record(NamedTuple):
    """One Start, Interim-Update or Stop: what becomes a row of live.session, and its event."""

    session_key: UUID
    nas_id: UUID
    site_id: UUID
    nas_handle: str
    """NAS-Identifier, else the NAS's address, as received."""
    acct_session_id: str
    admission_id: UUID | None
    """The admission named by Class, where User-Name is not one of ours (MAC authentication)."""
    user_name: str | None
    device: bytes | None
    """6 octets."""
    address: bytes | None
    """4 octets."""
    address6: tuple[bytes, ...]
    """16 octets of an address, or a prefix's length and 16 octets."""
    started_at: datetime
    """Receipt less delay less the session's age."""
    last_seen_at: datetime
    """Server's clock at receipt."""
    ended_at: datetime | None
    """Receipt less delay, of a Stop."""
    session_seconds: int
    upload_octets: int
    download_octets: int
    terminate_cause: int | None
    """Of a Stop; no other record ends a session."""
    first_key: UUID | None
    """Of a name used again: the key of its first session (reused_sessions.py)."""
    upload_carried: int
    """Always 0: what a counter had counted before it fell is the row's own."""
    download_carried: int
    kind: int
    """Acct-Status-Type."""
    nas_time: datetime | None
    """Event-Timestamp: the NAS's own clock, right or wrong."""
    delay_seconds: int
    """Acct-Delay-Time: how long the NAS has been trying."""


@dataclass(frozen=True, slots=True)
class Restart:
    """An Accounting-On or -Off: none of that NAS handle's sessions from before is open."""

    received_at: datetime
    kind: int
    nas_id: UUID
    nas_handle: str
    happened_at: datetime
    """Receipt less delay; sessions that started later are not concerned."""


def read_accounting_request(packet: Packet, nas: Nas, received_at: datetime) -> Record | Restart:
    """Return what a verified Accounting-Request tells; `received_at` is aware, UTC.

    Raises:
        ProtocolError: `acct-status-type`, `acct-session-id`, `attribute-value` or `text`: it
            cannot be recorded as what the RFCs know; `acct-delay-time` or `acct-session-time`: it
            cannot be dated.
    """
    attributes = packet.attributes
    kind = _number(attributes, ACCT_STATUS_TYPE)
    if kind in _SESSION_KINDS:
        return _read_record(packet, nas, received_at, kind)
    if kind in _RESTART_KINDS:
        happened_at = received_at - timedelta(seconds=_delay_seconds(attributes))
        handle = _text(_nas_handle(attributes, nas))
        return Restart(received_at, kind, nas.id, handle, happened_at)
    raise ProtocolError("acct-status-type")


def only_read(octets: bytes) -> bytes:
    """Return an Accounting-Request with nothing but what a record is made of, to be stored so.

    Makers' own attributes and texts may tell what was consulted (a URL asked for before the log-in,
    a browser's name), which is never written (CPCE L34-1 VI). It makes the same record; its
    authenticator, checked before, is right no more.
    """
    kept, at = bytearray(octets[:MIN_PACKET_OCTETS]), MIN_PACKET_OCTETS
    while at < len(octets):
        number, size = octets[at], octets[at + 1]
        if number in _READ and (number != CLASS or size == _ADMISSION_OCTETS + 2):
            kept += octets[at : at + size]
        at += size
    kept[2:4] = len(kept).to_bytes(2)
    return bytes(kept)


def _read_record(packet: Packet, nas: Nas, received_at: datetime, kind: int) -> Record:
    attributes = packet.attributes
    raw_session_id = attributes.get(ACCT_SESSION_ID)
    if not raw_session_id:
        raise ProtocolError("acct-session-id")
    raw_handle = attributes.get(NAS_IDENTIFIER) or _nas_address(attributes, nas)
    user_name = _text(attributes[USER_NAME]) if USER_NAME in attributes else None
    device = parse_device(attributes.get(CALLING_STATION_ID))
    delay_seconds = _delay_seconds(attributes)
    session_seconds = _number(attributes, ACCT_SESSION_TIME)
    happened_at = received_at - timedelta(0, delay_seconds) if delay_seconds else received_at
    started_at = happened_at - timedelta(0, session_seconds) if session_seconds else happened_at
    if started_at < _EARLIEST_START:
        raise ProtocolError("acct-session-time")
    ends = kind == _STOP
    cause = attributes.get(ACCT_TERMINATE_CAUSE) if ends else None
    return Record(  # in the order of its fields: by name costs three times as much
        pgproto.UUID(session_key(nas.id, raw_handle, raw_session_id, device)),
        nas.id,
        nas.site_id,
        _text(raw_handle),
        _text(raw_session_id),
        _class_admission(attributes[CLASS], user_name) if CLASS in attributes else None,
        user_name,
        device,
        _address(attributes.get(FRAMED_IP_ADDRESS)),
        _addresses6(packet),
        started_at,
        received_at,
        happened_at if ends else None,
        session_seconds,
        _octets(attributes, ACCT_INPUT_OCTETS, ACCT_INPUT_GIGAWORDS),
        _octets(attributes, ACCT_OUTPUT_OCTETS, ACCT_OUTPUT_GIGAWORDS),
        None if cause is None else int.from_bytes(cause),
        None,
        0,
        0,
        kind,
        _nas_time(attributes),
        delay_seconds,
    )


def as_told(record: Record) -> tuple[object, ...]:
    """Return a record as a value of the database's type live.record.

    Its times are Unix seconds, and an empty list of addresses is none: the driver takes a number
    or nothing in a fraction of the time of a date or a list.
    """
    (key, nas_id, site_id, handle, session_id, admission_id, user_name, device, address, address6,
     started_at, seen_at, ended_at, seconds, upload, download, cause, first_key, _, _,
     kind, nas_time, delay_seconds) = record  # fmt: skip
    return (
        key, nas_id, site_id, handle, session_id, admission_id, user_name, device, address,
        address6 or None, started_at.timestamp(), seen_at.timestamp(),
        None if ended_at is None else ended_at.timestamp(), seconds, upload, download, cause,
        first_key, kind, None if nas_time is None else nas_time.timestamp(), delay_seconds,
    )  # fmt: skip


def _nas_handle(attributes: dict[int, bytes], nas: Nas) -> bytes:
    return attributes.get(NAS_IDENTIFIER) or _nas_address(attributes, nas)


def _nas_address(attributes: dict[int, bytes], nas: Nas) -> bytes:
    """Return the address a NAS gives itself, or the one its packets come from, as text."""
    address = attributes.get(NAS_IP_ADDRESS)
    if address is not None and len(address) == _INTEGER_OCTETS:
        return str(IPv4Address(address)).encode()
    address6 = attributes.get(NAS_IPV6_ADDRESS)
    if address6 is not None and len(address6) == _ADDRESS6_OCTETS:
        return str(IPv6Address(address6)).encode()
    return nas.address.encode()


def _text(octets: bytes) -> str:
    """Return text PostgreSQL can hold: UTF-8 without NUL."""
    try:
        text = octets.decode()
    except UnicodeDecodeError as fault:
        raise ProtocolError("text") from fault
    if "\0" in text:
        raise ProtocolError("text")
    return text


def _number(attributes: dict[int, bytes], attribute: int) -> int:
    if attribute not in attributes:
        return 0
    octets = attributes[attribute]
    if len(octets) != _INTEGER_OCTETS:
        raise ProtocolError("attribute-value")
    return int.from_bytes(octets)


def _delay_seconds(attributes: dict[int, bytes]) -> int:
    """Return how long the NAS has been trying, where that can be believed (RFC 2866 §5.2)."""
    seconds = _number(attributes, ACCT_DELAY_TIME)
    if seconds > _LONGEST_DELAY_SECONDS:
        raise ProtocolError("acct-delay-time")
    return seconds


def _octets(attributes: dict[int, bytes], low: int, gigawords: int) -> int:
    octets = _number(attributes, low)
    if gigawords in attributes:
        octets += _number(attributes, gigawords) << _GIGAWORD
    return octets


def _address(octets: bytes | None) -> bytes | None:
    if octets is not None and len(octets) != _INTEGER_OCTETS:
        raise ProtocolError("attribute-value")
    return octets


def _addresses6(packet: Packet) -> tuple[bytes, ...]:
    """Return addresses (16 octets) and prefixes (length, 16 octets), as the database takes them."""
    attributes = packet.attributes
    if FRAMED_IPV6_ADDRESS not in attributes and FRAMED_IPV6_PREFIX not in attributes:
        return ()
    addresses = tuple(packet.values(FRAMED_IPV6_ADDRESS))
    if any(len(octets) != _ADDRESS6_OCTETS for octets in addresses):
        raise ProtocolError("attribute-value")
    return addresses + tuple(_prefix(octets) for octets in packet.values(FRAMED_IPV6_PREFIX))


def _prefix(octets: bytes) -> bytes:
    """Return a prefix's length and its 16 octets, out of RFC 3162 §2.3's form."""
    if not 2 <= len(octets) <= 18 or octets[1] > 128:
        raise ProtocolError("attribute-value")
    return octets[1:].ljust(1 + _ADDRESS6_OCTETS, b"\0")


def _nas_time(attributes: dict[int, bytes]) -> datetime | None:
    if EVENT_TIMESTAMP not in attributes:
        return None
    return datetime.fromtimestamp(_number(attributes, EVENT_TIMESTAMP), UTC)


def _class_admission(octets: bytes, user_name: str | None) -> UUID | None:
    if len(octets) != _ADMISSION_OCTETS:
        return None
    if user_name is not None and is_user_name(user_name):
        return None
    return UUID(bytes=octets)
