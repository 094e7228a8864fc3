"""`/captive-portal`: the captive portal API (RFC 8908), for gateways that name the device in it.

The gateway announces `…/captive-portal?nasid=<gateway>&mac=<device>` (RFC 8910), so each device has
an address of its own. Whether a device is somewhere is nobody's business, so the answer is given
only to a request that comes from that site; to anyone else, and for a device that never had an
admission here, there is nothing (404): a phone then finds the portal as it always did.

`can-extend-session` is true only while a tap on the page behind `user-portal-url` wins something
(`extension.py`; docs/decisions/captive-portal-api.md).
"""

import json

from aiohttp import web

from portal.admission import Holding
from portal.guest.parts import Portal, longer_right, portal_of, see_other
from portal.guest.venue import venue_url
from portal.places import Gate
from portal.public_address import is_from_site
from portal.records import load_admission_of
from territory.errors import ProtocolError
from territory.identifiers import MacAddress
from territory.rules.quotas import Standing
from territory.rules.usage import NOTHING_USED
from territory.web.headers import client_address

MEDIA_TYPE = "application/captive+json"


async def answer(request: web.Request) -> web.Response:
    """Return the state of one device, or send a browser on to the log-in page."""
    portal = portal_of(request)
    gate = _gate(portal, request.query.get("nasid", ""))
    if MEDIA_TYPE not in request.headers.get("Accept", ""):
        response = see_other(_portal_url(portal, gate))
        response.headers["Vary"] = "Accept"
        return response
    try:
        device = MacAddress.parse(request.query.get("mac", ""))
    except ProtocolError as fault:
        raise web.HTTPNotFound from fault
    if not await is_from_site(portal.pool, client_address(request), gate.place.id):
        raise web.HTTPNotFound
    holding = await load_admission_of(portal.pool, gate.place.id, device, portal.now())
    if holding is None:
        raise web.HTTPNotFound
    standing = holding.standing(gate.place.hours, portal.now())
    can_extend = longer_right(portal, gate, holding) is not None
    state = state_of(holding, standing, _portal_url(portal, gate), can_extend=can_extend)
    if url := venue_url(portal, gate):
        state["venue-info-url"] = url
    return web.Response(
        body=json.dumps(state).encode(),
        headers={
            "Content-Type": MEDIA_TYPE,
            "Cache-Control": "private, no-store",
            "Vary": "Accept",
        },
    )


def state_of(
    holding: Holding, standing: Standing, portal_url: str, *, can_extend: bool
) -> dict[str, bool | int | str]:
    """Return the object of RFC 8908 §5 for a device that has, or had, an admission.

    What remains, and whether more can be had, is told only to a device that is not captive;
    counters are whole numbers.
    """
    paused = holding.usage != NOTHING_USED and holding.usage.open_sessions == 0
    state: dict[str, bool | int | str] = {
        "captive": standing.stop is not None or paused,
        "user-portal-url": portal_url,
    }
    if not state["captive"]:
        state["can-extend-session"] = can_extend
        state["seconds-remaining"] = standing.seconds
        if standing.octets is not None:
            state["bytes-remaining"] = standing.octets
    return state


def _gate(portal: Portal, name: str) -> Gate:
    directory = portal.directory.current
    gate = directory.gates.get(directory.names.get(name, ""))
    if gate is None:
        raise web.HTTPNotFound
    return gate


def _portal_url(portal: Portal, gate: Gate) -> str:
    return f"{portal.public_url}/connexion/{gate.code}"
