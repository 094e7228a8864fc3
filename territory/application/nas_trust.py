"""How far each NAS is trusted, and what a technician does about it: rotate its secret, let it
learn anew whether it signs.

A rotation keeps its gateway online: the next secret is valid beside the present one until the
gateway has been given it (`socle site render` writes it), then the old one goes. Both lie sealed.
The readings are what RADIUS last wrote of each NAS; what follows from them is pure. Every change is
one line of the audit log, and tells every component to look again.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any

from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    RowMapping,
    Table,
    Uuid,
    bindparam,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from territory.access.audit import Act, append
from territory.application.applying import new_secret
from territory.application.writing import CHANNEL, Authority
from territory.database.tables import gateway, nas, nas_seen, site
from territory.errors import ConfigurationError, Fault
from territory.keyring import Keyring
from territory.rules.mac_form import given_password
from territory.values import MIN_SECRET_CHARACTERS
from territory.vocabulary import MacPassword, MessageAuthenticatorRule

RECENT = timedelta(days=1)
"""How long an unsigned packet counts as present."""


def still_uses_old_secret(
    rotation_began_at: datetime | None, old_at: datetime | None, next_at: datetime | None
) -> bool:
    """Whether a NAS was not heard under the next secret, or not last; False without a rotation."""
    if rotation_began_at is None:
        return False
    return next_at is None or (old_at is not None and old_at >= next_at)


@dataclass(frozen=True, slots=True)
class NasTrust:
    """What is known of one NAS's proofs; no secret in it."""

    code: str
    site: str
    """Code of its site."""
    address: str
    """Where its packets come from, or the name in its certificate."""
    rule: MessageAuthenticatorRule
    """Whether it must sign, as described."""
    signed_since: datetime | None
    """First signed request, where the rule is `learn`."""
    last_unsigned_at: datetime | None
    """Last Access-Request without Message-Authenticator."""
    rotation_began_at: datetime | None
    """Two secrets are valid since; None: one is."""
    old_secret_at: datetime | None
    """In a rotation, last packet under the secret that goes."""
    next_secret_at: datetime | None
    """In a rotation, last packet under the secret that comes."""
    secret_is_short: bool
    """Whether its secret is shorter than a new one may be."""
    secret_is_shared: bool
    """Whether another NAS has the same: who holds one gateway could speak for the other."""

    def is_unsigned(self, now: datetime) -> bool:
        """Whether it sent an unsigned Access-Request in the last day."""
        return self.last_unsigned_at is not None and self.last_unsigned_at > now - RECENT

    @property
    def uses_old_secret(self) -> bool:
        """Whether, in a rotation, it was not heard under the next secret, or not last."""
        return still_uses_old_secret(
            self.rotation_began_at, self.old_secret_at, self.next_secret_at
        )


@dataclass(frozen=True, slots=True)
class NasSecrets:
    """What a technician types into a gateway, in clear."""

    present: str
    """The shared secret."""
    coming: str | None
    """The one a rotation brings in; None: no rotation."""
    mac_password: str | None
    """The password of MAC authentication, where it is given by the base."""


_TRUST = (
    select(
        nas.c.code,
        site.c.code.label("site"),
        nas.c.source_address,
        nas.c.tls_name,
        nas.c.require_message_authenticator,
        nas.c.shared_secret_sealed,
        nas.c.rotation_began_at,
        nas_seen.c.signed_since,
        nas_seen.c.last_unsigned_at,
        nas_seen.c.old_secret_at,
        nas_seen.c.next_secret_at,
    )
    .join_from(nas, gateway, nas.c.gateway_id == gateway.c.id)
    .join(site, nas.c.site_id == site.c.id)
    .outerjoin(nas_seen, nas_seen.c.nas_id == nas.c.id)
    .order_by(site.c.code, nas.c.code)
)


_ROTATING = (nas.c.id, nas.c.tls_name, nas.c.rotation_began_at)
_ROTATE = text(
    "SELECT territory.rotate_secret(:step, :code, :sealed, :at, :operator_id, :actor)"
).bindparams(bindparam("sealed", type_=LargeBinary), bindparam("operator_id", type_=Uuid))


async def load_nas_trust(db: AsyncConnection, keyring: Keyring) -> list[NasTrust]:
    """Return every NAS, by site and code.

    Raises:
        ConfigurationError: a secret was sealed with another master key.
    """
    rows = (await db.execute(_TRUST)).mappings().all()
    secrets = [keyring.open(row["shared_secret_sealed"]) for row in rows]
    held = Counter(secrets)
    return [
        _trust(row, secret, is_shared=held[secret] > 1)
        for row, secret in zip(rows, secrets, strict=True)
    ]


def _trust(row: RowMapping, secret: str, *, is_shared: bool) -> NasTrust:
    return NasTrust(
        code=row["code"],
        site=row["site"],
        address=str(row["source_address"] or row["tls_name"]),
        rule=MessageAuthenticatorRule(row["require_message_authenticator"]),
        signed_since=row["signed_since"],
        last_unsigned_at=row["last_unsigned_at"],
        rotation_began_at=row["rotation_began_at"],
        old_secret_at=row["old_secret_at"],
        next_secret_at=row["next_secret_at"],
        secret_is_short=len(secret) < MIN_SECRET_CHARACTERS and not row["tls_name"],
        secret_is_shared=is_shared and not row["tls_name"],
    )


