"""What just happened, for the first page: packets, rows and archive lines in one bounded list."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import count

_KEPT = 400


class Kind(StrEnum):
    """What an entry shows; the value is the word on the page."""

    ACT = "geste"
    PACKET = "paquet"
    ROW = "ligne"
    ARCHIVE = "archive"
    LETTER = "courrier"
    TEXT = "sms"
    ALERT = "alerte"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened."""

    number: int
    """1, 2, 3... in the order they were noted."""
    at: datetime
    """The demonstration's clock, UTC."""
    kind: Kind
    place: str
    """The site or the part of the base, in a few letters."""
    text: str
    """One line in French."""
    facts: tuple[tuple[str, str], ...] = ()
    """Names and values of the packet, the row or the archive line."""


class Journal:
    """The last 400 entries, newest first."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._entries: deque[Entry] = deque(maxlen=_KEPT)

    def note(
        self,
        at: datetime,
        kind: Kind,
        place: str,
        text: str,
        facts: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Add an entry."""
        entry = Entry(next(self._numbers), at, kind, place, text, tuple(facts))
        self._entries.appendleft(entry)

    def after(self, number: int) -> list[Entry]:
        """Return what was noted after entry `number`, newest first."""
        return [entry for entry in self._entries if entry.number > number]
