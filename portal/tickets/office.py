"""Tickets are made, listed and revoked: the operators' side of `live.ticket*`.

Used by the console, the command line and the demonstration. A sheet's codes are derived from a seed
that is given back once and stored nowhere (`territory.rules.ticket_codes`). Who asks may only name
sites and organisations of their own: the caller scopes, by `organisation_id`.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import RowMapping, Select, case, func, insert, literal, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from territory.database.commands import InTransaction, Request, Target, ask_disconnect
from territory.database.tables import (
    admission,
    operator,
    organisation,
    plan,
    site,
    ticket,
    ticket_sheet,
)
from territory.keyring import Keyring
from territory.rules.ticket_codes import SEED_OCTETS, code_digest, codes_of
from territory.rules.tickets import State, Terms, Ticket

KEY: Final = "ticket"
"""What the keyring derives the key of codes' digests for."""
MOST_SHEETS: Final = 100
"""Shown at once, the newest first."""
REVOKED: Final = "ticket_revoked"
"""Why the rights ended of a ticket that was revoked."""
_ASKED_BY: Final = "ticket"
_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be made."""

    terms: Terms
    """What each ticket gives."""
    tickets: int
    """How many."""
    made_by: UUID | None
    """The operator; None: the command line."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Tickets made together."""

    id: UUID
    terms: Terms
    """What each gives."""
    tickets: int
    """How many there are."""
    made_at: datetime
    organisation: str
    """Its name."""
    site: str | None
    """The name of the one site they are good at; None: all of the organisation's."""
    plan: str
    """Its name."""
    made_by: str | None
    """The operator's name; None: the command line."""
    used: int
    """Of its tickets, how many were ever used."""
    revoked: int
    """How many were revoked."""
    online: int
    """How many somebody is online with."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """A ticket on its sheet."""

    number: int
    ticket: Ticket
    state: State
    reason: str | None
    """Why it was revoked."""


async def make_sheet(
    db: AsyncConnection, key: bytes, order: Order, now: datetime
) -> tuple[UUID, bytes]:
    """Make a sheet of tickets; return it and the seed of its codes, which nothing else holds.

    `key` is the keyring's key for `KEY`.
    """
    sheet_id, terms = uuid4(), order.terms
    values = {
        "id": sheet_id,
        "organisation_id": terms.organisation_id,
        "site_id": terms.site_id,
        "plan_id": terms.plan_id,
        "devices": terms.devices,
        "use_seconds": terms.use_seconds,
        "last_first_use": terms.last_first_use,
        "first_day": terms.first_day,
        "last_day": terms.last_day,
        "made_at": now,
        "made_by": order.made_by,
    }
    await db.execute(insert(ticket_sheet).values(values))
    for _ in range(_TRIES):
        seed = secrets.token_bytes(SEED_OCTETS)
        if await _write(db, sheet_id, codes_of(seed, order.tickets), key):
            return sheet_id, seed
    raise RuntimeError("no free codes: tickets cannot be so many")


async def _write(db: AsyncConnection, sheet_id: UUID, codes: Sequence[str], key: bytes) -> bool:
    """Write a sheet's tickets; False where one of the codes is another ticket's."""
    rows = [
        {
            "id": uuid4(),
            "sheet_id": sheet_id,
            "number": number,
            "code_digest": code_digest(code, key),
        }
        for number, code in enumerate(codes, start=1)
    ]
    try:
        async with db.begin_nested():
            await db.execute(insert(ticket), rows)
    except IntegrityError:
        return False
    return True


def key_of(keyring: Keyring) -> bytes:
    """Return the key of codes' digests."""
    return keyring.derive(KEY)


async def load_sheets(
    db: AsyncConnection, organisation_id: UUID | None, now: datetime, sheet_id: UUID | None = None
) -> list[Sheet]:
    """Return an organisation's sheets (None: all), the newest first; only one where given."""
    query = _sheets(now).limit(MOST_SHEETS)
    if organisation_id is not None:
        query = query.where(ticket_sheet.c.organisation_id == organisation_id)
    if sheet_id is not None:
        query = query.where(ticket_sheet.c.id == sheet_id)
    return [_sheet(row) for row in (await db.execute(query)).mappings()]


