"""A second factor: one-time codes of six digits from a clock and a shared secret (RFC 6238).

The secret is shown once to its owner, as a QR code, and lies sealed by the keyring. A code is good
for its step of 30 s and the two beside it, and each step once: one that was seen over a shoulder,
or sent twice, opens nothing (RFC 6238 §5.2). Wrong codes are counted and lock as passwords do.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import pyotp
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from territory.access.operators import Actor, Operator, record
from territory.access.roles import Role
from territory.access.throttle import Attempts, count_attempt, is_locked
from territory.database.tables import second_factor, sign_in
from territory.keyring import Keyring

STEP_SECONDS: Final = 30
ISSUER: Final = "Socle"
_BESIDE: Final = (0, -1, 1)
"""Steps that a telephone's clock may be off."""


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """What an application that asks for a second factor needs."""

    roles: frozenset[Role]
    """Of whom it is asked."""
    keyring: Keyring
    """Seals the secrets."""


def step_of(secret: str, code: str, now: datetime, last_step: int) -> int | None:
    """Return the step a code is of; None: none, or one used up.

    Args:
        secret: shared, base32.
        code: as it was typed, blanks allowed.
        now: our clock.
        last_step: the last step a code was taken of; 0: none.
    """
    typed, generator = code.replace(" ", "").encode(), pyotp.TOTP(secret)
    present = int(now.timestamp()) // STEP_SECONDS
    for step in (present + off for off in _BESIDE):
        if step > last_step and hmac.compare_digest(generator.generate_otp(step).encode(), typed):
            return step
    return None


def enrolment_uri(secret: str, login: str) -> str:
    """Return what the QR code says to an authenticator (`otpauth://`)."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=ISSUER)


async def is_enrolled(db: AsyncConnection, operator_id: UUID) -> bool:
    """Whether an operator has given a first good code."""
    query = select(second_factor.c.confirmed_at).where(second_factor.c.operator_id == operator_id)
    return (await db.execute(query)).scalar_one_or_none() is not None


async def begin_enrolment(
    db: AsyncConnection, operator_id: UUID, keyring: Keyring, now: datetime
) -> str:
    """Return the secret to show: fresh, or the one that waits for its first code."""
    mine = second_factor.c.operator_id == operator_id
    query = select(second_factor.c.secret_sealed).where(mine).with_for_update()
    sealed = (await db.execute(query)).scalar_one_or_none()
    if sealed is not None:
        return keyring.open(sealed)
    secret = pyotp.random_base32()
    values = {"operator_id": operator_id, "secret_sealed": keyring.seal(secret), "made_at": now}
    await db.execute(insert(second_factor).values(values))
    return secret


async def spend_code(
    db: AsyncConnection, who: Operator, keyring: Keyring, code: str, now: datetime
) -> bool:
    """Use a code up; the first good one puts the second factor into use.

    Call it in a transaction that is committed whatever it returns: a wrong code is counted.
    """
    mine = second_factor.c.operator_id == who.id
    row = (
        (await db.execute(select(second_factor).where(mine).with_for_update()))
        .mappings()
        .one_or_none()
    )
    if row is None:
        return False
    attempts = Attempts(row["failed_attempts"], row["locked_until"])
    if is_locked(attempts, now):
        return False
    step = step_of(keyring.open(row["secret_sealed"]), code, now, row["last_step"])
    if step is None:
        after = count_attempt(attempts, now)
        values = {"failed_attempts": after.failed, "locked_until": after.locked_until}
        action = "second_factor.locked" if after.locked_until else "second_factor.refused"
    else:
        values = {"last_step": step, "failed_attempts": 0, "locked_until": None}
        values["confirmed_at"] = row["confirmed_at"] or now
        action = "second_factor.given" if row["confirmed_at"] else "second_factor.enrolled"
    await db.execute(update(second_factor).where(mine).values(values))
    await record(db, Actor(who.id, who.login), action, who.login, now)
    return step is not None


async def prove_sign_in(db: AsyncConnection, token_digest: bytes, now: datetime) -> None:
    """Write that a sign-in's second factor was given."""
    this = update(sign_in).where(sign_in.c.token_digest == token_digest)
    await db.execute(this.values(proved_at=now))


async def forget_second_factor(
    db: AsyncConnection, who: Operator, by: Actor, now: datetime
) -> bool:
    """Have an operator enrol anew, signed out everywhere; False: there was nothing to forget."""
    mine = second_factor.c.operator_id == who.id
    if not (await db.execute(delete(second_factor).where(mine))).rowcount:
        return False
    await db.execute(delete(sign_in).where(sign_in.c.operator_id == who.id))
    await record(db, by, "operator.second_factor_forgotten", who.login, now)
    return True