async def read_secrets(
    db: AsyncConnection, keyring: Keyring, code: str, authority: Authority
) -> NasSecrets:
    """Return a NAS's secrets in clear; the reading is audited.

    Raises:
        ConfigurationError: no NAS has this code, or another master key sealed its secret.
    """
    row = await _row(db, code)
    present = keyring.open(row["shared_secret_sealed"])
    sealed = row["next_secret_sealed"]
    coming = None if sealed is None else keyring.open(sealed)
    given = row["mac_password"] == MacPassword.GIVEN
    await _audit(db, "nas.secret_read", code, authority)
    return NasSecrets(present, coming, given_password(coming or present) if given else None)


async def begin_rotation(
    db: AsyncConnection, seal: Callable[[str], bytes], code: str, authority: Authority
) -> None:
    """Make a next secret valid beside the present one.

    Raises:
        ConfigurationError: no NAS has this code, it is reached by RadSec, or rotates already.
    """
    row = await _row(db, code, *_ROTATING)
    if row["tls_name"] is not None:
        raise _refused(code, "expected a NAS with a shared secret: this one proves itself by TLS")
    if not await _rotate(db, "begun", code, authority, seal(new_secret())):
        raise _refused(code, "expected no rotation under way: finish it, or abandon it")


async def finish_rotation(
    db: AsyncConnection, code: str, authority: Authority, *, even_unseen: bool
) -> None:
    """Drop the old secret; the next one is the only one from now on.

    Args:
        db: a transaction of the owner, or of the portal.
        code: the NAS.
        authority: on whose word and when.
        even_unseen: also where the NAS was last heard under the old secret, or not at all.

    Raises:
        ConfigurationError: no rotation is under way, or the old secret is still in use.
    """
    row = await _row(db, code, *_ROTATING)
    seen = select(nas_seen.c.old_secret_at, nas_seen.c.next_secret_at)
    heard = (await db.execute(seen.where(nas_seen.c.nas_id == row["id"]))).first() or (None, None)
    if still_uses_old_secret(row["rotation_began_at"], *heard) and not even_unseen:
        raise _refused(code, "expected to be heard under the next secret (--force drops the old)")
    if not await _rotate(db, "finished", code, authority):
        raise _not_rotating(code)


async def abandon_rotation(db: AsyncConnection, code: str, authority: Authority) -> None:
    """Drop the next secret; the present one stays.

    Raises:
        ConfigurationError: no NAS has this code, or no rotation is under way.
    """
    await _row(db, code, nas.c.id)
    if not await _rotate(db, "abandoned", code, authority):
        raise _not_rotating(code)


async def forget_signature(db: AsyncConnection, code: str, authority: Authority) -> None:
    """Let a NAS whose rule is `learn` send unsigned requests again, until it next signs.

    The owner may, and so may the portal, for the console's button.

    Raises:
        ConfigurationError: no NAS has this code.
    """
    row = await _row(db, code, nas.c.id)
    values = {"signed_since": None, "unlearned_at": authority.now}
    await db.execute(
        insert(nas_seen)
        .values(nas_id=row["id"], unsigned_packets=0, accepts=0, rejects=0, **values)
        .on_conflict_do_update(index_elements=["nas_id"], set_=values)
    )
    await _tell(db)
    await _audit(db, "nas.signature_forgotten", code, authority)


async def _row(db: AsyncConnection, code: str, *columns: ColumnElement[Any] | Table) -> RowMapping:
    """Return a NAS: these columns of it, for whom not all may be read, else all."""
    query = select(*(columns or (nas,))).where(nas.c.code == code)
    row = (await db.execute(query)).mappings().first()
    if row is None:
        codes = list(await db.scalars(select(nas.c.code)))
        near = get_close_matches(code, codes, n=1)
        meant = f": did you mean {near[0]}?" if near else ""
        raise ConfigurationError([Fault("nas", f"expected a known nas, found {code}{meant}")])
    return row


async def _rotate(
    db: AsyncConnection, step: str, code: str, authority: Authority, sealed: bytes | None = None
) -> bool:
    """Take a step, with its audit line and its notice; False: not possible as it stands now."""
    values = {
        "step": step,
        "code": code,
        "sealed": sealed,
        "at": authority.now,
        "operator_id": authority.operator_id,
        "actor": authority.actor,
    }
    return bool((await db.execute(_ROTATE, values)).scalar_one())


async def _tell(db: AsyncConnection) -> None:
    await db.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})


async def _audit(db: AsyncConnection, action: str, code: str, authority: Authority) -> None:
    who = authority.operator_id, authority.actor
    await append(db, authority.now, *who, Act(action, code, {}))


def _not_rotating(code: str) -> ConfigurationError:
    return _refused(code, f"expected a rotation under way: socle nas rotate {code}")


def _refused(code: str, expected: str) -> ConfigurationError:
    return ConfigurationError([Fault(f"nas {code}", expected)])
