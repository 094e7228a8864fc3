"""Which site or NAS a page is about: of whom the operator may see, or as if it did not exist."""

from aiohttp import web

from portal.console.estate import Nas, Site
from portal.console.places import ENGINE
from portal.console.queries import Scope, load_site, load_site_of_nas
from territory.access.roles import Permission, may
from territory.access.sign_in import operator_of


def scope_of(request: web.Request) -> Scope:
    """Which sites the operator of this request may see."""
    operator = operator_of(request)
    return Scope(operator.organisation_id, may(operator.role, Permission.SEE_UNLISTED))


async def asked_site(request: web.Request) -> Site:
    """The site that the address names.

    Raises:
        HTTPNotFound: there is none, or not for this operator.
    """
    async with request.app[ENGINE].connect() as db:
        found = await load_site(db, scope_of(request), request.match_info["code"])
    if found is None:
        raise web.HTTPNotFound
    return found


async def asked_nas(request: web.Request) -> tuple[Site, Nas]:
    """The NAS that the address names, with its site.

    Raises:
        HTTPNotFound: there is none, or not for this operator.
    """
    async with request.app[ENGINE].connect() as db:
        found = await load_site_of_nas(db, scope_of(request), request.match_info["nas"])
    if found is None:
        raise web.HTTPNotFound
    return found
