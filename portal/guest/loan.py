"""`GET /mon-code`: from "connected" back to the page that takes the code, where access was lent.

The gateway has taken the guest away from our pages, so the visit that awaits the code is made anew
from the right it led to: of the same identifier, carrying the same challenge. It is worth what the
code is worth that somebody then types, and its page tells where the code went: so it is for a visit
that shows whose the right is, and not for who only comes from the place.
"""

from dataclasses import replace

from aiohttp import web

from portal.guest.granting import show_away
from portal.guest.parts import is_own, portal_of, see_other
from portal.guest.splash import read_current, show_restart
from portal.people.challenges import find_awaited
from portal.places import Gate
from portal.records import load_admission
from portal.visit import State, Visit, lent_again
from territory.errors import Unavailable

PATH = "/mon-code"


async def show_code(request: web.Request) -> web.Response:
    """Lead an admitted visit whose right is lent to its proof; any other begins again."""
    visit, gate = read_current(request, request.query.get("visit", ""))
    try:
        awaiting = await _awaiting(request, gate, visit)
    except Unavailable as failure:
        return show_away(request, gate, visit, failure)
    if awaiting is None:
        return show_restart(request, gate, visit)
    portal = portal_of(request)
    page = f"/preuve/{awaiting.method}?visit={portal.sign(awaiting)}"
    return see_other(f"{portal.public_url}{page}")


async def _awaiting(request: web.Request, gate: Gate, visit: Visit) -> Visit | None:
    """Return the visit that awaits a code; None: none does, or it is not theirs."""
    portal = portal_of(request)
    if visit.state is not State.ADMITTED or visit.admission is None:
        return None
    if not is_own(visit):
        return None
    now = portal.now()
    holding = await load_admission(portal.pool, visit.admission, now)
    if holding is None or not holding.admission.is_lent or not holding.admission.lives(now):
        return None
    right = holding.admission
    challenge = await find_awaited(portal.pool, right.id, gate.place.id, right.method, now)
    if challenge is None:
        return None
    lent = lent_again(visit, right.method, challenge, right.ends_at)
    return replace(lent, terms=right.terms_version)
