"""The first page: what needs this operator now, by role."""

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.console.attention import (
    Item,
    all_is_well,
    operator_items,
    radius_items,
    site_items,
)
from portal.console.estate import Health, Site
from portal.console.places import CLOCK, DESK_URL, ENGINE
from portal.console.queries import load_discards, load_set_aside, load_sites
from territory.access.operators import Operator
from territory.access.roles import Permission, may
from territory.access.sign_in import operator_of
from territory.database.tables import operator as operator_table
from territory.web.pages import render


async def show_home(request: web.Request) -> web.StreamResponse:
    """The home of the operator's role; a custodian's leads to the requisition desk."""
    operator = operator_of(request)
    if may(operator.role, Permission.HANDLE_CASES):
        return render(request, "home_custodian.html", desk_url=request.app[DESK_URL])
    async with request.app[ENGINE].connect() as db:
        sites = await load_sites(db, operator.organisation_id)
        items = await _items(request, db, operator, sites)
    return render(
        request,
        "home.html",
        items=all_is_well(items, "sites"),
        sites=sorted(sites, key=lambda site: -site.health.rank),
        failing=sum(site.health in {Health.DOWN, Health.DEGRADED} for site in sites),
        open_sessions=sum(site.open_sessions for site in sites),
        equipment=[reading for site in sites for reading in site.readings],
        now=request.app[CLOCK].now(),
    )


async def _items(
    request: web.Request, db: AsyncConnection, operator: Operator, sites: list[Site]
) -> list[Item]:
    items = site_items(sites)
    if may(operator.role, Permission.SEE_EQUIPMENT):
        whole = operator.organisation_id is None
        discards = await load_discards(db, request.app[CLOCK].now()) if whole else []
        items += radius_items(sites, discards, await load_set_aside(db) if whole else [])
    if may(operator.role, Permission.MANAGE_OPERATORS):
        waiting = select(operator_table.c.login).where(
            operator_table.c.password_hash.is_(None), operator_table.c.disabled_at.is_(None)
        )
        items += operator_items((await db.execute(waiting)).scalars().all())
    return items
