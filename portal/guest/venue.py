"""`/lieu/<gateway>`: the place one is in, which phones offer beside the Wi-Fi's name (RFC 8908 §5).

What the public home shows of a place and its welcome, on a page of its own; a place that is not
listed has none. Nothing of it costs a query.
"""

from aiohttp import web

from portal.guest.parts import Portal, portal_of
from portal.guest.wording import PLACE_TYPES
from portal.places import Gate
from territory.web.pages import render


def venue_url(portal: Portal, gate: Gate) -> str | None:
    """Return the address of a gateway's place; None: it is not public."""
    return f"{portal.public_url}{_path(gate.code)}" if gate.place.listed else None


async def show_venue(request: web.Request) -> web.Response:
    """Return the page of a listed place."""
    gate = portal_of(request).directory.current.gates.get(request.match_info["gateway"])
    if gate is None or not gate.place.listed:
        raise web.HTTPNotFound
    return render(
        request,
        "venue.html",
        gate=gate,
        place=gate.place,
        publisher=gate.place.organisation,
        place_types=PLACE_TYPES,
        here=_path(gate.code),
    )


def _path(code: str) -> str:
    return f"/lieu/{code}"
