"""What an authority has preserved beyond its day (CPCE L34-1 III bis): registered, then awaited.

    registered at the desk -> its case travels -> reseal.py (offline) -> take_in.py -> its own end

Only the rows in scope live on, resealed by two custodians; their day still dies on its day. What
retention asks of holds that wait is in waiting.py.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import IO
from uuid import UUID, uuid4

import pyarrow as pa
from sqlalchemy import insert, select, update
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from retention.cases.case_file import CaseFile, Holder, HoldOrder, objects_about
from retention.cases.prepare import (
    NOTHING_HELD,
    Order,
    choose,
    load_holders,
    seal_extract,
    write_case,
)
from retention.categories import SEALED
from retention.holds.scope import vaults_of
from retention.manifests import canonical, manifest
from retention.manifests.chain import Chain
from retention.sealing.archive import Places
from territory.access.audit import Act, append
from territory.database import tables
from territory.database.tables.columns import Category
from territory.errors import ConfigurationError, Fault, Unavailable
from territory.law.durations import add_months

LONGEST_MONTHS = 12
"""From the day it is decided to its end; what is needed longer is decided again before."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold as the register has it."""

    id: UUID
    requisition_id: UUID | None
    first_day: date
    last_day: date
    ends_on: date
    registered_at: datetime
    registered_by: str
    file: CaseFile
    """Its case, of the day it was registered."""
    executed_at: datetime | None

    @property
    def reaches_people(self) -> bool:
        """Whether accounts or identities are in its scope, which the desk cannot read."""
        return bool(vaults_of(self.file.questions))


@dataclass(frozen=True, slots=True)
class Execution:
    """With whom, and with what beside the archive, the case of a hold is made."""

    holders: Sequence[Holder]
    """The custodians there are now: any two of them may execute it, and could then open."""
    at: datetime
    logins: tuple[str, ...] = ()
    """The two who do; empty: the two of its register if they still can, else the only two."""
    held: Mapping[Category, pa.Table] = field(default_factory=lambda: NOTHING_HELD)
    """What the database still holds of accounts and identities, where it may be read."""

    def pair(self, registered: CaseFile) -> tuple[Holder, Holder]:
        """Return who opens, and who reseals.

        Raises:
            ConfigurationError: they are not two who can open, or the second could not sign.
        """
        are_there = {*registered.logins} <= {holder.login for holder in self.holders}
        return choose(self.holders, self.logins or (registered.logins if are_there else ()))


async def register(
    db: AsyncConnection,
    order: Order,
    ends_on: date,
    now: datetime,
    requisition_id: UUID | None = None,
) -> UUID:
    """Enter a hold, with an audit line; return its identifier.

    Args:
        db: one transaction.
        order: the act, what it is about, and the two custodians.
        ends_on: the first day on which what it preserves may not exist.
        now: the present instant.
        requisition_id: the act's line in the register; None: on the command line.

    Raises:
        ConfigurationError: its end is not within a year, or the custodians are not two who can
            open and sign.
    """
    check_end(ends_on, now.date())
    holders = await load_holders(db)
    first, second = choose(holders, order.logins)
    hold = uuid4()
    file = CaseFile(
        case=hold,
        requisition=order.requisition,
        questions=order.questions,
        prepared_at=now,
        prepared_by=order.preparer.name,
        first=first,
        second=second,
        days=(),
        objects=(),
        sites={},
        hold=HoldOrder(hold=hold, ends_on=ends_on, custodians=tuple(holders)),
    )
    days = sorted(day for question in order.questions for day in question.days)
    await db.execute(
        insert(tables.hold).values(
            id=hold,
            requisition_id=requisition_id,
            first_day=days[0],
            last_day=days[-1],
            ends_on=ends_on,
            registered_at=now,
            registered_by=order.preparer.name,
            content=json.loads(canonical.encode(file.model_dump())),
        )
    )
    act = Act("hold.registered", str(hold), {"ends_on": str(ends_on)})
    await append(db, now, order.preparer.operator_id, order.preparer.name, act)
    return hold


def check_end(ends_on: date, today: date) -> None:
    """Refuse an end that is not within a year.

    Raises:
        ConfigurationError: with what is expected.
    """
    latest = add_months(today, LONGEST_MONTHS)
    if not today < ends_on <= latest:
        expected = f"expected a day after today, {latest} at the latest"
        raise ConfigurationError([Fault("ends_on", expected)])


async def load_holds(db: AsyncConnection) -> list[Hold]:
    """Return every hold, the newest first."""
    query = select(tables.hold).order_by(tables.hold.c.registered_at.desc())
    return [_hold(row) for row in (await db.execute(query)).mappings()]


async def load_hold(db: AsyncConnection, hold: UUID) -> Hold | None:
    """Return one hold."""
    query = select(tables.hold).where(tables.hold.c.id == hold)
    row = (await db.execute(query)).mappings().one_or_none()
    return _hold(row) if row else None


async def move_end(db: AsyncConnection, hold: UUID, ends_on: date) -> None:
    """Note a new end; the next purge signs it into the chain, and then goes by it."""
    await db.execute(update(tables.hold).where(tables.hold.c.id == hold).values(ends_on=ends_on))


def write_hold(places: Places, hold: Hold, by: Execution, tar: IO[bytes]) -> CaseFile:
    """Write and return the case with which two custodians execute a hold: what is held today.

    Raises:
        ConfigurationError: it is over, the segments are not wrapped for these two custodians, or
            it is about people and what the database holds of them is not there.
        Unavailable: a day in its scope is not sealed yet, or nothing of them is held any more.
    """
    if hold.ends_on <= by.at.date():
        raise ConfigurationError([Fault("hold", f"it ended on {hold.ends_on}")])
    chain, questions = Chain.read(places.archive), hold.file.questions
    last = chain.last_day()
    if last is None or last < hold.last_day:
        when = manifest.sealable_from(hold.last_day)
        raise Unavailable(f"{hold.last_day} is not sealed yet: it will be on {when}")
    first, second = by.pair(hold.file)
    vaults = vaults_of(questions)
    if not vaults <= by.held.keys():
        expected = "it is about people: expected `socle hold prepare`, on the server"
        raise ConfigurationError([Fault("hold", expected)])
    touched = {(day, category) for one in questions for day in one.days for category in SEALED}
    objects = objects_about(chain, touched, dict.fromkeys(vaults, hold.first_day))
    extracts = [seal_extract(vault, by.held[vault], first, second) for vault in sorted(vaults)]
    if not objects and not any(extract.record.rows for extract in extracts):
        raise Unavailable("nothing is held any more of the days in its scope")
    order = HoldOrder(hold=hold.id, ends_on=hold.ends_on, custodians=tuple(by.holders))
    made = {
        "objects": objects,
        "extracts": tuple(extract.record for extract in extracts),
        "first": first,
        "second": second,
        "prepared_at": by.at,
        "hold": order,
    }
    file = hold.file.model_copy(update=made)
    write_case(places, file, tar, extracts)
    return file


def _hold(row: RowMapping) -> Hold:
    return Hold(
        id=row["id"],
        requisition_id=row["requisition_id"],
        first_day=row["first_day"],
        last_day=row["last_day"],
        ends_on=row["ends_on"],
        registered_at=row["registered_at"],
        registered_by=row["registered_by"],
        file=CaseFile.model_validate(row["content"]),
        executed_at=row["executed_at"],
    )
