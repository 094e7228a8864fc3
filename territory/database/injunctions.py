"""Decisions on injunctions as they are kept: recorded, listed, withdrawn, read as periods.

In the caller's transaction, with the audit line or not at all. A decision that is withdrawn keeps
its row: on its word something may have been destroyed.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from territory.access.audit import Act, append
from territory.access.operators import Actor
from territory.database.tables import injunction
from territory.law.decisions import Decision
from territory.law.durations import InjunctionState, Period

STANDING: Final = """
    SELECT state, first_day, until_day, ground FROM territory.injunction
    WHERE withdrawn_at IS NULL ORDER BY first_day, id
"""
"""What those ask who speak SQL of their own."""


class Row(Protocol):
    """A row of either driver, read by its columns' names."""

    def __getitem__(self, name: str, /) -> Any:
        """Return a column."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A decision with who recorded it, and whether it still counts."""

    id: UUID
    decision: Decision
    recorded_by: str
    recorded_at: datetime
    withdrawn_at: datetime | None
    withdrawn_by: str | None


def period_of(row: Row) -> Period:
    """Return the days that a row decides on."""
    state = InjunctionState(row["state"])
    return Period(state, row["first_day"], row["until_day"], row["ground"])


async def load_periods(db: AsyncConnection) -> tuple[Period, ...]:
    """Return the periods of all decisions that count."""
    column = injunction.c
    query = select(column.state, column.first_day, column.until_day, column.ground).where(
        column.withdrawn_at.is_(None)
    )
    return tuple(period_of(row) for row in (await db.execute(query)).mappings())


async def load_decisions(db: AsyncConnection) -> list[Recorded]:
    """Return every decision ever recorded, the last first."""
    query = select(injunction).order_by(injunction.c.recorded_at.desc(), injunction.c.id)
    return [_recorded(row) for row in (await db.execute(query)).mappings()]


def _recorded(row: Row) -> Recorded:
    decision = Decision(period_of(row), row["source"], row["decided_by"], row["decided_on"])
    names = ("id", "recorded_by", "recorded_at", "withdrawn_at", "withdrawn_by")
    return Recorded(decision=decision, **{name: row[name] for name in names})


async def record_decision(
    db: AsyncConnection, decision: Decision, by: Actor, now: datetime
) -> UUID:
    """Write a decision and its audit line; return its name. What is wrong with it was asked."""
    identifier, period = uuid4(), decision.period
    await db.execute(
        insert(injunction).values(
            id=identifier,
            state=period.state.value,
            first_day=period.first,
            until_day=period.until,
            ground=period.ground.strip(),
            source=decision.source.strip(),
            decided_by=decision.decided_by.strip(),
            decided_on=decision.decided_on,
            recorded_by=by.name,
            recorded_at=now,
        )
    )
    detail = {
        "state": period.state.value,
        "from": str(period.first),
        "until": str(period.until),
        "ground": period.ground.strip(),
    }
    await append(
        db, now, by.operator_id, by.name, Act("injunction.recorded", str(identifier), detail)
    )
    return identifier


async def withdraw(db: AsyncConnection, identifier: UUID, by: Actor, now: datetime) -> bool:
    """Have a decision count no more, with its audit line; False: there is none that counts."""
    wanted = (injunction.c.id == identifier) & injunction.c.withdrawn_at.is_(None)
    done = await db.execute(
        update(injunction).where(wanted).values(withdrawn_at=now, withdrawn_by=by.name)
    )
    if not done.rowcount:
        return False
    await append(db, now, by.operator_id, by.name, Act("injunction.withdrawn", str(identifier), {}))
    return True
