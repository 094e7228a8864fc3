"""What the desk shows at /metrics: counts of the register and of the cases that travel, no more.

Counted by the desk, whose role alone reads the register, and every few seconds: an urgent
requisition is late within the hour. No label names a line, an authority or a custodian.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from retention.desk.states import State
from territory.clock import Clock
from territory.database.tables import case, requisition

INTERVAL_SECONDS: Final = 15.0
OPEN_CASES: Final = ("prepared", "opened")
"""Where a case stands while it travels; answered, it is an end."""
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Counts:
    """The register at one instant, in numbers."""

    states: Mapping[str, int]
    """Its lines, by where they stand; a state without a line is left out."""
    late: int
    """Lines without an answer whose deadline has passed, the urgent ones left out."""
    urgent_late: int
    waiting: int
    """All lines without an answer."""
    cases: Mapping[str, int]
    """Cases that travel, of requisitions that wait or made on the command line."""


async def count(db: AsyncConnection, now: datetime) -> Counts:
    """Return the counts at `now`."""
    line = requisition.c
    is_open = line.closed_at.is_(None)
    is_late = is_open & (line.deadline_at < now)
    states = await db.execute(select(line.state, func.count()).group_by(line.state))
    waits = select(
        func.count().filter(is_late & (line.urgency == "")),
        func.count().filter(is_late & (line.urgency != "")),
        func.count().filter(is_open),
    )
    late, urgent_late, waiting = (await db.execute(waits)).one()
    travelling = (
        select(case.c.state, func.count())
        .outerjoin_from(case, requisition, line.case_id == case.c.id)
        .where(case.c.answered_at.is_(None), is_open)
        .group_by(case.c.state)
    )
    cases = await db.execute(travelling)
    return Counts(
        dict(states.all()),
        late,
        urgent_late,
        waiting,
        dict(cases.all()),
    )


class Metrics:
    """Every metric of the desk, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._states = Gauge(
            "socle_desk_requisitions",
            "Requisitions in the register, by where they stand.",
            ["state"],
            registry=self.registry,
        )
        self._cases = Gauge(
            "socle_desk_open_cases",
            "Cases that travel between their two custodians, by where they stand.",
            ["state"],
            registry=self.registry,
        )
        self._waiting = Gauge(
            "socle_requisitions_waiting",
            "Requisitions in the register without an answer yet.",
            registry=self.registry,
        )
        self._late = Gauge(
            "socle_requisitions_late",
            "Of them, those whose deadline has passed.",
            ["urgent"],
            registry=self.registry,
        )

    def show(self, counts: Counts) -> None:
        """Show the counts: each state of ours, nothing else that a row may hold."""
        for state in State:
            self._states.labels(state.value).set(counts.states.get(state, 0))
        for name in OPEN_CASES:
            self._cases.labels(name).set(counts.cases.get(name, 0))
        self._waiting.set(counts.waiting)
        self._late.labels("no").set(counts.late)
        self._late.labels("yes").set(counts.urgent_late)


class Watch:
    """Counts again and again, and knows whether the last time succeeded."""

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._is_well = False
        self.metrics = Metrics()

    async def is_well(self) -> bool:
        """The health check: whether the database was counted last time."""
        return self._is_well

    async def follow(self) -> None:
        """Count at every interval until cancelled; a failure is logged when it begins."""
        while True:
            await self.once()
            await asyncio.sleep(INTERVAL_SECONDS)

    async def once(self) -> None:
        """Count, and show it; where the database is away, what was shown stays."""
        try:
            async with asyncio.timeout(INTERVAL_SECONDS), self._engine.connect() as db:
                self.metrics.show(await count(db, self._clock.now()))
        except (DBAPIError, OSError, TimeoutError) as fault:
            if self._is_well:
                log.error("desk_not_counted", cause=type(fault).__name__)
            self._is_well = False
        else:
            self._is_well = True
