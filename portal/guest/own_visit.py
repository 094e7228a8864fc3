"""A guest's own visit, kept by their browser while they pass through the gateway.

What the gateway is given of a visit can be read over the air (`parts.passing`), so the visit itself
stays here: in a cookie for ten minutes, sent to "ma connexion" alone and only over https. The guest
who comes there by what the gateway was given is led on to their own visit, which stands in the
page's address from then on. A browser that keeps no cookie shows what is left and logs out; for the
rest its guest proves again who they are (`proving_again`).
"""

from typing import Final

from aiohttp import web

from portal.guest.parts import is_own, page_of, portal_of
from portal.visit import LIFETIME, State, Visit, at
from territory.errors import ProtocolError
from territory.web.headers import is_https

PATH: Final = "/ma-connexion"
KEPT: Final = "connexion"
"""The cookie's name."""


def keep_own(request: web.Request, response: web.Response, own: Visit) -> None:
    """Have the browser keep an admitted visit for its way back from the gateway."""
    response.set_cookie(
        *(KEPT, portal_of(request).sign(own)),
        path=PATH,
        max_age=int(LIFETIME.total_seconds()),
        secure=is_https(request),
        httponly=True,
        samesite="Lax",
    )


def own_page(request: web.Request, visit: Visit) -> str:
    """Return the page of the visit that this browser kept, where `visit` is what a gateway was
    given of it; empty: there is none, or `visit` says as much itself."""
    if is_own(visit) or visit.guest is not None:
        return ""
    portal = portal_of(request)
    try:
        kept = at(portal.read(request.cookies.get(KEPT, "")), portal.now())
    except ProtocolError:
        return ""
    if kept.state is not State.ADMITTED or kept.admission != visit.admission:
        return ""
    return page_of(portal, kept) if is_own(kept) or kept.guest is not None else ""
