"""`/attente`: a guest waits until their gateway has come and let them in.

The page looks again by itself every few seconds, unless its guest would rather not (WCAG 2.2.1),
and needs no script; what it looks at is in memory (`portal.without_radius.waiting`). Once the
gateway has said that it lets the guest through, the page becomes "connected"; when it has not come
within two minutes, the page says so, and what to do.
"""

from aiohttp import web

from portal.guest.identify import STILL
from portal.guest.parts import log, portal_of, see_other
from portal.guest.splash import read_current, show_restart
from portal.guest.without_radius import WAIT_PATH
from portal.visit import State
from portal.without_radius.waiting import Stand
from territory.web.pages import render

WAIT_SECONDS = 3
"""Between two looks."""


async def wait_for_gateway(request: web.Request) -> web.Response:
    """`GET /attente`."""
    token = request.query.get("visit", "")
    visit, gate = read_current(request, token)
    if visit.state is not State.ADMITTED or visit.admission is None:
        return show_restart(request, gate, visit)
    portal = portal_of(request)
    stand = portal.waiting.stand(gate.id, visit.admission, portal.now())
    if stand is Stand.ACKNOWLEDGED:
        return see_other(f"{portal.public_url}/ma-connexion?visit={token}")
    silent = stand is Stand.SILENT
    if silent:
        portal.metrics.refused.labels("gateway-silent").inc()
        log.warning("gateway.silent", gateway=gate.code)
    return render(
        request,
        "silent.html" if silent else "waiting.html",
        place=gate.place,
        publisher=gate.place.organisation,
        token=token,
        here=WAIT_PATH,
        url=gate.adapter.start(gate.registration).url if silent else f"{WAIT_PATH}?visit={token}",
        seconds=WAIT_SECONDS,
        looks_again=STILL not in request.query,
    )
