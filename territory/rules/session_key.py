"""The name of a RADIUS session across everything we keep.

A NAS's Acct-Session-Id is unique only to itself, and often only since its last restart; several
NAS may reach us from behind one address. So the key is made of the NAS we know, the handle it
gives itself, its Acct-Session-Id and the device: neighbours never close each other's sessions.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID

_NO_DEVICE = bytes(6)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANT_OCTETS = 8


def session_key(
    nas_id: UUID, nas_handle: bytes, acct_session_id: bytes, device: bytes | None
) -> bytes:
    """Return the 16 octets of a session's key: MD5 of its four parts, each of known length.

    Args:
        nas_id: the NAS, found by its packets' source address.
        nas_handle: NAS-Identifier, else the NAS's own address, as received.
        acct_session_id: as received (RFC 2866 §5.5).
        device: 6 octets, or None where the record names none.
    """
    lengths = bytes((len(nas_handle), len(acct_session_id)))
    octets = nas_id.bytes + lengths + nas_handle + acct_session_id + (device or _NO_DEVICE)
    return hashlib.md5(octets, usedforsecurity=False).digest()


def later_session_key(first_key: UUID, started_at: datetime) -> bytes:
    """Return the key of a later session under a name that `first_key` stands for; 16 octets.

    It holds the session's beginning (aware), so that two sessions of one name never share a key,
    whatever was forgotten in between.
    """
    instant = (started_at - _EPOCH) // timedelta(microseconds=1)
    octets = first_key.bytes + instant.to_bytes(_INSTANT_OCTETS, "big", signed=True)
    return hashlib.md5(octets, usedforsecurity=False).digest()
