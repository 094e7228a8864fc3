"""What one NAS sent since it was last written down, and how far its clock is from ours.

Counted where requests are answered, a few additions each; `sightings` writes it every few seconds
into `live.nas_seen`, where supervision and the console read it.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Final
from uuid import UUID

SLOW_SECONDS: Final = 1.0
"""An answer that took longer is slow: not much later, a NAS asks again."""
CLOCK_RECORDS: Final = 9
"""Records whose times are weighed: one that was late, or was told wrong, moves no median."""


@dataclass(slots=True)
class Seen:
    """What one NAS sent since the last flush; the fields are `live.nas_seen`'s, in its order."""

    last_access_at: datetime | None = None
    last_accounting_at: datetime | None = None
    unsigned_packets: int = 0
    accepts: int = 0
    rejects: int = 0
    signed_since: datetime | None = None
    """First signed Access-Request of one that learns."""
    last_unsigned_at: datetime | None = None
    old_secret_at: datetime | None = None
    """Last packet under the secret that a rotation takes away."""
    next_secret_at: datetime | None = None
    """Last packet under the secret that a rotation brings in."""
    last_accept_at: datetime | None = None
    refused_in_row: int = 0
    """Rejects that speak of us or of the NAS (`policy.BLAMES_US`), since the last Accept."""
    refused_since: datetime | None = None
    """The first of them."""
    replies: int = 0
    reply_seconds: float = 0.0
    """Sum, from receipt to reply."""
    slow_replies: int = 0
    clock_offset_seconds: float | None = None
    """By how much its clock is ahead; None: it told no time."""

    def accepted(self, at: datetime) -> None:
        """Count an Accept: whatever was refused before is over."""
        self.accepts += 1
        self.last_accept_at = at
        if self.refused_in_row:
            self.refused_in_row, self.refused_since = 0, None

    def refused(self, at: datetime, *, is_ours: bool = True) -> None:
        """Count a Reject; one that speaks of us or of the NAS also in its row, no other."""
        self.rejects += 1
        if not is_ours:
            return
        self.refused_in_row += 1
        if self.refused_since is None:
            self.refused_since = at

    def answered(self, seconds: float) -> None:
        """Count how long an answer took."""
        self.replies += 1
        self.reply_seconds += seconds
        if seconds > SLOW_SECONDS:
            self.slow_replies += 1

    def add(self, earlier: "Seen") -> None:
        """Add what was counted before, and could not be written."""
        if self.last_accept_at is None:
            self.refused_in_row += earlier.refused_in_row
            self.refused_since = earlier.refused_since or self.refused_since
        for name in _INSTANTS:
            setattr(self, name, getattr(self, name) or getattr(earlier, name))
        self.signed_since = earlier.signed_since or self.signed_since
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(earlier, name))

    def used_secret(self, is_next: bool) -> None:
        """Say which secret of a rotation its last packet was under."""
        last = max(filter(None, (self.last_access_at, self.last_accounting_at)), default=None)
        if is_next:
            self.next_secret_at = last
        else:
            self.old_secret_at = last


_INSTANTS: Final = (
    "last_access_at",
    "last_accounting_at",
    "last_unsigned_at",
    "old_secret_at",
    "next_secret_at",
    "last_accept_at",
)
_SUMS: Final = (
    "unsigned_packets",
    "accepts",
    "rejects",
    "replies",
    "reply_seconds",
    "slow_replies",
)


class Clocks:
    """How far the clock of each NAS is ahead of ours, by its last records (RFC 2869 §5.3)."""

    def __init__(self) -> None:
        self._told: dict[UUID, deque[float]] = {}

    def note(self, nas_id: UUID, ahead_seconds: float) -> None:
        """Take what one record told."""
        known = self._told.get(nas_id)
        if known is None:
            known = self._told[nas_id] = deque(maxlen=CLOCK_RECORDS)
        known.append(ahead_seconds)

    def of(self, nas_id: UUID) -> float | None:
        """Return the median in seconds; None: it told no time."""
        known = self._told.get(nas_id)
        return median(known) if known else None

    def all(self) -> Mapping[UUID, float]:
        """Return the median of each that told its time."""
        return {nas_id: median(known) for nas_id, known in list(self._told.items())}
