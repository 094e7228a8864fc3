"""What came of a look, and what waits to be written of it.

    look -> Finding -> Backlog -> records.record, every second
                          ^  kept while the database is away

Of a state the newest alone is kept; of changes every one, in the order in which they were found.
A change is named by what it is about and when, so that writing it twice writes it once.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from supervision.facts import Evidence, RadiusFacts, Reading, SnmpFacts, Standing, Verdict
from supervision.fleet import Equipment, Key
from territory.health.states import State

MOST_CHANGES: Final = 50_000
"""Changes that wait at most: a fleet of ten thousand gone and come back, and again."""

Told = dict[str, object]
"""Evidence as it is kept: JSON, nothing of a person."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One judgement to be kept."""

    equipment: Equipment
    """With its standing before this look."""
    verdict: Verdict
    checked_at: datetime
    round_trip_seconds: float | None
    """None when it did not answer, or was not pinged: the last known one is kept."""
    evidence: Evidence
    planned: bool = False
    """During announced maintenance."""

    @property
    def changed(self) -> bool:
        """Whether the state is another than before; the first judgement is a change too."""
        standing = self.equipment.standing
        return standing is None or standing.state is not self.verdict.state

    @property
    def standing(self) -> Standing:
        """What the next look goes on from."""
        before = self.equipment.standing
        answered = self.round_trip_seconds is not None or bool(before and before.answered_before)
        since = before.since if before and not self.changed else None
        return Standing(
            self.verdict.state,
            answered,
            since or self.checked_at,
            self.verdict.reason,
            self.verdict.consequence,
        )


@dataclass(frozen=True, slots=True)
class Change:
    """One change of state, as a row of `live.state_change`."""

    finding: Finding

    @property
    def id(self) -> UUID:
        """The same however often it is written."""
        return uuid5(self.finding.equipment.id, self.finding.checked_at.isoformat())

    @property
    def previous(self) -> State | None:
        """None for the first judgement."""
        standing = self.finding.equipment.standing
        return standing.state if standing else None


def told(evidence: Evidence, at: datetime) -> Told:
    """Return what led to a judgement at an instant: what was absent or at rest is left out."""
    around, snmp, radius = evidence.around, evidence.snmp, evidence.radius
    parts: Told = {
        "readings": [_reading(each, at) for each in evidence.history],
        "radius": _radius(radius, at) if radius else None,
        "snmp": _snmp(snmp, at) if snmp else None,
        "controller": asdict(evidence.controller) if evidence.controller else None,
        "router": around.router,
        "tunnel": around.tunnel,
        "closed": around.may_sleep,
        "common_outage": around.common_outage,
        "own_network_silent_looks": evidence.voids,
    }
    return {name: part for name, part in parts.items() if part}


def _reading(reading: Reading, at: datetime) -> Told:
    seconds = reading.round_trip_seconds
    return {
        "seconds_before": _seconds(at, reading.at),
        "round_trip_seconds": None if seconds is None else round(seconds, 4),
        "tries": reading.tries,
    }


def _radius(radius: RadiusFacts, at: datetime) -> Told:
    return {
        "heard_seconds_before": _seconds(at, radius.last_heard_at),
        "open_sessions": radius.open_sessions,
        "overdue_sessions": radius.overdue_sessions,
        **{name: value for name, value in _of_guests(radius).items() if value},
    }


def _of_guests(radius: RadiusFacts) -> Told:
    return {
        "refused_in_row": radius.refused_in_row,
        "failed_log_ins": radius.failed_log_ins,
        "clock_offset_seconds": radius.clock_offset_seconds,
    }


def _snmp(snmp: SnmpFacts, at: datetime) -> Told:
    return {
        "misses": snmp.misses,
        "restarts": snmp.restarts,
        "restarted_seconds_before": _seconds(at, snmp.restarted_at),
        "error_ratio": snmp.error_ratio,
    }


def _seconds(at: datetime, before: datetime | None) -> float | None:
    return None if before is None else round((at - before).total_seconds(), 1)


@dataclass(frozen=True, slots=True)
class Batch:
    """What is written at once."""

    findings: Sequence[Finding]
    changes: Sequence[Change]

    def halves(self) -> tuple["Batch", ...]:
        """Two batches of what it has; none where it has but one thing."""
        states, changes = self.findings, self.changes
        if len(states) + len(changes) < 2:
            return ()
        if states and changes:
            return Batch(states, ()), Batch((), changes)
        half = (len(states) + len(changes)) // 2
        return Batch(states[:half], changes[:half]), Batch(states[half:], changes[half:])


class Backlog:
    """What waits to be written."""

    def __init__(self, most_changes: int = MOST_CHANGES) -> None:
        self._most_changes = most_changes
        self._findings: dict[Key, Finding] = {}
        self._changes: dict[UUID, Change] = {}

    def __len__(self) -> int:
        """How many states and changes wait."""
        return len(self._findings) + len(self._changes)

    def add(self, finding: Finding) -> bool:
        """Keep a finding, and the change that it is, until they are written.

        False: too many changes waited, and the oldest is lost.
        """
        self._findings[finding.equipment.key] = finding
        if not finding.changed:
            return True
        change = Change(finding)
        self._changes[change.id] = change
        if len(self._changes) <= self._most_changes:
            return True
        del self._changes[next(iter(self._changes))]
        return False

    def standings(self) -> dict[Key, Standing]:
        """What was found and is not written: newer than what the database holds."""
        return {key: finding.standing for key, finding in self._findings.items()}

    def batch(self) -> Batch:
        """Return all that waits; it waits on until `written`."""
        return Batch(tuple(self._findings.values()), tuple(self._changes.values()))

    def written(self, batch: Batch) -> None:
        """Forget what was written; what came meanwhile stays."""
        for finding in batch.findings:
            if self._findings.get(finding.equipment.key) is finding:
                del self._findings[finding.equipment.key]
        for change in batch.changes:
            self._changes.pop(change.id, None)
