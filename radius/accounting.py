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
_GIGAWORD: Final = 32
_INTEGER_OCTETS: Final = 4
_ADMISSION_OCTETS: Final = 16
_ADDRESS6_OCTETS: Final = 16
_LONGEST_DELAY_SECONDS: Final = 7 * 86_400
"""A NAS may keep records over a long outage, a week of it; beyond, its clock has jumped: one that
starts in 1970 and then learns the date says 1.7e9 s."""
_EARLIEST_START: Final = datetime(2020, 1, 1, tzinfo=UTC)
"""No session is older than any gateway Socle serves; Acct-Session-Time jumps with the clock too."""


class Record(NamedTuple):
    """One Start, Interim-Update or Stop: a row of live.session, and what only the event has."""

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


SESSION_COLUMNS: Final = Record._fields.index("kind")
"""So many of a record's fields are the columns of live.session, in their order."""


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


def _read_record(packet: Packet, nas: Nas, received_at: datetime, kind: int) -> Record:
    attributes = packet.attributes
    raw_session_id = attributes.get(ACCT_SESSION_ID)
    if not raw_session_id:
        raise ProtocolError("acct-session-id")
    raw_handle = _nas_handle(attributes, nas)
    raw_user_name = attributes.get(USER_NAME)
    user_name = None if raw_user_name is None else _text(raw_user_name)
    device = parse_device(attributes.get(CALLING_STATION_ID))
    delay_seconds = _delay_seconds(attributes)
    session_seconds = _number(attributes, ACCT_SESSION_TIME)
    happened_at = received_at - timedelta(seconds=delay_seconds) if delay_seconds else received_at
    started_at = happened_at - timedelta(seconds=session_seconds)
    if started_at < _EARLIEST_START:
        raise ProtocolError("acct-session-time")
    cause = attributes.get(ACCT_TERMINATE_CAUSE) if kind == Status.STOP else None
    return Record(
        session_key=pgproto.UUID(session_key(nas.id, raw_handle, raw_session_id, device)),
        nas_id=nas.id,
        site_id=nas.site_id,
        nas_handle=_text(raw_handle),
        acct_session_id=_text(raw_session_id),
        admission_id=_class_admission(attributes.get(CLASS), user_name),
        user_name=user_name,
        device=device,
        address=_address(attributes.get(FRAMED_IP_ADDRESS)),
        address6=_addresses6(packet),
        started_at=started_at,
        last_seen_at=received_at,
        ended_at=happened_at if kind == Status.STOP else None,
        session_seconds=session_seconds,
        upload_octets=_octets(attributes, ACCT_INPUT_OCTETS, ACCT_INPUT_GIGAWORDS),
        download_octets=_octets(attributes, ACCT_OUTPUT_OCTETS, ACCT_OUTPUT_GIGAWORDS),
        terminate_cause=None if cause is None else int.from_bytes(cause, "big"),
        first_key=None,
        upload_carried=0,
        download_carried=0,
        kind=kind,
        nas_time=_nas_time(attributes),
        delay_seconds=delay_seconds,
    )


def _nas_handle(attributes: dict[int, bytes], nas: Nas) -> bytes:
    identifier = attributes.get(NAS_IDENTIFIER)
    if identifier:
        return identifier
    address = attributes.get(NAS_IP_ADDRESS)
    if address is not None and len(address) == _INTEGER_OCTETS:
        return str(IPv4Address(address)).encode()
    address6 = attributes.get(NAS_IPV6_ADDRESS)
    if address6 is not None and len(address6) == _ADDRESS6_OCTETS:
        return str(IPv6Address(address6)).encode()
    return nas.address.encode()


def _text(octets: bytes) -> str:
    """Return text PostgreSQL can hold: UTF-8 without NUL."""
    if b"\0" in octets:
        raise ProtocolError("text")
    try:
        return octets.decode()
    except UnicodeDecodeError as fault:
        raise ProtocolError("text") from fault


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
    return (_number(attributes, gigawords) << _GIGAWORD) + _number(attributes, low)


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


def _class_admission(octets: bytes | None, user_name: str | None) -> UUID | None:
    if octets is None or len(octets) != _ADMISSION_OCTETS:
        return None
    if user_name is not None and is_user_name(user_name):
        return None
    return UUID(bytes=octets)
