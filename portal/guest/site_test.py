"""`/essai`: that this is the portal, and what time it is, for the script of a site's bundle.

Two words in clear text, so that a shell can tell the portal from whatever else answers in its
place before the log-in, and a wrong clock from a right one.
"""

from aiohttp import web

from portal.guest.parts import portal_of


async def tell(request: web.Request) -> web.Response:
    """`socle` and the seconds since 1970."""
    seconds = int(portal_of(request).now().timestamp())
    return web.Response(text=f"socle {seconds}\n", headers={"Cache-Control": "no-store"})
