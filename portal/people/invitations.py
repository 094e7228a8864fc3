"""Rows of people who were invited to make an account: written by an operator, used once by them.

    console: letter with a link ──> its page, whatever browser ──> password chosen ──> account

The link is 128 random bits of which a digest is kept; the address waits sealed until its holder
has used it, and then lies where every account's does. Nothing here says whether there was an
account before: who has one chooses another password, as with a code.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import RowMapping, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.people.accounts import ACCOUNT, AccountKeys, choose_password
from portal.records import DEADLINE_SECONDS, Pool, reaching
from territory.database.tables import invitation, operator, site
from territory.messages.addresses import MailAddress

LINK_PATH: Final = "/invitation/"
LIFETIME: Final = timedelta(days=2)
MOST_OF_ADDRESS, MOST_OF_ORGANISATION = 3, 100
"""Letters a day to one address, and of one organisation."""
_DAY: Final = timedelta(days=1)

_FIND: Final = """
    SELECT id, site_id, address_sealed FROM live.invitation
    WHERE link_digest = $1 AND used_at IS NULL AND expires_at > $2
"""
_USE: Final = """
    UPDATE live.invitation SET used_at = $2, address_sealed = NULL
    WHERE id = $1 AND used_at IS NULL AND expires_at > $2 RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Invitation:
    """One that may still be used."""

    id: UUID
    site_id: UUID
    """The place that invites."""
    address_sealed: bytes = field(repr=False)
    """Whom, sealed."""


@dataclass(frozen=True, slots=True)
class Written:
    """An invitation about to be written."""

    site_id: UUID
    """The place that invites."""
    link: str = field(repr=False)
    """128 random bits, as its address has them."""
    address_digest: bytes = field(repr=False)
    """Keyed digest of whom."""
    address_sealed: bytes = field(repr=False)
    """Whom, sealed."""
    invited_by: UUID
    """The operator."""


async def record_invitation(db: AsyncConnection, written: Written, now: datetime) -> None:
    """Write an invitation, in the transaction that sends its letter."""
    values = {
        "id": uuid4(),
        "site_id": written.site_id,
        "link_digest": digest_of(written.link),
        "address_digest": written.address_digest,
        "address_sealed": written.address_sealed,
        "invited_by": written.invited_by,
        "invited_at": now,
        "expires_at": now + LIFETIME,
    }
    await db.execute(insert(invitation).values(values))


async def may_invite(
    db: AsyncConnection, organisation_id: UUID, address_digest: bytes, now: datetime
) -> bool:
    """Return whether today leaves room for a letter to an address, and of an organisation."""
    here = site.c.organisation_id == organisation_id
    to_them = invitation.c.address_digest == address_digest
    query = (
        select(func.count().filter(here), func.count().filter(to_them))
        .select_from(invitation)
        .join(site, site.c.id == invitation.c.site_id)
        .where(invitation.c.invited_at > now - _DAY)
    )
    written, received = (await db.execute(query)).one()
    return bool(written < MOST_OF_ORGANISATION and received < MOST_OF_ADDRESS)


async def load_invitations(
    db: AsyncConnection, organisation_id: UUID | None
) -> Sequence[RowMapping]:
    """Return the last invitations of an organisation (None: of all), without whom they are to."""
    query = (
        select(
            invitation.c.invited_at,
            invitation.c.expires_at,
            invitation.c.used_at,
            site.c.name.label("site"),
            operator.c.display_name.label("by"),
        )
        .join(site, site.c.id == invitation.c.site_id)
        .join(operator, operator.c.id == invitation.c.invited_by)
        .order_by(invitation.c.invited_at.desc())
        .limit(MOST_OF_ORGANISATION)
    )
    if organisation_id is not None:
        query = query.where(site.c.organisation_id == organisation_id)
    return (await db.execute(query)).mappings().all()


@reaching
async def find_invitation(pool: Pool, link: str, now: datetime) -> Invitation | None:
    """Return the invitation that a link leads to; None: there is none, it is used, or too late."""
    row = await pool.fetchrow(_FIND, digest_of(link), now, timeout=DEADLINE_SECONDS)
    return Invitation(**dict(row)) if row else None


@reaching
async def accept_invitation(
    pool: Pool,
    keys: AccountKeys,
    invited: Invitation,
    told: tuple[MailAddress, str],
    now: datetime,
) -> UUID | None:
    """Return the account of who was invited, with its password; None: used meanwhile.

    `told`: the address, as it was opened, and the password's hash.
    """
    address, encoded = told
    claims = keys.seal(json.dumps({"email": str(address)}))
    key = keys.of(ACCOUNT, address.key)
    async with pool.acquire(timeout=DEADLINE_SECONDS) as db, db.transaction():
        if await db.fetchval(_USE, invited.id, now, timeout=DEADLINE_SECONDS) is None:
            return None
        return await choose_password(db, key, (encoded, claims), now)


def digest_of(link: str) -> bytes:
    """Return what a link's 128 random bits are kept as: 32 octets."""
    return sha256(link.encode()).digest()
