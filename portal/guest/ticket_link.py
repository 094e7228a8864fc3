"""`/ticket/<code>`: what a ticket's QR code opens, for a guest who is not on the Wi-Fi yet.

A scanned address cannot know the guest's visit: that comes from the gateway, and no cookie may
carry the code there. So the page shows the code large, on the guest's own screen, says to join the
Wi-Fi first, and leads on where the guest is at a place of ours already. It looks no ticket up:
whether it is any good is told where it is used, under the limits for guesses.
"""

from aiohttp import web

from portal.guest.parts import portal_of
from portal.places import Gate
from portal.public_address import shared_address
from portal.records import load_sites_at
from territory.errors import Unavailable
from territory.rules.ticket_codes import Typo, format_code, parse_code
from territory.web.headers import client_address
from territory.web.pages import render

PATH = "/ticket/{code}"


def ticket_url(public_url: str, code: str) -> str:
    """Return what a ticket's QR code says; `code`: twelve digits."""
    return public_url + PATH.format(code=code)


async def show_ticket(request: web.Request) -> web.Response:
    """`GET /ticket/<code>`: the code, and the way to the page that takes it."""
    code = parse_code(request.match_info["code"])
    if isinstance(code, Typo):
        return render(request, "ticket.html", status=404, code="", gates=())
    here = PATH.format(code=code)
    gates = await _gates(request)
    return render(request, "ticket.html", code=format_code(code), gates=gates, here=here)


async def _gates(request: web.Request) -> list[Gate]:
    """Return the gateways the guest may be behind, by their public address."""
    portal = portal_of(request)
    address = shared_address(client_address(request))
    try:
        sites = await load_sites_at(portal.pool, address) if address else set()
    except Unavailable:
        sites = set()
    return [gate for gate in portal.directory.current.gates.values() if gate.place.id in sites]
