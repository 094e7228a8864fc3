"""`/marque/<file>`: an organisation's logo, named by what it holds, so a phone asks for it once."""

from aiohttp import web

from portal.guest.parts import portal_of

_FOR_EVER = "public, max-age=31536000, immutable"
_NOTHING = "default-src 'none'; frame-ancestors 'none'; sandbox"
"""What the picture may do where somebody opens it by itself."""


async def send_logo(request: web.Request) -> web.Response:
    """Return a picture, or 404: it is nobody's now."""
    logo = portal_of(request).directory.current.logos.get(request.match_info["name"])
    if logo is None:
        raise web.HTTPNotFound
    return web.Response(
        body=logo.octets,
        content_type=logo.media_type,
        headers={"Cache-Control": _FOR_EVER, "Content-Security-Policy": _NOTHING},
    )