def _sheets(now: datetime) -> Select[Any]:
    mine = ticket.c.sheet_id == ticket_sheet.c.id
    told = func.live.tickets_online(ticket_sheet.c.id, literal(now)).table_valued("ticket_id")
    online = select(func.count()).select_from(told).scalar_subquery()
    lasts = func.make_interval(0, 0, 0, 2, 0, 0, ticket_sheet.c.use_seconds)
    may_run = literal(now) < ticket_sheet.c.last_first_use + lasts  # two days: a day, and a margin

    def counted(*conditions: Any) -> Any:
        return select(func.count()).where(mine, *conditions).scalar_subquery()

    return (
        select(
            ticket_sheet,
            organisation.c.name.label("organisation"),
            site.c.name.label("site"),
            plan.c.name.label("plan"),
            operator.c.display_name.label("maker"),
            counted().label("tickets"),
            counted(ticket.c.first_used_at.is_not(None)).label("used"),
            counted(ticket.c.revoked_at.is_not(None)).label("revoked"),
            case((may_run, online), else_=0).label("online"),
        )
        .join(organisation, organisation.c.id == ticket_sheet.c.organisation_id)
        .join(plan, plan.c.id == ticket_sheet.c.plan_id)
        .outerjoin(site, site.c.id == ticket_sheet.c.site_id)
        .outerjoin(operator, operator.c.id == ticket_sheet.c.made_by)
        .order_by(ticket_sheet.c.made_at.desc(), ticket_sheet.c.id)
    )


def _sheet(row: RowMapping) -> Sheet:
    return Sheet(
        id=row["id"],
        terms=_terms(row),
        tickets=row["tickets"],
        made_at=row["made_at"],
        organisation=row["organisation"],
        site=row["site"],
        plan=row["plan"],
        made_by=row["maker"],
        used=row["used"],
        revoked=row["revoked"],
        online=row["online"],
    )


def _terms(row: RowMapping) -> Terms:
    return Terms(
        organisation_id=row["organisation_id"],
        site_id=row["site_id"],
        plan_id=row["plan_id"],
        devices=row["devices"],
        use_seconds=row["use_seconds"],
        last_first_use=row["last_first_use"],
        first_day=row["first_day"],
        last_day=row["last_day"],
    )


async def load_tickets(db: AsyncConnection, sheet: Sheet, now: datetime) -> list[Numbered]:
    """Return a sheet's tickets in their order, each as it stands now."""
    told = select(func.live.tickets_online(sheet.id, now))
    online = set((await db.execute(told)).scalars())
    query = select(ticket).where(ticket.c.sheet_id == sheet.id).order_by(ticket.c.number)
    found = []
    for row in (await db.execute(query)).mappings():
        one = Ticket(row["id"], sheet.terms, row["first_used_at"], row["revoked_at"])
        state = one.state(now, is_online=one.id in online)
        found.append(Numbered(row["number"], one, state, row["revoked_reason"]))
    return found


async def revoke(
    db: AsyncConnection, sheet_id: UUID, number: int | None, reason: str, now: datetime
) -> int:
    """Revoke a sheet's ticket (None: all), end what it gave, and ask that its devices be cut off.

    Return how many were revoked.
    """
    whose = [ticket.c.sheet_id == sheet_id, ticket.c.revoked_at.is_(None)]
    if number is not None:
        whose.append(ticket.c.number == number)
    gone = update(ticket).where(*whose).values(revoked_at=now, revoked_reason=reason)
    ids = list((await db.execute(gone.returning(ticket.c.id))).scalars())
    ended = (
        update(admission)
        .where(
            admission.c.guest_id.in_(ids),
            admission.c.revoked_at.is_(None),
            admission.c.ends_at > now,
        )
        .values(revoked_at=now, revoked_reason=REVOKED)
        .returning(admission.c.id)
    )
    for admission_id in (await db.execute(ended)).scalars():
        target = Target(admission_id=admission_id)
        await ask_disconnect(InTransaction(db), target, Request(_ASKED_BY, now))
    return len(ids)
