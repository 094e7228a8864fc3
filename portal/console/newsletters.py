"""Who agreed to an organisation's letters: how many, and the list for the agent who writes.

The list goes to an agent of that organisation and to nobody else of the territory; each time is a
line of the audit log, without an address. It is taken anew for each letter, since who has
withdrawn is no longer on it; each line brings the link that its reader can end the letters with.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from aiohttp import web
from sqlalchemy import RowMapping, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.console.places import CLOCK, ENGINE, LIST_KEYS, PUBLIC_URL
from portal.people.newsletter import link_of
from portal.spreadsheet import as_csv
from territory.access.operators import record
from territory.access.sign_in import actor_of, operator_of
from territory.database.tables import newsletter, organisation
from territory.web.pages import render

_COLUMNS: Final = (
    "adresse",
    "accord donné le",
    "ce qui a été montré",
    "lien pour ne plus recevoir",
)


async def show_newsletters(request: web.Request) -> web.StreamResponse:
    """What each organisation offers to write, and how many have agreed to it."""
    async with request.app[ENGINE].connect() as db:
        rows = await _count(db, operator_of(request).organisation_id)
    return render(request, "newsletters.html", rows=rows)


async def take_list(request: web.Request) -> web.StreamResponse:
    """The addresses of who agreed and has not withdrawn, of the agent's own organisation."""
    own, now = operator_of(request).organisation_id, request.app[CLOCK].now()
    if own is None:
        raise web.HTTPNotFound
    async with request.app[ENGINE].begin() as db:
        readers = await _readers(db, own)
        detail = {"addresses": len(readers)}
        await record(db, actor_of(request), "newsletter.listed", str(own), now, **detail)
    keys, public_url = request.app[LIST_KEYS], request.app[PUBLIC_URL]
    lines = [
        (
            keys.open(reader["address_sealed"]),
            reader["given_at"].date().isoformat(),
            f"{reader['sender']} : {reader['purpose']}",
            public_url + link_of(reader["id"], keys.link),
        )
        for reader in readers
    ]
    headers = {
        "Content-Disposition": 'attachment; filename="lettre-d-information.csv"',
        "Cache-Control": "no-store",
    }
    text = as_csv([_COLUMNS, *lines])
    return web.Response(text=text, content_type="text/csv", charset="utf-8", headers=headers)


async def _count(db: AsyncConnection, own: UUID | None) -> Sequence[RowMapping]:
    """Return the organisations that write or wrote (`own`: this one alone), with their readers."""
    stands = newsletter.c.withdrawn_at.is_(None)
    readers: Any = func.count(newsletter.c.id)
    query = (
        select(
            organisation.c.name,
            organisation.c.newsletter_sender,
            organisation.c.newsletter_purpose,
            readers.filter(stands).label("readers"),
            readers.filter(~stands).label("withdrawn"),
            func.max(newsletter.c.given_at).label("last_at"),
        )
        .outerjoin_from(organisation, newsletter)
        .group_by(organisation.c.id)
        .order_by(organisation.c.name)
    )
    if own is None:
        query = query.having(organisation.c.newsletter_sender.is_not(None) | (readers > 0))
    else:
        query = query.where(organisation.c.id == own)
    return (await db.execute(query)).mappings().all()


async def _readers(db: AsyncConnection, own: UUID) -> Sequence[RowMapping]:
    query = (
        select(newsletter)
        .where(newsletter.c.organisation_id == own, newsletter.c.withdrawn_at.is_(None))
        .order_by(newsletter.c.given_at, newsletter.c.id)
    )
    return (await db.execute(query)).mappings().all()
