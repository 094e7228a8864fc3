"""Duplicate detection (RFC 5080 §2.2.2): a request sent again is decided once.

A NAS that hears nothing sends the same packet again: same source, same Identifier, same
authenticator. While the first is being worked on, the second is dropped; once it is answered, the
second gets the same octets. A new authenticator under the same Identifier is a new request.
Only verified packets come here, or anybody could put entries in a NAS's place.

Entries expire in the order they came, so expiry costs two looks for each new request; when all
places are taken the oldest goes, which costs a repeated decision and nothing else.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

LIFETIME_SECONDS: Final = 10.0
"""RFC 5080 §2.2.2 asks for 5 to 30."""
CAPACITY: Final = 65_536


@dataclass(slots=True)
class Entry:
    """A request that was seen, and its reply once there is one."""

    key: Hashable
    """Source, Identifier and receiving socket."""
    authenticator: bytes
    expires_at: float
    """Seconds of the monotonic clock `look_up` is given."""
    reply: bytes | None = None
    """What was answered; None while it is worked on."""


class DuplicateCache:
    """The requests of the last seconds."""

    def __init__(
        self, lifetime_seconds: float = LIFETIME_SECONDS, capacity: int = CAPACITY
    ) -> None:
        self._lifetime = lifetime_seconds
        self._capacity = capacity
        self._entries: OrderedDict[Hashable, Entry] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def look_up(self, key: Hashable, authenticator: bytes, now: float) -> tuple[Entry, bool]:
        """Return the request's entry, and whether it is new; `now` in monotonic seconds."""
        entries = self._entries
        known = entries.get(key)
        if known is not None:
            if known.authenticator == authenticator and known.expires_at > now:
                return known, False
            del entries[key]
        self._make_room(now)
        entry = entries[key] = Entry(key, authenticator, now + self._lifetime)
        return entry, True

    def forget(self, entry: Entry) -> None:
        """Drop a request that will not be answered, so that sending it again works it anew."""
        if self._entries.get(entry.key) is entry:
            del self._entries[entry.key]

    def _make_room(self, now: float) -> None:
        entries = self._entries
        for _ in range(2):
            if not entries:
                return
            oldest = next(iter(entries))
            if entries[oldest].expires_at > now and len(entries) < self._capacity:
                return
            del entries[oldest]
