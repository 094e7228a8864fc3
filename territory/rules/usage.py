"""What a plan leaves: time and data that remain of an admission, judged at one instant.

RADIUS turns the answer into Session-Timeout and quota attributes, the portal into a sentence for
the guest and into the captive portal API's counters: all three count alike because they ask here.
Time runs on the clock from the grant to the admission's end, online or not; data is what the
sessions of the admission have sent and received together.

Named tuples, because RADIUS makes these values for every Access-Request: each costs a fifth of a
frozen dataclass.
"""

from datetime import datetime
from typing import NamedTuple


class Allowance(NamedTuple):
    """What an admission grants: its plan's rights, fixed when it was written."""

    ends_at: datetime
    """The right ends then (aware, UTC)."""
    octets: int | None = None
    """Upload and download together; None: no limit."""
    revoked_at: datetime | None = None
    """Ended early at; nothing remains from then on."""


class Usage(NamedTuple):
    """What the sessions of an admission have used so far."""

    session_seconds: int = 0
    """Time online, of all sessions together."""
    upload_octets: int = 0
    """From the guest."""
    download_octets: int = 0
    """To the guest."""
    open_sessions: int = 0
    """Sessions that have not ended."""


NOTHING_USED = Usage()


class Remaining(NamedTuple):
    """What is left at one instant; whole, never negative."""

    seconds: int
    """Seconds until the admission ends."""
    octets: int | None
    """Octets that may still pass, both ways; None: no limit."""

    @property
    def exhausted(self) -> bool:
        """Whether nothing may pass any more."""
        return self.seconds == 0 or self.octets == 0


def remaining(allowance: Allowance, usage: Usage, now: datetime) -> Remaining:
    """Return what `allowance` leaves after `usage`, at `now` (aware, UTC)."""
    if allowance.revoked_at is not None and allowance.revoked_at <= now:
        return Remaining(seconds=0, octets=None if allowance.octets is None else 0)
    seconds = int((allowance.ends_at - now).total_seconds())
    return Remaining(max(0, seconds), _octets_left(allowance.octets, usage))


def _octets_left(granted: int | None, usage: Usage) -> int | None:
    if granted is None:
        return None
    return max(0, granted - usage.upload_octets - usage.download_octets)
