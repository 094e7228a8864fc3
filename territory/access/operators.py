"""Operators' rows: add, list, disable, set a password, count an attempt. The shell over staff.*.

Every change appends its audit line in the same transaction. ``by`` is who makes the change: an
operator from a page, or the command line, whose actor is the word ``command line``.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import RowMapping
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from territory.access.audit import Act, append
from territory.access.roles import Role
from territory.access.throttle import Attempts, count_attempt, is_locked
from territory.database.tables import operator, sign_in, sign_in_link


@dataclass(frozen=True, slots=True)
class Operator:
    """A person who works with the base, as pages and audit lines know them."""

    id: UUID
    login: str
    """Professional e-mail address, lower case."""
    display_name: str
    role: Role
    organisation_id: UUID | None
    """Whose sites they see; None: the whole territory's (never so for an agent)."""
    has_password: bool = True
    """False until the first sign-in by link has set one."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, for the audit line."""

    operator_id: UUID | None
    name: str


COMMAND_LINE = Actor(None, "command line")


@dataclass(frozen=True, slots=True)
class NewOperator:
    """What is asked of whoever adds an operator."""

    login: str
    display_name: str
    role: Role
    organisation_id: UUID | None = None


class Flaw(StrEnum):
    """What may be wrong with a new operator; the value is the command line's sentence."""

    LOGIN = "a login is a professional e-mail address"
    NAME = "a name has 1 to 100 characters"
    ORGANISATION = "an agent belongs to an organisation"
    TAKEN = "this login is taken"

    @property
    def french(self) -> str:
        """The pages' sentence."""
        return _FRENCH[self]


_FRENCH = {
    Flaw.LOGIN: "L'identifiant est une adresse électronique professionnelle.",
    Flaw.NAME: "Le nom affiché a de 1 à 100 caractères.",
    Flaw.ORGANISATION: (
        "Un agent appartient à un organisme ; un administrateur, un délégué à la protection des"
        " données ou un gardien, à aucun : ils sont de tout le territoire."
    ),
    Flaw.TAKEN: "Cet identifiant est déjà pris.",
}


def flaws_of(new: NewOperator) -> list[Flaw]:
    """What is wrong with a new operator; empty: nothing."""
    name, at, domain = new.login.partition("@")
    plain = new.login.isprintable() and " " not in new.login and len(new.login) <= 254
    checks = {
        Flaw.LOGIN: bool(name and at and "." in domain and plain),
        Flaw.NAME: 0 < len(new.display_name) <= 100,
        Flaw.ORGANISATION: new.role.fits(has_organisation=new.organisation_id is not None),
    }
    return [flaw for flaw, well in checks.items() if not well]


def normal_login(text: str) -> str:
    """A login as it is stored."""
    return text.strip().lower()


def as_operator(row: RowMapping) -> Operator:
    """The row of staff.operator as a value."""
    return Operator(
        id=row["id"],
        login=row["login"],
        display_name=row["display_name"],
        role=Role(row["role"]),
        organisation_id=row["organisation_id"],
        has_password=row["password_hash"] is not None,
    )


async def record(
    db: AsyncConnection, by: Actor, action: str, subject: str, now: datetime, **detail: object
) -> None:
    """Append an audit line for ``by``."""
    await append(db, now, by.operator_id, by.name, Act(action, subject, detail))


async def add_operator(
    db: AsyncConnection, new: NewOperator, by: Actor, now: datetime
) -> Operator | None:
    """The operator added, without a password yet; None where the login is taken."""
    values = {
        "id": uuid4(),
        "login": normal_login(new.login),
        "display_name": new.display_name,
        "role": new.role.value,
        "organisation_id": new.organisation_id,
        "created_at": now,
    }
    try:
        async with db.begin_nested():
            await db.execute(insert(operator).values(values))
    except IntegrityError:
        return None
    await record(db, by, "operator.added", str(values["login"]), now, role=new.role.value)
    return await operator_by_login(db, str(values["login"]))


async def operator_by_login(db: AsyncConnection, login: str) -> Operator | None:
    """The operator of that login, disabled or not."""
    query = select(operator).where(operator.c.login == normal_login(login))
    row = (await db.execute(query)).mappings().one_or_none()
    return as_operator(row) if row else None


async def operator_by_id(db: AsyncConnection, operator_id: UUID) -> Operator | None:
    """The operator of that id, disabled or not."""
    query = select(operator).where(operator.c.id == operator_id)
    row = (await db.execute(query)).mappings().one_or_none()
    return as_operator(row) if row else None


async def set_password(
    db: AsyncConnection, who: Operator, password_hash: str | None, by: Actor, now: datetime
) -> None:
    """Write the hash (None: only a link opens the door now) and end every sign-in of ``who``."""
    values = {"password_hash": password_hash, "failed_attempts": 0, "locked_until": None}
    await db.execute(update(operator).where(operator.c.id == who.id).values(values))
    await db.execute(delete(sign_in).where(sign_in.c.operator_id == who.id))
    action = "operator.password_set" if password_hash else "operator.password_erased"
    await record(db, by, action, who.login, now)


async def set_disabled(
    db: AsyncConnection, who: Operator, disabled: bool, by: Actor, now: datetime
) -> None:
    """Shut the operator out at once, links and sign-ins included, or let them back in."""
    values = {"disabled_at": now if disabled else None}
    await db.execute(update(operator).where(operator.c.id == who.id).values(values))
    await db.execute(delete(sign_in).where(sign_in.c.operator_id == who.id))
    await db.execute(delete(sign_in_link).where(sign_in_link.c.operator_id == who.id))
    action = "operator.disabled" if disabled else "operator.enabled"
    await record(db, by, action, who.login, now)


@dataclass(frozen=True, slots=True)
class Candidate:
    """The operator a login names, when a password may be looked at."""

    operator: Operator
    password_hash: str | None


async def begin_attempt(db: AsyncConnection, login: str, now: datetime) -> Candidate | None:
    """Count an attempt on ``login`` and return whom to verify; None: unknown, locked, disabled.

    Call it in a transaction of its own: it must be durable before the password is looked at.
    """
    query = select(operator).where(operator.c.login == normal_login(login)).with_for_update()
    row = (await db.execute(query)).mappings().one_or_none()
    if row is None or row["disabled_at"] is not None:
        return None
    attempts = Attempts(row["failed_attempts"], row["locked_until"])
    if is_locked(attempts, now):
        return None
    after = count_attempt(attempts, now)
    values = {"failed_attempts": after.failed, "locked_until": after.locked_until}
    await db.execute(update(operator).where(operator.c.id == row["id"]).values(values))
    if after.locked_until:
        by = Actor(row["id"], row["login"])
        await record(db, by, "sign_in.locked", row["login"], now, attempts=after.failed)
    return Candidate(as_operator(row), row["password_hash"])


async def forget_attempts(db: AsyncConnection, operator_id: UUID) -> None:
    """A right password was given: the count starts again."""
    values = {"failed_attempts": 0, "locked_until": None}
    await db.execute(update(operator).where(operator.c.id == operator_id).values(values))
