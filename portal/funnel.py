"""How far guests get, counted by place, method and language: arrived to online, and refusals.

Each step is counted where it happens, by any process of the portal, in memory: a metric, and what
`daily_counts` writes to the database. `online` is counted for a visit that was handed back with a
right, once, in the ten minutes that follow: by what comes first of the page "connected", which its
gateway sends its guest to, and a session of that right, which RADIUS or the gateway tells of. What
is remembered of a visit until then is its right; nobody is known again by it. A synthetic guest is
nobody.
"""

from collections import Counter as Tally
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from prometheus_client import CollectorRegistry, Counter

from portal.admission import Admission
from portal.places import Gate
from portal.visit import LIFETIME, Visit

_MOST_REMEMBERED: Final = 20_000


class Step(StrEnum):
    """How far."""

    ARRIVED = "arrived"
    BEGUN = "begun"
    """A way in was chosen and its form taken: for some, a code is on its way."""
    IDENTIFIED = "identified"
    ADMITTED = "admitted"
    ONLINE = "online"
    REFUSED = "refused"
    """Sent back, with a reason: no step of its own, and no label of the metric."""


class Counted(NamedTuple):
    """What a daily count is of."""

    site: UUID
    """Where."""
    step: Step
    """How far."""
    method: str
    """Empty: none yet."""
    language: str
    """Of the pages."""
    reason: str = ""
    """Of a refusal: a word of ours."""


@dataclass(frozen=True, slots=True)
class _Awaited:
    """A visit that was handed back and is not seen online yet."""

    gate: Gate
    method: str
    language: str
    until: datetime


class Funnel:
    """The steps of guests, as a metric of the portal and as counts that are not written yet.

    Labels are bounded: a described site's code, a method's name, a language of ours.
    """

    def __init__(self, registry: CollectorRegistry, remembered: int = _MOST_REMEMBERED) -> None:
        self._visits = Counter(
            "socle_portal_visits",
            "Visits by the step they came to; arrived: no method yet.",
            ["step", "site", "method", "language"],
            registry=registry,
        )
        self._tally: Tally[Counted] = Tally()
        self._awaited: OrderedDict[UUID, _Awaited] = OrderedDict()
        self._remembered = remembered

    def arrived(self, gate: Gate, visit: Visit) -> None:
        """Count a phone that its gateway does not let through yet."""
        self._count(Step.ARRIVED, gate, "", visit.language)

    def begun(self, gate: Gate, visit: Visit, method: str) -> None:
        """Count a guest whose form a method has taken."""
        self._count(Step.BEGUN, gate, method, visit.language)

    def identified(self, gate: Gate, visit: Visit, method: str) -> None:
        """Count a guest who did what the site demands."""
        self._count(Step.IDENTIFIED, gate, method, visit.language)

    def admitted(self, gate: Gate, visit: Visit, admission: Admission, now: datetime) -> None:
        """Count a guest who is handed back with a right, fresh or held; they are awaited online."""
        self._count(Step.ADMITTED, gate, admission.method, visit.language)
        self._awaited.pop(admission.id, None)
        self._awaited[admission.id] = _Awaited(
            gate, admission.method, visit.language, now + LIFETIME
        )
        if len(self._awaited) > self._remembered:
            self._awaited.popitem(last=False)

    def online(self, admission: UUID) -> None:
        """Count a guest who is seen online by a right, where they are awaited by it."""
        seen = self._awaited.pop(admission, None)
        if seen is not None:
            self._count(Step.ONLINE, seen.gate, seen.method, seen.language)

    def awaited(self, now: datetime) -> list[UUID]:
        """Return the rights whose guests are awaited online; those whose time is over are not."""
        while self._awaited:
            first = next(iter(self._awaited))
            if now < self._awaited[first].until:
                break
            del self._awaited[first]
        return list(self._awaited)

    def refused(self, gate: Gate, visit: Visit, reason: str) -> None:
        """Count a visit that was sent back, by one of our words for why."""
        if gate.is_probe:
            return
        refusal = Counted(gate.place.id, Step.REFUSED, visit.method, visit.language, reason)
        self._tally[refusal] += 1

    def take(self) -> Mapping[Counted, int]:
        """Return what was counted since it was last taken."""
        taken, self._tally = self._tally, Tally()
        return taken

    def _count(self, step: Step, gate: Gate, method: str, language: str) -> None:
        if gate.is_probe:
            return
        self._visits.labels(step, gate.place.code, method, language).inc()
        self._tally[Counted(gate.place.id, step, method, language)] += 1
