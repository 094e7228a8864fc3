"""Rows of security.authentication as PostgreSQL's binary COPY takes them; pure.

One row is made for every answer, so what is the same from one to the next (the NAS and its site,
the outcome and its reason) is encoded once, and a row is five pieces joined.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from struct import Struct
from typing import Final
from uuid import UUID

_EPOCH_SECONDS: Final = datetime(2000, 1, 1, tzinfo=UTC).timestamp()
"""PostgreSQL counts from here."""
_HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER: Final = b"\xff\xff"
_START: Final = Struct("!hiq")
"""Seven fields; the first, received_at, is 8 octets of microseconds."""
_FIELDS: Final = 7
_ABSENT: Final = b"\xff\xff\xff\xff"
_UUID: Final = (16).to_bytes(4, "big")
_MAC: Final = (6).to_bytes(4, "big")


def encode_outcome(
    received_at: float, nas: bytes, admission_id: UUID | None, device: bytes | None, told: bytes
) -> bytes:
    """Return one row in the format of COPY BINARY.

    Args:
        received_at: Unix time, seconds.
        nas: `encode_nas` of who asked.
        admission_id: of which admission, where one was found.
        device: 6 octets, where the request named one.
        told: `encode_told` of the outcome and its reason.
    """
    at = _START.pack(_FIELDS, 8, round((received_at - _EPOCH_SECONDS) * 1e6))
    admission = _ABSENT if admission_id is None else _UUID + admission_id.bytes
    return b"".join(
        (
            at,
            nas,
            admission,
            _ABSENT if device is None else _MAC + device,
            told,
        )
    )


def encode_nas(nas_id: UUID, site_id: UUID) -> bytes:
    """Return the two fields that name a NAS and its site, the same in each of its rows."""
    return _UUID + nas_id.bytes + _UUID + site_id.bytes


def encode_told(outcome: str, reason: str) -> bytes:
    """Return the last two fields: `accept` or `reject`, and why."""
    return b"".join(
        len(text).to_bytes(4, "big") + text for text in (outcome.encode(), reason.encode())
    )


def as_copied(rows: Iterable[bytes]) -> bytes:
    """Return what COPY security.authentication FROM STDIN BINARY takes."""
    return b"".join((_HEADER, *rows, _TRAILER))
