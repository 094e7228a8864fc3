"""The first page and its one button, which leads on by the first way that the place offers.

`/visite` shows the page of a signed visit again: another language, a way back from the terms. What
comes of the button is `identify`'s.
"""

from dataclasses import replace

from aiohttp import web

from portal.guest.notice import first_layer
from portal.guest.notices import NOTICES, OPENS, Notice
from portal.guest.parts import Portal, portal_of
from portal.guest.way_back import allow_way_back
from portal.guest.ways import ways_of
from portal.guest.wording import duration, moment, volume
from portal.places import Gate, Place
from portal.visit import State, Visit, at
from territory.rules import wifi4eu
from territory.rules.quotas import Stop
from territory.web.headers import load_from
from territory.web.pages import language_of, render, render_kept, set_language, translate

OPEN = (State.ARRIVED, State.REFUSED)
"""States in which the first page is shown."""


async def show_visit(request: web.Request) -> web.Response:
    """`GET /visite`: the page of a visit as it stands now."""
    visit, gate = read_current(request, request.query.get("visit", ""))
    if visit.state not in OPEN:
        return show_restart(request, gate, visit)
    asked = language_of(request) if "lang" in request.query else visit.language
    return show_splash(request, gate, replace(visit, language=asked))


def read_current(request: web.Request, token: str) -> tuple[Visit, Gate]:
    """Return a token's visit as it stands now, and its gateway; its language becomes the page's.

    Raises:
        ProtocolError: not a visit of ours, or its gateway is no longer.
    """
    portal = portal_of(request)
    visit = at(portal.read(token), portal.now())
    if "lang" not in request.query:
        set_language(request, visit.language)
    return visit, portal.gate_of(visit)


def show_splash(
    request: web.Request, gate: Gate, visit: Visit, *, status: int = 200
) -> web.Response:
    """Return the first page of a visit, whose form may lead to that gateway only."""
    portal = portal_of(request)
    set_language(request, visit.language)
    allow_way_back(request, gate, visit)
    if gate.place.wifi4eu_snippet:
        load_from(request, wifi4eu.COLLECTION)
    plan = gate.place.plan

    def words(message: str) -> str:
        return translate(request, message)

    return render_kept(
        request,
        "splash.html",
        {"token": portal.sign(visit)},
        has_devices=visit.guest is not None,
        status=status,
        place=gate.place,
        publisher=gate.place.organisation,
        here="/visite",
        ways=ways_of(gate.place),
        notice=notice_at(request, gate.place, visit.notice),
        time_granted=duration(_seconds_granted(portal, gate.place), words),
        collection=wifi4eu.COLLECTION,
        first_layer=first_layer(
            gate.place.methods, portal.directory.law, portal.now().date(), words
        ),
        volume_granted=volume(plan.session_octets, visit.language, words)
        if plan.session_octets is not None
        else "",
    )


def notice_at(request: web.Request, place: Place, word: str | None) -> Notice | None:
    """Return what a page opens with, in the guest's language; a closed place says when it opens."""
    now = portal_of(request).now()
    if place.hours is not None and not place.hours.is_open(now):
        word = Stop.CLOSED
    notice = NOTICES.get(word or "")
    if notice is None or word != Stop.CLOSED or place.hours is None:
        return notice
    opens = place.hours.opens_at(now)
    if opens is None:
        return notice
    when = moment(place.hours.local(opens), language_of(request))
    return replace(notice, advice=translate(request, OPENS).format(when=when))


def _seconds_granted(portal: Portal, place: Place) -> int:
    """Return how long an access would last that began now: never past closing."""
    seconds, now = place.plan.session_seconds, portal.now()
    closes = place.hours.closes_at(now) if place.hours else None
    left = int((closes - now).total_seconds()) if closes else seconds
    return min(seconds, left) if left > 0 else seconds


def show_restart(request: web.Request, gate: Gate, visit: Visit) -> web.Response:
    """Return the page of a visit that lasted too long: one button begins again."""
    return render(
        request,
        "restart.html",
        place=gate.place,
        publisher=gate.place.organisation,
        token=portal_of(request).sign(visit),
        here="/visite",
        start=gate.adapter.start(gate.registration).url,
    )
