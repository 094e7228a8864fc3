"""`POST /prolonger`: a guest who is online asks for more time, by one tap.

The captive portal API tells the phone that it can be had (`can-extend-session`, RFC 8908 §5), and
`user-portal-url` leads to the page that has the button.
"""

from aiohttp import web

from portal.guest.connection import show_connection
from portal.guest.parts import (
    admitted_visit,
    log,
    longer_right,
    may_see,
    page_of,
    portal_of,
    see_other,
)
from portal.guest.splash import read_current, show_restart
from portal.lengthening import lengthen
from portal.records import load_admission
from portal.visit import State
from territory.web.forms import read_form
from territory.web.pages import page_context


async def extend(request: web.Request) -> web.Response:
    """Make the right of a guest last longer, or say that it cannot be."""
    form = await read_form(request)
    portal = portal_of(request)
    visit, gate = read_current(request, form.get("visit", ""))
    if visit.state is not State.ADMITTED:
        return show_restart(request, gate, visit)
    holding = None
    if visit.admission and await may_see(request, gate, visit):
        holding = await load_admission(portal.pool, visit.admission, portal.now())
    longer = longer_right(portal, gate, holding) if holding else None
    if holding is None or longer is None:
        return await show_connection(request, gate, visit)
    done = await lengthen(portal.pool, holding.admission, longer, portal.now())
    log.info("extension", gateway=gate.code, done=done)
    if not done:
        page_context(request)["not_extended"] = True
        return await show_connection(request, gate, visit)
    return see_other(page_of(portal, admitted_visit(visit, longer)))
