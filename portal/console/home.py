"""The first page: what needs this operator now, by role."""

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.console.asked import scope_of
from portal.console.attention import (
    Item,
    all_is_well,
    injunction_items,
    operator_items,
    radius_items,
    site_items,
)
from portal.console.controllers import controller_items, load_controllers
from portal.console.discard_queries import load_discards, load_set_aside
from portal.console.equipment_queries import load_checked_at, load_nas_to_look_at
from portal.console.estate import unwatched_since
from portal.console.live import look_of
from portal.console.live_picture import worst_first
from portal.console.live_queries import load_spots
from portal.console.places import CLOCK, DESK_URL, ENGINE, LAW, UNWATCHED_AFTER
from territory.access.operators import Operator
from territory.access.roles import Permission, may
from territory.access.sign_in import operator_of
from territory.database.tables import operator as operator_table
from territory.health.states import State
from territory.law.decisions import coverage
from territory.web.pages import render

SHOWN_SITES = 12


async def show_home(request: web.Request) -> web.StreamResponse:
    """The home of the operator's role; a custodian's leads to the requisition desk."""
    operator = operator_of(request)
    if may(operator.role, Permission.HANDLE_CASES):
        return render(request, "home_custodian.html", desk_url=request.app[DESK_URL])
    look, now = look_of(operator), request.app[CLOCK].now()
    async with request.app[ENGINE].connect() as db:
        spots = [spot for spot in await load_spots(db) if look.sees(spot)]
        items = site_items(spots, in_detail=look.in_detail)
        items += await _items(request, db, operator)
        checked_at = await load_checked_at(db)
    return render(
        request,
        "home.html",
        items=all_is_well(items, "sites"),
        spots=worst_first(spots)[:SHOWN_SITES],
        sites=len(spots),
        failing=sum(spot.state in {State.DOWN, State.DEGRADED} for spot in spots),
        working=sum(spot.state in {State.UP, State.ASLEEP} for spot in spots),
        open_sessions=sum(spot.sessions for spot in spots),
        in_detail=look.in_detail,
        unwatched=unwatched_since(checked_at, now, request.app[UNWATCHED_AFTER]),
        now=now,
    )


async def _items(request: web.Request, db: AsyncConnection, operator: Operator) -> list[Item]:
    items: list[Item] = []
    if may(operator.role, Permission.DECIDE_INJUNCTIONS):
        today = request.app[CLOCK].now().date()
        items += injunction_items(coverage(request.app[LAW](), today), today)
    if may(operator.role, Permission.SEE_EQUIPMENT):
        all_nas = await load_nas_to_look_at(db, scope_of(request))
        whole = operator.organisation_id is None
        discards = await load_discards(db, request.app[CLOCK].now()) if whole else []
        items += radius_items(all_nas, discards, await load_set_aside(db) if whole else [])
        items += controller_items(await load_controllers(db, scope_of(request)))
    if may(operator.role, Permission.MANAGE_OPERATORS):
        waiting = select(operator_table.c.login).where(
            operator_table.c.password_hash.is_(None), operator_table.c.disabled_at.is_(None)
        )
        items += operator_items((await db.execute(waiting)).scalars().all())
    return items
