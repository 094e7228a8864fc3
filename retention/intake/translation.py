"""What is kept of one line or flow record: who, behind which public address and ports, and when.

There is no field for where a connection went, nor for a name, nor for a text: what a parser does
not put here is gone before anything is queued or written (CPCE L34-1 VI).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from ipaddress import AddressValueError, IPv4Address
from typing import Final

from territory.errors import ProtocolError
from territory.values import is_inside

PROTOCOLS: Final = {"tcp": 6, "udp": 17, "dccp": 33, "sctp": 132, "udplite": 136}
"""Those with ports, by the name makers write (IANA protocol numbers)."""
_LAST_PORT: Final = 65_535
_MOST_SECONDS: Final = 366 * 86_400.0
_MOST_DIGITS: Final = 10


class Phase(Enum):
    """What is told of a translation."""

    CREATED = "created"
    ENDED = "ended"
    SEEN = "seen"
    """It was there then: neither its beginning nor its end is told."""


@dataclass(frozen=True, slots=True)
class Translation:
    """One translation of a source address."""

    private: IPv4Address
    """The device's, inside."""
    protocol: int | None
    """IANA number; None: all of them (a block of ports)."""
    public: IPv4Address
    """What the Internet saw."""
    port_first: int
    port_last: int
    """The same as the first but for a block."""
    phase: Phase
    lasted_seconds: float | None = None
    """How long it had lasted when it ended; None: not told."""
    ago_seconds: float = 0.0
    """How long before it was sent it happened, by the sender's own clock."""
    told_at: datetime | None = None
    """When, by the sender's own clock, where it tells its zone."""


def translation(
    ends: tuple[str, str], ports: tuple[str | int, str | int], protocol: int | None, phase: Phase
) -> Translation:
    """Return the translation between two ends (private, public) with the public port or ports.

    Raises:
        ProtocolError: `address`, `port`, `untranslated` (both ends are one), `not-inside` (what is
            translated is nobody's device) or `not-public` (another translation follows, so that
            the Internet saw neither this address nor this port).
    """
    private, public = _address(ends[0]), _address(ends[1])
    if private == public:
        raise ProtocolError("untranslated")
    if not is_inside(private):
        raise ProtocolError("not-inside")
    if is_inside(public) or public.is_unspecified or public.is_multicast:
        raise ProtocolError("not-public")
    first, last = _port(ports[0]), _port(ports[1])
    if last < first:
        raise ProtocolError("port")
    return Translation(private, protocol, public, first, last, phase)


def bounded(seconds: float) -> float:
    """Return a duration that can be: neither below nothing nor over a year."""
    return min(max(0.0, seconds), _MOST_SECONDS)


def duration(text: str | None) -> float | None:
    """Return a duration in seconds; None where none is told, or none that can be."""
    if not text or not (text.isascii() and text.isdigit()) or len(text) > _MOST_DIGITS:
        return None
    return bounded(float(text))


def _address(text: str) -> IPv4Address:
    try:
        return IPv4Address(text)
    except AddressValueError:
        raise ProtocolError("address") from None


def _port(told: str | int) -> int:
    digits = str(told)
    if not (digits.isascii() and digits.isdigit() and len(digits) <= len(f"{_LAST_PORT}")):
        raise ProtocolError("port")
    port = int(digits)
    if not 0 < port <= _LAST_PORT:
        raise ProtocolError("port")
    return port
