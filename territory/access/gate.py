"""Every route says whom it is for; a route that says nothing is refused.

``page`` declares a route with its permission. The guard that stands before every handler
(territory/access/sign_in.py) looks the route up here; tests walk the same table.
"""

from aiohttp import web
from aiohttp.typedefs import Handler

from territory.access.roles import Permission

PERMISSIONS: web.AppKey[dict[web.AbstractRoute, Permission]] = web.AppKey("PERMISSIONS", dict)


def page(
    app: web.Application,
    path: str,
    permission: Permission,
    name: str | None = None,
    **handlers: Handler,
) -> None:
    """Add a page: its handlers by ``get=`` (HEAD goes with it) and ``post=``, its permission."""
    resource = app.router.add_resource(path, name=name)
    for method, handler in handlers.items():
        for verb in ("GET", "HEAD") if method == "get" else (method.upper(),):
            app[PERMISSIONS][resource.add_route(verb, handler)] = permission


def permission_of(request: web.Request) -> Permission | None:
    """The permission the matched route declares; None: undeclared, so refused."""
    return request.app[PERMISSIONS].get(request.match_info.route)


def url(request: web.Request, name: str, **parts: str) -> str:
    """The path of a named page of this application, its mount point included."""
    resource = request.app.router[name]
    return str(resource.url_for(**parts) if parts else resource.url_for())
