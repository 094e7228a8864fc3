"""The numbered register as rows: a line entered, moved on by acts, read; each with its audit line.

A number is taken in the transaction that writes its line, under a lock: numbers of a year follow
one another without a gap, whatever is killed. A line never changes but for where it stands.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Select, func, insert, select, update
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from retention.cases.question import Question
from retention.desk.document import Document
from retention.desk.entry import Asker, Entry
from retention.desk.scope import FaultCode, ScopeFault, Sought, check
from retention.desk.states import BEGINNINGS, Act, State, advance
from retention.desk.words import PARIS
from territory.access.operators import Actor, record
from territory.database.locks import Lock
from territory.database.tables import requisition, requisition_step
from territory.law.grounds import Grounds

MOST_LINES = 500
"""On one page."""
OVERRIDE = "requisition.override"
"""What two custodians decide of a suspended line."""
_QUESTION: TypeAdapter[Question] = TypeAdapter(Question)
_LINE = [column for column in requisition.c if column.name != "document_sealed"]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the register."""

    id: UUID
    year: int
    number: int
    """In its year."""
    state: State
    entry: Entry
    registered_at: datetime
    registered_by: str
    faults: tuple[FaultCode, ...]
    """What suspended it; empty: nothing."""
    deadline_at: datetime
    document_sha256: str
    """Hexadecimal; empty: no act was joined."""
    document_type: str
    case_id: UUID | None
    closed_at: datetime | None

    @property
    def name(self) -> str:
        """`2026-0007`."""
        return f"{self.year}-{self.number:04}"

    @property
    def sought(self) -> Sought:
        """What the scope check looks at."""
        return sought_of(self.entry, bool(self.document_sha256))

    def is_overdue(self, now: datetime) -> bool:
        """Whether its deadline has passed and nothing has closed it."""
        return self.closed_at is None and self.deadline_at < now


@dataclass(frozen=True, slots=True)
class Signed:
    """Who does something with a line, and when."""

    actor: Actor
    now: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """One thing done with a line."""

    number: int
    at: datetime
    act: Act
    state: State
    login: str
    told: str
    """Reason, digest or number that goes with it; empty: none."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Which lines are looked for."""

    state: State | None = None
    """None: any."""
    open_only: bool = False
    urgent_only: bool = False
    text: str = ""
    """In the number, the reference or the authority; empty: any."""


def sought_of(entry: Entry, has_document: bool) -> Sought:
    """Return what the scope check looks at of an entry."""
    return Sought(
        ground=entry.ground,
        condition=entry.condition,
        magistrate=entry.asker.magistrate,
        issued_on=entry.issued_on,
        question=entry.question,
        has_document=has_document,
    )


async def enter(
    db: AsyncConnection, law: Grounds, entry: Entry, document: Document | None, by: Signed
) -> Line:
    """Write a line with the next number of its year; suspended where the scope check says so."""
    faults = check(sought_of(entry, document is not None), law)
    act = Act.SUSPEND if faults else Act.REGISTER
    year = by.now.astimezone(ZoneInfo(PARIS)).year
    await db.execute(select(func.pg_advisory_xact_lock(Lock.REGISTER)))
    last = select(func.coalesce(func.max(requisition.c.number), 0)).where(
        requisition.c.year == year
    )
    values = {
        "id": uuid4(),
        "year": year,
        "number": (await db.execute(last)).scalar_one() + 1,
        "state": BEGINNINGS[act],
        "registered_at": by.now,
        "registered_by": by.actor.name,
        "faults": [fault.code for fault in faults],
        "deadline_at": entry.deadline(law.delays),
        **_entry_values(entry),
        **_document_values(document),
    }
    row = (await db.execute(insert(requisition).values(values).returning(*_LINE))).mappings().one()
    line = _line(row)
    await _write_step(db, line, act, by, _codes(faults))
    if entry.replaces:
        await _replace(db, entry.replaces, line, by)
    return line


async def move(
    db: AsyncConnection, line_id: UUID, act: Act, by: Signed, told: str = "", **values: Any
) -> Line | None:
    """Move a line on, with its step and its audit line; None: the act is not allowed there."""
    mine = requisition.c.id == line_id
    found = await db.execute(select(requisition.c.state).where(mine).with_for_update())
    state = advance(State(found.scalar_one()), act)
    if state is None:
        return None
    values["state"] = state
    if state.is_end:
        values["closed_at"] = by.now
    query = update(requisition).where(mine).values(values).returning(*_LINE)
    line = _line((await db.execute(query)).mappings().one())
    await _write_step(db, line, act, by, told)
    return line


async def load_line(db: AsyncConnection, line_id: UUID) -> Line | None:
    """Return one line; None: there is none."""
    query = select(*_LINE).where(requisition.c.id == line_id)
    row = (await db.execute(query)).mappings().one_or_none()
    return _line(row) if row else None


