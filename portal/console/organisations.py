"""The bodies that order sites and answer for them."""

from aiohttp import web
from sqlalchemy import func, select

from portal.console.places import ENGINE
from territory.access.sign_in import operator_of
from territory.database.tables import organisation, site
from territory.web.pages import render


async def list_organisations(request: web.Request) -> web.StreamResponse:
    """Each organisation with the number of its sites."""
    query = (
        select(organisation, func.count(site.c.id).label("sites"))
        .outerjoin_from(organisation, site, site.c.organisation_id == organisation.c.id)
        .group_by(organisation.c.id)
        .order_by(organisation.c.name)
    )
    own = operator_of(request).organisation_id
    if own is not None:
        query = query.where(organisation.c.id == own)
    async with request.app[ENGINE].connect() as db:
        rows = (await db.execute(query)).mappings().all()
    return render(request, "organisations.html", organisations=rows)
