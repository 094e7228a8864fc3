"""A guest no longer wants an organisation's letters: by a letter's link, or on "mes données".

Opening the link ends nothing, since machines read mail first and follow what they find: its page
has one button. A mail program's own button posts there as well (RFC 8058 §3.1). The page says the
same whether the letters stand, ended before, or are long forgotten; so it tells nobody anything.
"""

from typing import Final
from uuid import UUID

from aiohttp import web

from portal.guest.my_data import own
from portal.guest.parts import log, portal_of, see_other
from portal.guest.splash import read_current
from portal.people.newsletter import LINK_PATH, read_link, withdraw, withdraw_all
from portal.people.own_data import note
from territory.errors import ProtocolError
from territory.web.forms import read_form
from territory.web.pages import render

PATH: Final = f"{LINK_PATH}{{link}}"
OWN_PATH: Final = "/mes-donnees/lettre"


async def ask(request: web.Request) -> web.Response:
    """`GET /lettre/<link>`: one button ends the letters."""
    _consent_of(request)
    here = request.path
    return render(request, "newsletter.html", is_over=False, path=here, here=here)


async def end(request: web.Request) -> web.Response:
    """`POST /lettre/<link>`: no letter any more."""
    portal = portal_of(request)
    await withdraw(portal.pool, _consent_of(request), portal.now())
    log.info("newsletter.withdrawn", by="link")
    return render(request, "newsletter.html", is_over=True)


async def end_own(request: web.Request) -> web.Response:
    """`POST /mes-donnees/lettre`: whoever looks at their own data ends the letters there."""
    form = await read_form(request)
    portal = portal_of(request)
    visit, _ = read_current(request, form.get("visit", ""))
    await own(request, visit)
    if visit.guest is not None:
        await withdraw_all(portal.pool, visit.guest, portal.now())
        await note(portal.pool, "guest.newsletter_withdrawn", portal.now())
        log.info("newsletter.withdrawn", by="own data")
    return see_other(f"{portal.public_url}/mes-donnees?visit={portal.sign(visit)}")


def _consent_of(request: web.Request) -> UUID:
    """Return the consent that the link names; raises `ProtocolError` where we did not make it."""
    found = read_link(request.match_info["link"], portal_of(request).keys.newsletter)
    if found is None:
        raise ProtocolError("newsletter-link")
    return found