async def line_of_case(db: AsyncConnection, case_id: UUID) -> Line | None:
    """Return the line a case was prepared for; None: it was made on the command line."""
    query = select(*_LINE).where(requisition.c.case_id == case_id)
    row = (await db.execute(query)).mappings().one_or_none()
    return _line(row) if row else None


async def load_lines(db: AsyncConnection, wish: Wish) -> list[Line]:
    """Return the lines looked for, the newest first."""
    query = _wished(wish).order_by(requisition.c.year.desc(), requisition.c.number.desc())
    return [_line(row) for row in (await db.execute(query.limit(MOST_LINES))).mappings()]


async def load_steps(db: AsyncConnection, line_id: UUID) -> list[Step]:
    """Return what was done with a line, in its order."""
    step = requisition_step.c
    query = select(requisition_step).where(step.requisition_id == line_id).order_by(step.number)
    return [
        Step(r["number"], r["at"], Act(r["act"]), State(r["state"]), r["login"], r["told"])
        for r in (await db.execute(query)).mappings()
    ]


async def load_document(db: AsyncConnection, line_id: UUID) -> bytes | None:
    """Return the sealed act of a line (age file); None: there is none."""
    query = select(requisition.c.document_sealed).where(requisition.c.id == line_id)
    sealed = (await db.execute(query)).scalar_one_or_none()
    return bytes(sealed) if sealed else None


def _wished(wish: Wish) -> Select[Any]:
    conditions: list[ColumnElement[bool]] = []
    if wish.state:
        conditions.append(requisition.c.state == wish.state)
    if wish.open_only:
        conditions.append(requisition.c.closed_at.is_(None))
    if wish.urgent_only:
        conditions.append(requisition.c.urgency != "")
    if wish.text:
        number = func.to_char(requisition.c.number, "FM9990000")
        name = func.concat(requisition.c.year, "-", number)
        searched = func.concat_ws(" ", name, requisition.c.reference, requisition.c.authority)
        conditions.append(searched.icontains(wish.text, autoescape=True))
    return select(*_LINE).where(*conditions)


async def _replace(db: AsyncConnection, old: UUID, line: Line, by: Signed) -> None:
    """Withdraw the line that this one corrects, where it is still suspended."""
    found = await load_line(db, old)
    if found and found.state is State.SUSPENDED:
        await move(db, old, Act.WITHDRAW, by, f"remplacée par {line.name}")


async def _write_step(db: AsyncConnection, line: Line, act: Act, by: Signed, told: str) -> None:
    step = requisition_step.c
    last = select(func.coalesce(func.max(step.number), 0)).where(step.requisition_id == line.id)
    values = {
        "requisition_id": line.id,
        "number": (await db.execute(last)).scalar_one() + 1,
        "at": by.now,
        "act": act,
        "state": line.state,
        "login": by.actor.name,
        "told": told,
    }
    await db.execute(insert(requisition_step).values(values))
    await record(db, by.actor, f"requisition.{act}", line.name, by.now, id=str(line.id))


def _codes(faults: Sequence[ScopeFault]) -> str:
    return ", ".join(fault.code for fault in faults)


def _entry_values(entry: Entry) -> dict[str, Any]:
    asker = {field.name: getattr(entry.asker, field.name) for field in fields(Asker)}
    return {
        **asker,
        "reference": entry.reference,
        "issued_on": entry.issued_on,
        "ground": entry.ground,
        "condition": entry.condition,
        "categories": list(entry.question.categories),
        "kind": entry.question.kind,
        "question": entry.question.model_dump(mode="json"),
        "received_at": entry.received_at,
        "deadline_asked": entry.deadline_asked is not None,
        "urgency": entry.urgency,
    }


def _document_values(document: Document | None) -> Mapping[str, Any]:
    if document is None:
        return {"document_type": ""}
    return {
        "document_sha256": document.sha256,
        "document_type": document.media_type,
        "document_sealed": document.sealed,
    }


def _line(row: RowMapping) -> Line:
    asker = Asker(**{field.name: row[field.name] for field in fields(Asker)})
    entry = Entry(
        asker=asker,
        reference=row["reference"],
        issued_on=row["issued_on"],
        ground=row["ground"],
        condition=row["condition"],
        question=_QUESTION.validate_python(row["question"]),
        received_at=row["received_at"],
        deadline_asked=row["deadline_at"] if row["deadline_asked"] else None,
        urgency=row["urgency"],
    )
    return Line(
        id=row["id"],
        year=row["year"],
        number=row["number"],
        state=State(row["state"]),
        entry=entry,
        registered_at=row["registered_at"],
        registered_by=row["registered_by"],
        faults=tuple(FaultCode(code) for code in row["faults"]),
        deadline_at=row["deadline_at"],
        document_sha256=bytes(row["document_sha256"] or b"").hex(),
        document_type=row["document_type"],
        case_id=row["case_id"],
        closed_at=row["closed_at"],
    )
