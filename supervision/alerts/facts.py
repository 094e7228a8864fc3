"""What is known at an instant, and of what a rule may ask. Pure: `reading.py` gathers it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from supervision.alerts.measures import Labels, Measures


@dataclass(frozen=True, slots=True)
class Place:
    """A site."""

    id: UUID
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A NAS, or an access point that is not well."""

    kind: str
    """nas or access_point."""
    code: str
    site: str
    """The site's code."""
    state: str
    reason: str
    """In words: what is seen, likely cause, first thing to try."""
    since: datetime
    """In this state."""
    consequence: bool = False
    """Not its own fault: what it hangs on is down."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """What the database says."""

    places: Mapping[str, Place]
    """By code."""
    pieces: tuple[Piece, ...]
    """Every NAS, and the access points that are down or degraded."""
    at_work: frozenset[str] = frozenset()
    """Codes of sites where announced work goes on: nothing is told of them."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known at an instant."""

    now: datetime
    fleet: Fleet | None
    """None: the database does not answer."""
    measures: Measures
    silent: frozenset[Labels]
    """Processes that do not answer, by component and worker."""
    starting: frozenset[Labels] = frozenset()
    """Processes that have not answered yet, and may be about to."""

    def sees_back(self, counter: str) -> bool:
        """Whether a counter was followed for the whole of its window."""
        return self.measures.has_followed(counter, self.now)
