"""`/mes-donnees/effacement`: a guest has erased what no law makes us keep.

Asked on one page, which says what goes, what stays and why; done on the next. The right to go
online ends with it, and its gateway is told as after a log-out.
"""

from aiohttp import web

from portal.guest.information import about
from portal.guest.my_data import kept_after, own
from portal.guest.parts import log, portal_of
from portal.guest.splash import read_current
from portal.people.own_data import erase
from territory.web.forms import read_form
from territory.web.pages import render


async def ask_or_erase(request: web.Request) -> web.Response:
    """`POST`: show what it means; with `confirmed`, do it."""
    form = await read_form(request)
    portal = portal_of(request)
    visit, gate = read_current(request, form.get("visit", ""))
    right, held = await own(request, visit)
    is_done = form.get("confirmed") == "yes"
    if is_done:
        await erase(portal.pool, right, visit.guest, portal.now())
        log.info("own_data.erased", gateway=gate.code)
    return render(
        request,
        "erasure.html",
        is_done=is_done,
        has_guest=held.guest is not None,
        has_newsletter=bool(held.newsletters),
        kept=kept_after(request, held),
        **about(request, visit, gate),
    )
