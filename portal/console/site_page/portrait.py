"""All that a site's page shows, as values. Pure; no person is in them.

portal/console/site_page/reading.py fills them. Instants are aware, UTC, by the server's clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from portal.console.estate import Site, Tunnel
from territory.health.reasons import Words
from territory.health.states import State
from territory.rules.answerability import Answerability
from territory.rules.availability import Availability
from territory.site_test.readings import NasSeen

UNKNOWN_DEVICE = "unknown_device"
"""The security log's word for a device that its address does not make known."""
DAY = timedelta(days=1)
"""What "lately" means on the page: its curve, its endings, its refusals."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of state of a piece of equipment of the site."""

    at: datetime
    kind: str
    """access_point or nas."""
    equipment: UUID
    name: str
    """As the page calls it; what is described no more has none left but its kind."""
    previous: State | None
    state: State
    words: Words
    consequence: bool
    planned: bool
    evidence: Mapping[str, Any]
    """As supervision kept it."""


@dataclass(frozen=True, slots=True)
class Sample:
    """How the site was at one moment."""

    at: datetime
    people: int
    """Sessions open."""
    state: State


@dataclass(frozen=True, slots=True)
class Window:
    """Announced maintenance."""

    begins_at: datetime
    ends_at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Ending:
    """How many sessions ended in one way, in the last day."""

    words: str
    sessions: int
    concluded: bool
    """By the base: nobody told the end."""


@dataclass(frozen=True, slots=True)
class Answers:
    """How many access requests of a NAS had one answer, in the last day."""

    nas: str
    is_accept: bool
    reason: str
    """The security log's word."""
    says: str
    remedy: str
    answers: int
    last_at: datetime

    @property
    def is_arrival(self) -> bool:
        """Whether it is how every phone begins: its gateway asks whether its address is known."""
        return not self.is_accept and self.reason == UNKNOWN_DEVICE


@dataclass(frozen=True, slots=True)
class Visit:
    """The last log-in of a NAS's synthetic guest."""

    began_at: datetime
    is_online: bool
    said: str
    """Observed, cause, first thing to try; or how it went."""
    steps: Mapping[str, float]
    """Those reached, with their seconds."""
    failed_step: str | None
    """The first that was not."""
    failures: int
    last_good_at: datetime | None
    counts_until: datetime
    """Older, it proves nothing of now."""


@dataclass(frozen=True, slots=True)
class NasDay:
    """What RADIUS and the synthetic guest tell of one NAS."""

    seen: NasSeen
    reply_seconds: float | None
    """From a request's receipt to its reply, on average; None: none was answered yet."""
    slow_share: float
    """Of replies that took over a second."""
    refused_in_row: int
    """People refused since the last who was let in."""
    refused_since: datetime | None
    visit: Visit | None


@dataclass(frozen=True, slots=True)
class Helper:
    """A service that helps people at the site."""

    name: str
    phone: str | None


@dataclass(frozen=True, slots=True)
class People:
    """Who is online, as numbers."""

    online: int
    """Sessions that are live."""
    overdue: int
    """Open, but their gateway has told nothing of them for too long."""


@dataclass(frozen=True, slots=True)
class Portrait:
    """The whole page."""

    site: Site
    now: datetime
    people: People
    tunnel: Tunnel | None = None
    answerability: Answerability | None = None
    """What an authority's question about the site would get; None: not looked at."""
    changes: Sequence[Change] = ()
    """The latest first."""
    samples: Sequence[Sample] = ()
    """Of the last day, in order."""
    windows: Sequence[Window] = ()
    """In force or to come, in order."""
    availability: Availability | None = None
    """Of the last thirty days; None: never judged."""
    endings: Sequence[Ending] = ()
    """The commonest first."""
    answers: Sequence[Answers] = ()
    """The commonest first."""
    uncounted: bool = False
    """There were too many to be counted."""
    days: Mapping[str, NasDay] = field(default_factory=dict)
    """By the NAS's code."""
    funnel: Mapping[str, int] = field(default_factory=dict)
    """Visits of today and the six days before, by step."""
    helpers: Sequence[Helper] = ()
    unwatched_since: datetime | None = None
    """Supervision has looked at nothing here since; None: it does."""

    @property
    def refusals(self) -> list[Answers]:
        """Access requests that were refused to people."""
        return [each for each in self.answers if not each.is_accept and not each.is_arrival]

    @property
    def arrivals(self) -> int:
        """Phones that were not known yet, and so sent to the log-in page."""
        return sum(each.answers for each in self.answers if each.is_arrival)

    def accepted(self, nas: str) -> int:
        """How many requests of a NAS were accepted in the last day."""
        return sum(each.answers for each in self.answers if each.nas == nas and each.is_accept)

    def refused(self, nas: str) -> int:
        """How many people were refused by a NAS in the last day."""
        return sum(each.answers for each in self.refusals if each.nas == nas)

    @property
    def in_force(self) -> Window | None:
        """The maintenance that is under way."""
        return next((each for each in self.windows if each.begins_at <= self.now), None)
