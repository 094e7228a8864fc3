"""`/mes-donnees/effacement`: a guest has erased what no law makes us keep.

Asked on one page, which says what goes, what stays and why; done on the next. The right to go
online ends with it, and its gateway is told as after a log-out.
"""

from aiohttp import web

from portal.guest.information import about
from portal.guest.my_data import kept_after, opens
from portal.guest.parts import log, portal_of, show_refused
from portal.guest.splash import read_current
from portal.own_data import erase, load_held
from portal.throttle import GRANTS
from territory.errors import ProtocolError
from territory.web.forms import read_form
from territory.web.pages import render


async def ask_or_erase(request: web.Request) -> web.Response:
    """`POST`: show what it means; with `confirmed`, do it."""
    form = await read_form(request)
    portal = portal_of(request)
    try:
        visit, gate = read_current(request, form.get("visit", ""))
    except ProtocolError as refused:
        return show_refused(request, refused.reason)
    if visit.admission is None or not opens(visit):
        return show_refused(request, "not-theirs")
    if not portal.throttle.allows(GRANTS, "own data", str(visit.admission)):
        raise web.HTTPTooManyRequests(headers={"Retry-After": "600"})
    held = await load_held(portal.pool, visit.admission, visit.guest)
    if held is None:
        return show_refused(request, "no-data")
    is_done = form.get("confirmed") == "yes"
    if is_done:
        await erase(portal.pool, visit.admission, visit.guest, portal.now())
        log.info("own_data.erased", gateway=gate.code)
    return render(
        request,
        "erasure.html",
        is_done=is_done,
        has_guest=held.guest is not None,
        kept=kept_after(request, held),
        **about(request, visit, gate),
    )
