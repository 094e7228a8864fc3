"""`/parrainage/<link>`: the page on which a person of the place lets a guest in, or does not.

Opening it answers nothing: machines read mail before people do. It shows who asks in the guest's
own words, and where; its buttons give the one answer the link may give. It is in French, as who
works at the place reads.
"""

from typing import Any, Final

from aiohttp import web

from portal.guest.parts import log, portal_of, show_refused
from portal.identification.sponsor import LINK_PATH
from portal.people.sponsors import SponsorRequest, answer_question, find_question
from portal.throttle import BAD_REDIRECTS, source_of
from territory.web.forms import read_form
from territory.web.headers import client_address
from territory.web.pages import render

PATH: Final = f"{LINK_PATH}{{link}}"


async def show_question(request: web.Request) -> web.Response:
    """`GET`: who asks, and the two answers."""
    asked = await _asked(request)
    if asked is None:
        return show_refused(request, "sponsor-link")
    portal = portal_of(request)
    is_over = asked.answered_at is not None or portal.now() >= asked.expires_at
    if is_over or portal.messages is None:
        return _page(request, asked, "sponsor_answered.html", outcome="over")
    words = portal.messages.open(asked.words_sealed)
    return _page(request, asked, "sponsor_question.html", words=words, path=request.path)


async def answer(request: web.Request) -> web.Response:
    """`POST`: yes or no, once."""
    form = await read_form(request)
    asked = await _asked(request)
    if asked is None:
        return show_refused(request, "sponsor-link")
    portal, approves = portal_of(request), form.get("answer") == "yes"
    link, now = request.match_info["link"], portal.now()
    taken = await answer_question(portal.pool, link, now, approves=approves)
    outcome = ("yes" if approves else "no") if taken else "over"
    log.info("sponsor", outcome=outcome)
    return _page(request, asked, "sponsor_answered.html", outcome=outcome)


async def _asked(request: web.Request) -> SponsorRequest | None:
    """Return the question of a link; who tries many that lead nowhere is turned away."""
    portal = portal_of(request)
    asked = await find_question(portal.pool, request.match_info["link"])
    source = source_of(client_address(request))
    if asked is None and not portal.throttle.allows(BAD_REDIRECTS, "sponsor links", source):
        raise web.HTTPTooManyRequests(headers={"Retry-After": "60"})
    return asked


def _page(
    request: web.Request, asked: SponsorRequest, template: str, **values: Any
) -> web.Response:
    places = portal_of(request).directory.current.places
    place = next((one for one in places if one.id == asked.site_id), None)
    publisher = place.organisation if place else None
    return render(request, template, place=place, publisher=publisher, **values)
