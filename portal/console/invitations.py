"""An operator invites somebody to make an account at one of their places, by mail.

The letter brings a link that serves once, for two days, and never a password. What the page says
is the same whether that person has an account or not. No list shows whom it was written to: the
address waits sealed for its holder alone.
"""

import secrets
from typing import Any, Final

from aiohttp import web

from portal.console.places import CLOCK, ENGINE, MESSAGES, PUBLIC_URL
from portal.guest.letters import invitation_letter
from portal.guest.wording import LANGUAGE_NAMES
from portal.identification.challenge import digest
from portal.messages.senders import Messages
from portal.people.invitations import (
    LIFETIME,
    LINK_PATH,
    Written,
    load_invitations,
    may_invite,
    record_invitation,
)
from portal.tickets.choices import load_places
from portal.tickets.order import Somewhere
from territory.access.operators import record
from territory.access.sign_in import actor_of, form_of, operator_of
from territory.errors import ProtocolError, Unavailable
from territory.messages.addresses import LONGEST, MailAddress
from territory.messages.mail import Delivery
from territory.vocabulary import IdentificationMethod
from territory.web.pages import render

NO_PLACE: Final = "Choisissez un lieu de la liste."
BAD_ADDRESS: Final = "Écrivez une adresse comme nom@exemple.fr."
NO_MAIL: Final = "La base n'envoie pas de courriel : l'administrateur remplit la partie [mail]."
TOO_MANY: Final = "Trop d'invitations sont parties aujourd'hui. Recommencez demain."
AWAY: Final = "La messagerie ne répond pas. Recommencez dans quelques minutes."
REFUSED: Final = "La messagerie ne prend pas cette adresse. Relisez-la."


async def show_invitations(request: web.Request) -> web.StreamResponse:
    """The form, and what became of the last invitations."""
    return await _page(request)


async def invite(request: web.Request) -> web.StreamResponse:
    """Write to somebody, and say so; or what is wrong, beside what was typed."""
    form, messages = form_of(request), request.app[MESSAGES]
    place = await _place(request)
    if place is None:
        return await _page(request, NO_PLACE, status=422)
    try:
        to = MailAddress.parse(form.get("adresse", ""))
    except ProtocolError:
        return await _page(request, BAD_ADDRESS, status=422)
    if messages is None or messages.mailer is None:
        return await _page(request, NO_MAIL, status=422)
    try:
        fault = await _write(request, messages, place, to)
    except Unavailable:
        return await _page(request, AWAY, status=503)
    if fault:
        return await _page(request, fault, status=422)
    return await _page(request, sent_to=str(to))


async def _write(
    request: web.Request, messages: Messages, place: Somewhere, to: MailAddress
) -> str:
    """Record and send an invitation, at once or not at all; return what stands in its way."""
    operator, now = operator_of(request), request.app[CLOCK].now()
    known = digest(messages.contact_key, "email", to.key)
    if messages.mailer is None or place.site_id is None:
        return NO_MAIL
    link = secrets.token_urlsafe(16)
    written = Written(place.site_id, link, known, messages.seal(str(to)), operator.id)
    async with request.app[ENGINE].begin() as db:
        if not await may_invite(db, place.organisation_id, known, now):
            return TOO_MANY
        await record_invitation(db, written, now)
        await record(db, actor_of(request), "account.invited", place.code, now)
        address = request.app[PUBLIC_URL] + LINK_PATH + link
        language = form_of(request).get("langue", "")
        language = language if language in LANGUAGE_NAMES else "fr"
        letter = invitation_letter(to, place.name, address, LIFETIME.days, language)
        delivery = await messages.mailer.send(letter, now)
        if delivery is Delivery.REFUSED:
            await db.rollback()
            return REFUSED
    return ""


async def _place(request: web.Request) -> Somewhere | None:
    """Return the place that the form names, of the operator's own."""
    wanted = form_of(request).get("lieu", "")
    return next((one for one in await _places(request) if one.value == wanted), None)


async def _places(request: web.Request) -> list[Somewhere]:
    """Return the operator's places that take accounts."""
    own = operator_of(request).organisation_id
    async with request.app[ENGINE].connect() as db:
        found = await load_places(db, own, IdentificationMethod.ACCOUNT)
    return [place for place in found if place.site_id is not None]


async def _page(
    request: web.Request, fault: str = "", *, status: int = 200, **values: Any
) -> web.StreamResponse:
    async with request.app[ENGINE].connect() as db:
        rows = await load_invitations(db, operator_of(request).organisation_id)
    form = form_of(request) if request.method == "POST" and fault else {}
    shown = {
        "places": await _places(request),
        "rows": rows,
        "fault": fault,
        "draft": {name: text[:LONGEST] for name, text in form.items()},
        "languages": LANGUAGE_NAMES,
        "days": LIFETIME.days,
        "now": request.app[CLOCK].now(),
        "sent_to": "",
    }
    return render(request, "invitations.html", status=status, **{**shown, **values})
