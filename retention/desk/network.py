"""The desk answers the administration network alone: anywhere else gets one plain page.

The first thing done with a request, before sign-in and before any page: nothing of the desk is
told, not even that there is a sign-in. Refusals are counted and shown to custodians.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from territory.web.addresses import Network, is_trusted
from territory.web.headers import client_address

_PLAIN = (
    '<!doctype html><html lang="fr"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    "<title>Accès réservé</title><h1>Accès réservé</h1>"
    "<p>Ce site ne répond qu'au réseau d'administration.</p></html>"
)
log = structlog.get_logger()


@dataclass(slots=True)
class Refusals:
    """How often this process refused an address from elsewhere."""

    count: int = 0


REFUSALS = web.AppKey("REFUSALS", Refusals)


def admit_only(allowed: Sequence[Network], refusals: Refusals) -> Middleware:
    """Return the middleware that lets these networks in; the first refusal is logged."""

    @web.middleware
    async def admit(request: web.Request, handler: Handler) -> web.StreamResponse:
        if is_trusted(client_address(request), allowed):
            return await handler(request)
        refusals.count += 1
        if refusals.count == 1:
            log.warning("desk_asked_from_elsewhere")
        return web.Response(status=403, text=_PLAIN, content_type="text/html", charset="utf-8")

    return admit
