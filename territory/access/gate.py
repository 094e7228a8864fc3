"""Every route says whom it is for; a route that says nothing is refused.

``page`` declares a route with its permission. The guard that stands before every handler
(territory/access/sign_in.py) looks the route up here; tests walk the same table.
"""

from aiohttp import web
from aiohttp.typedefs import Handler

from territory.access.roles import Permission

PERMISSIONS: web.AppKey[dict[web.AbstractRoute, Permission]] = web.AppKey("PERMISSIONS", dict)
BY_THEMSELVES: web.AppKey[set[web.AbstractRoute]] = web.AppKey("BY_THEMSELVES", set)
"""Routes that browsers ask for without anybody's doing."""
LARGEST_FILES: web.AppKey[dict[web.AbstractRoute, int]] = web.AppKey("LARGEST_FILES", dict)
"""Octets of a form whose page takes files."""


def page(
    app: web.Application,
    path: str,
    permission: Permission,
    name: str | None = None,
    *,
    by_itself: bool = False,
    **handlers: Handler,
) -> None:
    """Add a page: its handlers by ``get=`` (HEAD goes with it) and ``post=``, its permission.

    ``by_itself``: browsers ask for it without anybody's doing, so it keeps no sign-in from ending.
    """
    resource = app.router.add_resource(path, name=name)
    for method, handler in handlers.items():
        for verb in ("GET", "HEAD") if method == "get" else (method.upper(),):
            route = resource.add_route(verb, handler)
            app[PERMISSIONS][route] = permission
            if by_itself:
                app[BY_THEMSELVES].add(route)


def take_files(app: web.Application, name: str, largest: int) -> None:
    """Have a named page's form bring files, of ``largest`` octets together with its fields."""
    app[LARGEST_FILES].update(dict.fromkeys(app.router[name], largest))


def permission_of(request: web.Request) -> Permission | None:
    """The permission the matched route declares; None: undeclared, so refused."""
    return request.app[PERMISSIONS].get(request.match_info.route)


def is_asked_by_itself(request: web.Request) -> bool:
    """Whether nobody did anything for this request to come."""
    return request.match_info.route in request.app[BY_THEMSELVES]


def largest_files_of(request: web.Request) -> int:
    """How large a form with files may be here; 0: the page takes none."""
    return request.app[LARGEST_FILES].get(request.match_info.route, 0)


def url(request: web.Request, name: str, **parts: str) -> str:
    """The path of a named page of this application, its mount point included."""
    resource = request.app.router[name]
    return str(resource.url_for(**parts) if parts else resource.url_for())
