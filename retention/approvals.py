"""What two custodians decide together: each agrees with a reason, and two different ones decide.

One small table for all such decisions: overriding a suspended requisition, moving a hold's end. The
database holds one line for each person, so that agreeing twice is agreeing once. An agreement waits
some days for the other one and then counts no more: what was true when it was given may not be now.
Nor does one count whose custodian has left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from sqlalchemy import and_, delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from territory.access.operators import Actor, Operator, record
from territory.access.roles import Permission, Role, may
from territory.database.tables import approval, operator

ENOUGH = 2
_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended(:decision, 0))")


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be decided."""

    subject: UUID
    """On what: a requisition, a hold."""
    act: str
    """A stable word such as `requisition.override`."""
    waits: timedelta
    """How long an agreement counts while it waits for the other one."""


@dataclass(frozen=True, slots=True)
class Approval:
    """One custodian's agreement."""

    operator_id: UUID
    login: str
    reason: str
    at: datetime
    until: datetime
    """From then on it counts no more."""
    is_theirs: bool = True
    """Whether who gave it may still decide; not after they left."""

    def counts(self, now: datetime) -> bool:
        """Whether it is one of the two that decide at `now`."""
        return self.is_theirs and now < self.until


def enough(approvals: Sequence[Approval], now: datetime) -> bool:
    """Whether the agreements that count at `now` are those of two different people."""
    return len({each.operator_id for each in approvals if each.counts(now)}) >= ENOUGH


def has_agreed(approvals: Sequence[Approval], operator_id: UUID, now: datetime) -> bool:
    """Whether one of the agreements that count at `now` is theirs."""
    return any(each.operator_id == operator_id and each.counts(now) for each in approvals)


async def approve(
    db: AsyncConnection, decision: Decision, by: Operator, reason: str, now: datetime
) -> tuple[Approval, ...]:
    """Write that `by` agrees, and an audit line; return all who did, in the order of time.

    Agreeing again changes nothing and is no line, unless the first time counts no more. One at a
    time for each decision: of two who agree at once the second sees the first, or neither would see
    enough.
    """
    await db.execute(_ALONE, {"decision": f"{decision.act} {decision.subject}"})
    await _forget_old(db, decision, by.id, now)
    values = {
        "subject": decision.subject,
        "act": decision.act,
        "operator_id": by.id,
        "login": by.login,
        "reason": reason,
        "approved_at": now,
    }
    written = await db.execute(insert(approval).values(values).on_conflict_do_nothing())
    if written.rowcount:
        actor, action = Actor(by.id, by.login), f"{decision.act}.approved"
        await record(db, actor, action, str(decision.subject), now)
    return await load_approvals(db, decision)


async def use_up(db: AsyncConnection, subject: UUID, acts: str) -> None:
    """Forget who agreed on `subject` to any act that begins with `acts`: it is decided.

    In the transaction that carries the decision out, so that nothing is decided again by what was
    agreed before; the audit log keeps who agreed.
    """
    written = approval.c
    await db.execute(
        delete(approval).where(written.subject == subject, written.act.startswith(acts))
    )


async def load_approvals(db: AsyncConnection, decision: Decision) -> tuple[Approval, ...]:
    """Return who agreed, in the order of time: those too whose agreement counts no more."""
    found = await load_by_act(db, decision)
    return found.get(decision.act, ())


async def load_by_act(db: AsyncConnection, begins: Decision) -> dict[str, tuple[Approval, ...]]:
    """Return who agreed on its subject, by each act that begins as this one, the last act first."""
    query = (
        select(approval, operator.c.role, operator.c.disabled_at)
        .join_from(approval, operator, operator.c.id == approval.c.operator_id)
        .where(approval.c.subject == begins.subject, approval.c.act.startswith(begins.act))
        .order_by(approval.c.act.desc(), approval.c.approved_at, approval.c.login)
    )
    rows = (await db.execute(query)).mappings().all()
    return {
        act: tuple(_approval(row, begins.waits) for row in group)
        for act, group in groupby(rows, key=lambda row: str(row["act"]))
    }


def _approval(row: RowMapping, waits: timedelta) -> Approval:
    return Approval(
        operator_id=row["operator_id"],
        login=row["login"],
        reason=row["reason"],
        at=row["approved_at"],
        until=row["approved_at"] + waits,
        is_theirs=row["disabled_at"] is None and may(Role(row["role"]), Permission.HANDLE_CASES),
    )


async def _forget_old(
    db: AsyncConnection, decision: Decision, operator_id: UUID, now: datetime
) -> None:
    """Make room for a new agreement of theirs where the one they gave counts no more."""
    written = approval.c
    theirs = and_(
        written.subject == decision.subject,
        written.act == decision.act,
        written.operator_id == operator_id,
    )
    await db.execute(delete(approval).where(theirs, written.approved_at <= now - decision.waits))
