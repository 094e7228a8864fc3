"""`/ticket/<code>`: what a ticket's QR code opens, for a guest who is not on the Wi-Fi yet.

    camera ──> /ticket/<code> ──on the Wi-Fi already──> .../connexion/<gateway> ──> gateway
                  │ code, large;                           │ cookie: the code           │
                  │ which Wi-Fi to join                    ▼                            ▼
                  └────────── typed by hand ──────> the ticket's form, filled in <── a visit

A scanned address cannot know the guest's visit: that comes from the gateway, to the browser that
goes there. Where that is the browser the camera opened, the code goes along in a cookie: set by a
tap alone, for ten minutes, sent to the ticket's form and nowhere else. Where it is another one, or
takes no cookie, the code is typed. No ticket is looked up here: whether it is any good is told
where it is used, under the limits for guesses. Nothing of ours logs an address.
"""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from aiohttp import web

from portal.guest.parts import portal_of, see_other
from portal.identification.ticket import KEPT
from portal.places import Gate
from portal.public_address import shared_address
from portal.records import load_sites_at
from portal.tickets.redeeming import load_public_networks
from territory.errors import Unavailable
from territory.rules.ticket_codes import Typo, format_code, parse_code
from territory.vocabulary import IdentificationMethod
from territory.web.headers import client_address, is_https
from territory.web.pages import render

PATH: Final = "/ticket/{code}"
NEXT_PATH: Final = PATH + "/connexion/{gateway}"
MOST_NETWORKS: Final = 3
"""Named on the page; where there are more, the ticket says which."""
_FORM: Final = f"/identification/{IdentificationMethod.TICKET}"
_KEPT_SECONDS: Final = 600


def ticket_url(public_url: str, code: str) -> str:
    """Return what a ticket's QR code says; `code`: twelve digits."""
    return public_url + PATH.format(code=code)


async def show_ticket(request: web.Request) -> web.Response:
    """`GET /ticket/<code>`: the code, the Wi-Fi to join, and the way to the page that takes it."""
    code = parse_code(request.match_info["code"])
    if isinstance(code, Typo):
        return render(request, "ticket.html", status=404, code="", gates=())
    gates = await _gates(request)
    return render(
        request,
        "ticket.html",
        code=format_code(code),
        gates=gates,
        networks=await _networks(request, {gate.place.id for gate in gates}),
        most_networks=MOST_NETWORKS,
        here=PATH.format(code=code),
    )


async def go_on(request: web.Request) -> web.Response:
    """`GET /ticket/<code>/connexion/<gateway>`: to the gateway, with the code for its form."""
    code = parse_code(request.match_info["code"])
    gate = portal_of(request).directory.current.gates.get(request.match_info["gateway"])
    if isinstance(code, Typo) or gate is None:
        raise web.HTTPNotFound
    response = see_other(gate.adapter.start(gate.registration).url)
    response.set_cookie(
        *(KEPT, code),
        path=_FORM,
        max_age=_KEPT_SECONDS,
        secure=is_https(request),
        httponly=True,
        samesite="Lax",
    )
    return response


async def _gates(request: web.Request) -> list[Gate]:
    """Return the gateways the guest may be behind, by their public address."""
    portal = portal_of(request)
    address = shared_address(client_address(request))
    try:
        sites = await load_sites_at(portal.pool, address) if address else set()
    except Unavailable:
        sites = set()
    return [gate for gate in portal.directory.current.gates.values() if gate.place.id in sites]


async def _networks(request: web.Request, here: Collection[UUID]) -> list[str]:
    """Return the names to join: those of the place the guest is at, else of all that take tickets;
    one more than are named where there are too many."""
    portal = portal_of(request)
    places = portal.directory.current.places
    takers = {place.id for place in places if IdentificationMethod.TICKET in place.methods}
    try:
        return await load_public_networks(portal.pool, here or takers, MOST_NETWORKS + 1)
    except Unavailable:
        return []
