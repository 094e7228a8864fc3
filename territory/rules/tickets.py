"""What a ticket gives, until when, and what stands in its way. Pure.

A ticket is for one site or for every site of an organisation. Its time runs from its first use, on
through every break, on so many devices at once; before that it waits, until the last day on which
it may be used first. Who holds it is not known: whoever types it has it.

```
 UNUSED ──first use──> BEGUN <──> ONLINE ──time is over──> ENDED
    │ last day is over        any of them ──revoked──> REVOKED
    └──> LAPSED
```
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from territory.identifiers import MacAddress
from territory.rules.quotas import day_of, end_of_day

MOST_TICKETS: Final = 500
"""Of one sheet."""
MOST_DEVICES: Final = 10
"""Of one ticket."""
LONGEST_USE: Final = timedelta(days=366)
SEAT: Final = timedelta(minutes=5)
"""A device that was let in holds its place so long, though its session has not been told yet."""


class Flaw(StrEnum):
    """Why a ticket does not let its guest in; a stable word for pages and counters."""

    UNKNOWN = "ticket_unknown"
    OTHER_SITE = "ticket_other_site"
    REVOKED = "ticket_revoked"
    ENDED = "ticket_ended"
    LAPSED = "ticket_lapsed"
    EARLY = "ticket_early"
    """Its first day has not come."""
    DEVICES = "ticket_devices"
    BLOCKED = "blocked"


class State(StrEnum):
    """Where a ticket is on its way, as operators see it."""

    UNUSED = "unused"
    ONLINE = "online"
    BEGUN = "begun"
    """Used, nobody is online with it now, and it has time left."""
    ENDED = "ended"
    LAPSED = "lapsed"
    """Never used, and now too late."""
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Terms:
    """What each ticket of a sheet gives."""

    organisation_id: UUID
    """Whose."""
    site_id: UUID | None
    """The one site it is good at; None: every site of the organisation."""
    plan_id: UUID
    """The rights it gives."""
    devices: int
    """At once."""
    use_seconds: int
    """From the first use."""
    last_first_use: date
    """Last day of first use, in Europe/Paris."""
    first_day: date | None = None
    """First day of use, in Europe/Paris; None: at once."""
    last_day: date | None = None
    """Nobody is online with it after that day, in Europe/Paris; None: as long as it lasts."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """One ticket, as its row holds it."""

    id: UUID
    """Opaque; admissions carry it as their guest's."""
    terms: Terms
    """What it gives."""
    first_used_at: datetime | None = None
    """Its time runs since; None: it waits."""
    revoked_at: datetime | None = None
    """Ended early at."""
    is_blocked: bool = False
    """Whether it may not be used for now."""

    @property
    def ends_at(self) -> datetime | None:
        """When its time is over; None: it has not begun."""
        if self.first_used_at is None:
            return None
        ends_at = self.first_used_at + timedelta(seconds=self.terms.use_seconds)
        last_day = self.terms.last_day
        return min(ends_at, end_of_day(last_day)) if last_day else ends_at

    def state(self, now: datetime, *, is_online: bool) -> State:
        """Return where it is on its way."""
        if self.revoked_at is not None:
            return State.REVOKED
        if self.ends_at is None:
            return State.LAPSED if self._is_late(now) else State.UNUSED
        if self.ends_at <= now:
            return State.ENDED
        return State.ONLINE if is_online else State.BEGUN

    def flaw_at(self, site_id: UUID, organisation_id: UUID, now: datetime) -> Flaw | None:
        """Return what stands in its way at a site; None: nothing but the number of devices."""
        terms = self.terms
        if organisation_id != terms.organisation_id or terms.site_id not in {None, site_id}:
            return Flaw.OTHER_SITE
        if self.revoked_at is not None:
            return Flaw.REVOKED
        if self.is_blocked:
            return Flaw.BLOCKED
        if self.ends_at is None:
            return self._wait_flaw(now)
        return Flaw.ENDED if self.ends_at <= now else None

    def _wait_flaw(self, now: datetime) -> Flaw | None:
        """Return why it cannot be begun now."""
        first_day = self.terms.first_day
        if first_day is not None and day_of(now) < first_day:
            return Flaw.EARLY
        return Flaw.LAPSED if self._is_late(now) else None

    def _is_late(self, now: datetime) -> bool:
        return day_of(now) > self.terms.last_first_use


@dataclass(frozen=True, slots=True)
class Seat:
    """A device that has one of a ticket's places."""

    device: MacAddress
    """Which."""
    taken_at: datetime
    """Last let in with the ticket at."""
    is_online: bool
    """Whether a session of it is open."""

    def is_held(self, now: datetime) -> bool:
        """Whether it cannot be given to another device without cutting this one off."""
        return self.is_online or now - self.taken_at < SEAT


def seats_to_free(
    seats: Sequence[Seat], device: MacAddress, places: int, now: datetime, *, instead: bool
) -> list[Seat] | None:
    """Return which devices give their place up to `device`; None: none will.

    A device that is no longer there gives it up by itself, the one gone longest first: a telephone
    that comes back under another address finds its place. One that is online gives it up only where
    the ticket's holder says so.

    Args:
        seats: the ticket's, whoever has them.
        device: who comes.
        places: how many the ticket has.
        now: the present instant, aware, UTC.
        instead: whether its holder would cut another device off.
    """
    others = [seat for seat in seats if seat.device != device]
    needed = len(others) + 1 - places
    if needed <= 0:
        return []
    leaving = sorted(others, key=lambda seat: (seat.is_held(now), seat.taken_at))[:needed]
    return leaving if instead or not any(seat.is_held(now) for seat in leaving) else None
