"""Throwing somebody out: a technician closes a device's sessions at a site, or all of a site's.

Asked for in two steps: the first page says whom it concerns, the button does it. The command and
its audit line are written together; the page then waits a few seconds for what the gateways said,
and says so where they have not answered yet. The device is not in the audit line, which stays.
"""

from uuid import UUID

from aiohttp import web

from portal.console.asked import asked_site
from portal.console.estate import Site
from portal.console.places import CLOCK, ENGINE
from territory.access.operators import record
from territory.access.sign_in import actor_of, form_of
from territory.database.commands import (
    InTransaction,
    OnEngine,
    Request,
    Target,
    ask_disconnect,
    await_result,
)
from territory.errors import ProtocolError
from territory.identifiers import MacAddress
from territory.web.pages import render

SHOWN_SECONDS = 5.0
"""The page waits so long for an answer."""
NOT_A_MAC = "L'adresse d'un appareil s'écrit par exemple 8a:56:7e:f9:10:e4."


async def show_disconnection(request: web.Request) -> web.StreamResponse:
    """One device, or the whole site: how many it would concern, and the buttons."""
    return _page(request, await asked_site(request))


async def disconnect(request: web.Request) -> web.StreamResponse:
    """Whom it would concern; once that is confirmed, ask for it and show what came of it."""
    site, form = await asked_site(request), form_of(request)
    try:
        device = _device(form.get("appareil", ""))
    except ProtocolError:
        return _page(request, site, fault=NOT_A_MAC, status=422)
    if form.get("confirmed") != "yes":
        return _page(request, site, device=device)
    command_id = await _ask(request, site, device)
    result = await await_result(OnEngine(request.app[ENGINE]), command_id, SHOWN_SECONDS)
    return _page(request, site, device=device, asked=True, result=result)


async def _ask(request: web.Request, site: Site, device: MacAddress | None) -> UUID:
    now = request.app[CLOCK].now()
    async with request.app[ENGINE].begin() as db:
        scope = "appareil" if device else "lieu"
        await record(db, actor_of(request), "site.disconnected", site.code, now, scope=scope)
        target = Target(site_id=site.id, device=device)
        return await ask_disconnect(InTransaction(db), target, Request("technician", now))


def _device(text: str) -> MacAddress | None:
    """Return the device typed; None: nothing was."""
    return MacAddress.parse(text.strip()) if text.strip() else None


def _page(
    request: web.Request, site: Site, *, status: int = 200, **shown: object
) -> web.StreamResponse:
    """The page; ``shown``: device, fault, asked, result, where there are any."""
    nothing = {"device": None, "fault": "", "asked": False, "result": None}
    return render(request, "disconnection.html", status=status, site=site, **nothing | shown)
