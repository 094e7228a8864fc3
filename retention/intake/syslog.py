"""Reads one syslog message: RFC 5424, RFC 3164, and the forms that gateways really send. Pure.

Only two things are taken of it: its text, for the makers' parsers, and its time where it tells its
zone (RFC 3164's does not). Structured data and names of hosts are passed over. Forms seen:

    <134>1 2026-11-20T14:03:00+01:00 gw conntrack - - - [NEW] tcp ...    RFC 5424
    <134>Nov 20 14:03:00 gw firewall,info forward: in:...                RFC 3164 (bsd-syslog)
    <134>firewall,info forward: in:...                                   RouterOS, as it comes
    <189>date=2026-11-20 time=14:03:00 devname="fg" ...                  FortiOS
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from territory.errors import ProtocolError

_PRIORITY: Final = re.compile(r"<(\d{1,3})>")
_HEADER: Final = re.compile(r"1 (\S{1,40}) \S{1,255} \S{1,48} \S{1,128} \S{1,32} ")
_DATA: Final = re.compile(r"(?:-|(?:\[(?:[^\"\]]|\"(?:[^\"\\]|\\.)*\")*\])+)(?: |$)")
_LAST_PRIORITY: Final = 191


@dataclass(frozen=True, slots=True)
class Message:
    """What is taken of a message."""

    text: str
    told_at: datetime | None
    """UTC; None where it tells no time, or none with its zone."""


def parse_message(octets: bytes) -> Message:
    """Return what is taken of one message.

    Octets that are no UTF-8 become U+FFFD: no maker writes an address with them.

    Raises:
        ProtocolError: `priority` (it is no syslog message) or `structured-data`.
    """
    text = octets.decode("utf-8", "replace")
    priority = _PRIORITY.match(text)
    if not priority or int(priority[1]) > _LAST_PRIORITY:
        raise ProtocolError("priority")
    rest = text[priority.end() :]
    header = _HEADER.match(rest)
    if not header:
        return Message(rest, None)
    data = _DATA.match(rest, header.end())
    if not data:
        raise ProtocolError("structured-data")
    return Message(rest[data.end() :], _instant(header[1]))


def _instant(text: str) -> datetime | None:
    """Return an RFC 3339 instant; None where it is none."""
    try:
        told = datetime.fromisoformat(text)
        return told.astimezone(UTC) if told.tzinfo else None
    except (ValueError, OverflowError):
        return None
