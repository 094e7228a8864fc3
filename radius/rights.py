"""A plan's rights, and what remains of them, as each vendor's attributes in that vendor's units.

One table says it all; a unit error is one row. Bandwidths are WISPr's in bit/s and CoovaChilli's in
kbit/s; a volume over 4 GiB takes CoovaChilli's gigaword attribute beside the octets. Directions
are seen from the guest, as both vendors' documents see them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple
from uuid import UUID

from radius.protocol.attributes import attributes

_MAX: Final = 2**32 - 1
_GIGAWORD: Final = 32


@dataclass(frozen=True, slots=True)
class Plan:
    """A set of access rights, as far as RADIUS grants them."""

    id: UUID
    idle_seconds: int
    """Silence after which the gateway ends the session."""
    interim_seconds: int
    """Interval of interim accounting (RFC 2869 §5.16)."""
    upload_bps: int | None
    """bit/s; None: no limit."""
    download_bps: int | None
    """bit/s; None: no limit."""
    session_octets: int | None
    """Upload and download together; None: no limit."""
    mac_authentication: bool
    """A returning device is let in by its MAC address."""


class Rights(NamedTuple):
    """What one Access-Accept grants."""

    plan: Plan
    session_seconds: int
    """Until the session must end, 1 at least."""
    octets: int | None
    """That may still pass, both ways; None: no limit."""


@dataclass(frozen=True, slots=True)
class Row:
    """One attribute that carries one right."""

    attribute_set: str
    """Whose attribute: a NAS lists the sets it understands."""
    attribute: str
    """Its name in the dictionary."""
    value: Callable[[Rights], int | None]
    """The right in the attribute's own unit; None leaves the attribute out."""


def _kilobits(bps: int | None) -> int | None:
    return None if bps is None else max(1, bps // 1000)


def _gigawords(octets: int | None) -> int | None:
    return None if octets is None or octets <= _MAX else octets >> _GIGAWORD


def _low_octets(octets: int | None) -> int | None:
    return None if octets is None else octets & _MAX


TABLE: Final = (
    Row("standard", "Session-Timeout", lambda r: r.session_seconds),
    Row("standard", "Idle-Timeout", lambda r: r.plan.idle_seconds),
    Row("standard", "Acct-Interim-Interval", lambda r: r.plan.interim_seconds),
    Row("wispr", "WISPr-Bandwidth-Max-Up", lambda r: r.plan.upload_bps),
    Row("wispr", "WISPr-Bandwidth-Max-Down", lambda r: r.plan.download_bps),
    Row("coovachilli", "CoovaChilli-Bandwidth-Max-Up", lambda r: _kilobits(r.plan.upload_bps)),
    Row("coovachilli", "CoovaChilli-Bandwidth-Max-Down", lambda r: _kilobits(r.plan.download_bps)),
    Row("coovachilli", "CoovaChilli-Max-Total-Octets", lambda r: _low_octets(r.octets)),
    Row("coovachilli", "CoovaChilli-Max-Total-Gigawords", lambda r: _gigawords(r.octets)),
)
"""Every value is a 32-bit number, so that a row compiles into a prefix and four octets."""


def encode_rights(rights: Rights, attribute_sets: Iterable[str]) -> bytes:
    """Return the octets of every attribute that carries `rights` to a NAS of these sets.

    The standard attributes always go along; a value beyond 32 bits is cut to the greatest.
    """
    encoded = b""
    for value_of, prefix in _compiled(frozenset(attribute_sets)):
        value = value_of(rights)
        if value is not None:
            encoded += prefix + min(value, _MAX).to_bytes(4, "big")
    return encoded


@cache
def _compiled(sets: frozenset[str]) -> tuple[tuple[Callable[[Rights], int | None], bytes], ...]:
    known = attributes().by_name
    wanted = sets | {"standard"}
    return tuple(
        (row.value, known[row.attribute].encode(0)[:-4])
        for row in TABLE
        if row.attribute_set in wanted
    )
