"""The list of sites, for every role that sees some."""

from uuid import UUID

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.console.equipment_queries import load_checked_at
from portal.console.estate import unwatched_since
from portal.console.live import look_of
from portal.console.live_queries import load_spots
from portal.console.places import CLOCK, ENGINE, UNWATCHED_AFTER
from portal.console.site_list import Wish, find
from territory.access.sign_in import operator_of
from territory.database.tables import organisation
from territory.health.states import State
from territory.web.pages import render


async def list_sites(request: web.Request) -> web.StreamResponse:
    """The sites the operator may see, the worst first, a page at a time."""
    look, now = look_of(operator_of(request)), request.app[CLOCK].now()
    async with request.app[ENGINE].connect() as db:
        spots = [spot for spot in await load_spots(db) if look.sees(spot)]
        organisations, checked_at = await _organisations(db), await load_checked_at(db)
    return render(
        request,
        "sites.html",
        listing=find(spots, organisations, Wish.read(request.query)),
        sites=len(spots),
        organisations=organisations,
        states=sorted(State, key=lambda state: -state.rank),
        in_detail=look.in_detail,
        unwatched=unwatched_since(checked_at, now, request.app[UNWATCHED_AFTER]),
        now=now,
    )


async def _organisations(db: AsyncConnection) -> dict[UUID, str]:
    rows = await db.execute(select(organisation.c.id, organisation.c.name))
    return {row.id: row.name for row in rows}
