"""Duplicate detection (RFC 5080 §2.2.2): a request sent again is decided once.

A NAS that hears nothing sends the same packet again: same source, same Identifier, same
authenticator. While the first is being worked on, the second is dropped; once it is answered, the
second gets the same octets. A new authenticator under the same Identifier is a new request.
Only verified packets come here, or anybody could put entries in a NAS's place.

Entries live in two generations. The younger becomes the elder every few seconds, or when it is
full, and what is answered of the elder goes: nothing is looked at for each request. An answered one
forgotten too early costs a repeated decision; one still worked on is never forgotten, or a record
whose commit waits for the database would be recorded twice.
"""

from collections.abc import Hashable
from typing import Final

GENERATION_SECONDS: Final = 8.0
"""An entry lives one to three of these: RFC 5080 §2.2.2 asks for 5 to 30 s."""
CAPACITY: Final = 65_536
"""Entries of one generation."""


class Entry:
    """A request that was seen, and its reply once there is one."""

    __slots__ = ("authenticator", "key", "reply")

    def __init__(self, key: Hashable, authenticator: bytes) -> None:
        self.key = key
        """Source and Identifier."""
        self.authenticator = authenticator
        self.reply: bytes | None = None
        """What was answered; None while it is worked on."""


class DuplicateCache:
    """The requests of the last seconds."""

    def __init__(
        self, generation_seconds: float = GENERATION_SECONDS, capacity: int = CAPACITY
    ) -> None:
        self._seconds = generation_seconds
        self._capacity = capacity
        self._young: dict[Hashable, Entry] = {}
        self._old: dict[Hashable, Entry] = {}
        self._until = 0.0

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def look_up(self, key: Hashable, authenticator: bytes, now: float) -> tuple[Entry, bool]:
        """Return the request's entry, and whether it is new; `now` in monotonic seconds."""
        if now >= self._until or len(self._young) >= self._capacity:
            self._age(now)
        known = self._young.get(key) or self._old.get(key)
        if known is not None and known.authenticator == authenticator:
            return known, False
        entry = self._young[key] = Entry(key, authenticator)
        return entry, True

    def forget(self, entry: Entry) -> None:
        """Drop a request that will not be answered, so that sending it again works it anew."""
        for generation in (self._young, self._old):
            if generation.get(entry.key) is entry:
                del generation[entry.key]

    def _age(self, now: float) -> None:
        """Let what is answered of the elder go; of both, if nobody came for as long as that."""
        late = now >= self._until + self._seconds
        gone = (self._old, self._young) if late else (self._old,)
        self._old = {} if late else self._young
        self._young = {
            key: entry
            for generation in gone
            for key, entry in generation.items()
            if entry.reply is None
        }
        self._until = now + self._seconds
