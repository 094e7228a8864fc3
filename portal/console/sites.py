"""Sites and what stands in each: the list and the page of one."""

from aiohttp import web

from portal.console.places import CLOCK, ENGINE
from portal.console.queries import load_sites, load_tunnel
from territory.access.sign_in import operator_of
from territory.web.pages import render


async def list_sites(request: web.Request) -> web.StreamResponse:
    """Every site the operator may see, with its state."""
    async with request.app[ENGINE].connect() as db:
        sites = await load_sites(db, operator_of(request).organisation_id)
    return render(request, "sites.html", sites=sites, now=request.app[CLOCK].now())


async def show_site(request: web.Request) -> web.StreamResponse:
    """One site; another organisation's is as if it did not exist."""
    organisation_id = operator_of(request).organisation_id
    async with request.app[ENGINE].connect() as db:
        sites = await load_sites(db, organisation_id, request.match_info["code"])
        if not sites:
            raise web.HTTPNotFound
        tunnel = await load_tunnel(db, sites[0].id)
    now = request.app[CLOCK].now()
    return render(request, "site.html", site=sites[0], tunnel=tunnel, now=now)
