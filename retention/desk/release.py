"""What lets a requisition go on: two custodians' override, a case prepared, signed receipts.

Nothing is released while a line is suspended, whoever asks: `prepare_line` looks at where the line
stands inside the transaction that moves it on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from retention.approvals import Approval, Decision, approve, enough
from retention.cases.case_file import CaseFile
from retention.cases.prepare import Order, PreparedCase, Preparer, load_holders, prepare_case
from retention.cases.question import Requisition
from retention.cases.receipt import Done, Receipt, read_receipt
from retention.desk.letter import ground_in_words
from retention.desk.register import OVERRIDE, Line, Signed, load_line, move
from retention.desk.scope import FaultCode
from retention.desk.states import Act, State, allowed
from retention.sealing.archive import Places
from territory.access.operators import Actor, Operator, record
from territory.database import tables
from territory.errors import ConfigurationError, Fault
from territory.law.grounds import Grounds

_ACTS = {Done.OPENED: Act.OPEN, Done.ANSWERED: Act.ANSWER}


def signed_by(operator: Operator, now: datetime) -> Signed:
    """Return who acts and when, for a step."""
    return Signed(Actor(operator.id, operator.login), now)


@dataclass(frozen=True, slots=True)
class Agreement:
    """What one custodian says who agrees."""

    by: Operator
    reason: str
    now: datetime
    waits: timedelta
    """How long it counts while it waits for the other's."""


async def override(db: AsyncConnection, line: Line, said: Agreement) -> tuple[Approval, ...]:
    """Agree that a suspended line goes on; the second custodian's word lets it.

    Whoever agrees twice agrees once. Return all who agreed; some may count no more.
    """
    if line.state is not State.SUSPENDED:
        return ()
    decision = Decision(line.id, OVERRIDE, said.waits)
    approvals = await approve(db, decision, said.by, said.reason, said.now)
    if enough(approvals, said.now):
        await move(db, line.id, Act.OVERRIDE, signed_by(said.by, said.now), said.reason)
    return approvals


def may(line: Line) -> frozenset[Act]:
    """Return what may be done with a line now.

    Where it is suspended it may become a hold only if its ground orders to keep, not to tell, and
    nothing else was found: nothing is released then.
    """
    acts = allowed(line.state)
    keeps_only = line.faults == (FaultCode.KEEPS_ONLY,)
    if line.state is State.SUSPENDED and not keeps_only:
        return acts - {Act.PRESERVE}
    return acts


@dataclass(frozen=True, slots=True)
class Release:
    """What is to be prepared, and for whom."""

    line_id: UUID
    logins: Sequence[str]
    """The two custodians."""
    by: Operator
    service: str | None = None
    """Whose answer it is, as an authority reads it; None: not described."""


async def prepare_line(
    engine: AsyncEngine, places: Places, law: Grounds, release: Release, now: datetime
) -> PreparedCase | None:
    """Return the case of a line that may be released; None: it may not, where it stands.

    Raises:
        ConfigurationError: the custodians cannot open what it needs, or could not sign for it.
        Unavailable: the archive cannot be read.
    """
    async with engine.begin() as db:
        mine = tables.requisition.c.id == release.line_id
        await db.execute(select(tables.requisition.c.id).where(mine).with_for_update())
        line = await load_line(db, release.line_id)
        if line is None or Act.PREPARE not in allowed(line.state):
            return None
        await _check_signers(db, release.logins)
        order = Order(
            requisition=act_of(line, law),
            questions=(line.entry.question,),
            logins=tuple(release.logins),
            preparer=Preparer(release.by.login, release.by.id, release.service),
        )
        made = await prepare_case(engine, places, order, now)
        by = signed_by(release.by, now)
        told = f"dossier {made.file.case}"
        await move(db, line.id, Act.PREPARE, by, told, case_id=made.file.case)
    return made


def act_of(line: Line, law: Grounds) -> Requisition:
    """Return the act as a case carries it: what its ground allows, and nothing more.

    Two custodians who override lift the conditions and the width, never what a ground lets out.
    """
    ground = law.ground(line.entry.ground)
    covered = ground.categories if ground else frozenset()
    wanted = line.entry.question.categories
    within = tuple(one for one in wanted if one in covered)
    return Requisition(
        reference=line.entry.reference,
        legal_ground=ground_in_words(line, law),
        authority=line.entry.asker.authority,
        number=line.name,
        allowed=within if ground else wanted,
    )


async def note_receipt(
    db: AsyncConnection, file: CaseFile, text: str, by: Operator, now: datetime
) -> Receipt | None:
    """Move a case on by a custodian's signed line; None: not theirs, not this case's, or too early.

    The first custodian signs that they opened it, the second that they answered.
    """
    receipt = _signed_receipt(file, text)
    if receipt is None:
        return None
    case = tables.case.c
    mine = case.id == file.case
    state = (await db.execute(select(case.state).where(mine).with_for_update())).scalar_one()
    before = {Done.OPENED: "prepared", Done.ANSWERED: "opened"}[receipt.done]
    if state != before:
        return None
    values = {"state": receipt.done.value}
    answered = {"answered_at": now} if receipt.done is Done.ANSWERED else {}
    await db.execute(update(tables.case).where(mine).values(**values, **answered))
    signed = signed_by(by, now)
    action = f"case.{receipt.done}"
    await record(db, signed.actor, action, str(file.case), now, sha256=receipt.sha256)
    line_id = select(tables.requisition.c.id).where(tables.requisition.c.case_id == file.case)
    found = (await db.execute(line_id)).scalar_one_or_none()
    if found:
        signer = file.first if receipt.done is Done.OPENED else file.second
        told = f"signée par {signer.login}, SHA-256 {receipt.sha256}"
        await move(db, found, _ACTS[receipt.done], signed, told)
    return receipt


def _signed_receipt(file: CaseFile, text: str) -> Receipt | None:
    signers = {Done.OPENED: file.first.signing_key, Done.ANSWERED: file.second.signing_key}
    for done, key in signers.items():
        receipt = read_receipt(text, key) if key else None
        if receipt and receipt.done is done and receipt.case == file.case:
            return receipt
    return None


async def _check_signers(db: AsyncConnection, logins: Sequence[str]) -> None:
    """Refuse custodians who could not sign for what they do."""
    holders = await load_holders(db)
    unable = [h.login for h in holders if h.login in logins and not h.signing_key]
    if unable:
        raise ConfigurationError([Fault("signing_key", f"expected for {', '.join(unable)}")])
