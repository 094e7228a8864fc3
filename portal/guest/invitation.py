"""`/invitation/<link>`: whoever was invited by mail chooses the password of their account.

Opening it uses nothing up, since machines read mail before people do. It works in any browser,
anywhere: who is not on the place's Wi-Fi yet is told how to use the account there.
"""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from portal.guest.parts import log, portal_of
from portal.identification.account import FLAWS, PASSWORD
from portal.identification.method import NOTHING
from portal.people.invitations import LINK_PATH, Invitation, accept_invitation, find_invitation
from portal.throttle import BAD_REDIRECTS, source_of
from portal.tickets.redeeming import load_public_networks
from territory.access.passwords import flaws_of
from territory.errors import ProtocolError
from territory.messages.addresses import MailAddress
from territory.web.forms import read_form
from territory.web.headers import client_address
from territory.web.pages import render

PATH: Final = f"{LINK_PATH}{{link}}"


async def show_form(request: web.Request) -> web.Response:
    """`GET`: for whom, and the password to choose."""
    invited, address = await _invited(request)
    return await _page(request, invited, address, here=request.path)


async def accept(request: web.Request) -> web.Response:
    """`POST`: make the account, once."""
    form = await read_form(request)
    portal = portal_of(request)
    invited, address = await _invited(request)
    password = form.get(PASSWORD, "")
    flaws = flaws_of(password, str(address))
    if flaws:
        return await _page(request, invited, address, {PASSWORD: FLAWS[flaws[0]]})
    told = address, await portal.passwords.hash(password)
    keys, now = portal.keys.accounts, portal.now()
    if await accept_invitation(portal.pool, keys, invited, told, now) is None:
        raise ProtocolError("invitation-link")
    log.info("invitation.accepted")
    return await _page(request, invited, address, is_done=True)


async def _invited(request: web.Request) -> tuple[Invitation, MailAddress]:
    """Return the invitation of a link, and whom it was written to; who tries many that lead
    nowhere is turned away.

    Raises:
        ProtocolError: `invitation-link`: there is none, it is used, or too late.
    """
    portal = portal_of(request)
    invited = await find_invitation(portal.pool, request.match_info["link"], portal.now())
    if invited is None or portal.messages is None:
        source = source_of(client_address(request))
        if not portal.throttle.allows(BAD_REDIRECTS, "invitation links", source):
            raise web.HTTPTooManyRequests(headers={"Retry-After": "60"})
        raise ProtocolError("invitation-link")
    return invited, MailAddress.parse(portal.messages.open(invited.address_sealed))


async def _page(
    request: web.Request,
    invited: Invitation,
    address: MailAddress,
    errors: Mapping[str, str] = NOTHING,
    **values: Any,
) -> web.Response:
    places = portal_of(request).directory.current.places
    place = next((one for one in places if one.id == invited.site_id), None)
    return render(
        request,
        "invitation.html",
        place=place,
        publisher=place.organisation if place else None,
        networks=await load_public_networks(portal_of(request).pool, [invited.site_id], 2),
        address=str(address),
        path=request.path,
        errors=errors,
        **{"is_done": False, **values},
    )
