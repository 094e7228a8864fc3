"""The first page and its one button: the guest accepts the terms and is handed back.

`/visite` shows the page of a signed visit again (another language, a way back from the terms) and
takes the button. A form sent twice leads to the same admission; an outage of the database gives
the same page again with a sentence that says so, and the visit is kept.
"""

from dataclasses import replace
from datetime import datetime

from aiohttp import web

from portal.admission import (
    REVOKED_BY_GUEST,
    Admission,
    Circumstances,
    Grant,
    Refused,
    Right,
    decide,
    fresh_admission,
    user_name_of,
)
from portal.controllers.port import ControllerFault
from portal.guest.notices import NOTICES, OPENS, Notice
from portal.guest.parts import Portal, log, portal_of, show_refused
from portal.guest.way_back import allow_way_back, go_back
from portal.guest.wording import duration, moment, volume
from portal.identification import click_through
from portal.places import Gate, Place
from portal.public_address import is_elsewhere
from portal.records import (
    load_admission_of,
    load_used,
    record_admission,
    reopen_admission,
)
from portal.throttle import GRANTS, source_of
from portal.visit import Event, State, Visit, advance_all, at, refuse
from territory.errors import ProtocolError, Unavailable
from territory.rules.quotas import UNUSED, Stop
from territory.web.forms import read_form
from territory.web.headers import allow, client_address
from territory.web.pages import language_of, render, set_language, translate

OPEN = (State.ARRIVED, State.REFUSED)
"""States in which the first page is shown."""


async def show_visit(request: web.Request) -> web.Response:
    """`GET /visite`: the page of a visit as it stands now."""
    try:
        visit, gate = read_current(request, request.query.get("visit", ""))
    except ProtocolError as refused:
        return show_refused(request, refused.reason)
    if visit.state not in OPEN:
        return show_restart(request, gate, visit)
    asked = language_of(request) if "lang" in request.query else visit.language
    return show_splash(request, gate, replace(visit, language=asked))


async def accept(request: web.Request) -> web.Response:
    """`POST /visite`: the button."""
    form = await read_form(request)
    try:
        visit, gate = read_current(request, form.get("visit", ""))
        return await _go_online(request, gate, visit)
    except ProtocolError as refused:
        return show_refused(request, refused.reason)


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
    allow(request, form_action=gate.adapter.start(gate.registration).origin)
    allow_way_back(request, gate, visit)
    plan = gate.place.plan

    def words(message: str) -> str:
        return translate(request, message)

    return render(
        request,
        "splash.html",
        status=status,
        place=gate.place,
        publisher=gate.place.organisation,
        token=portal.sign(visit),
        here="/visite",
        notice=notice_at(request, gate.place, visit.notice),
        time_granted=duration(_seconds_granted(portal, gate.place), words),
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


async def _go_online(request: web.Request, gate: Gate, visit: Visit) -> web.Response:
    portal = portal_of(request)
    if visit.state is State.EXPIRED:
        return show_restart(request, gate, visit)
    terms = portal.current_terms().version
    steps = click_through.judge(visit.terms, terms)
    if steps is None:
        return show_splash(request, gate, replace(visit, terms=terms, notice="terms"))
    begun = (Event.RETRY,) if visit.state is State.REFUSED else ()
    verified = advance_all(visit, *begun, *steps)
    if verified is None:
        return show_restart(request, gate, visit)
    if not portal.throttle.allows(GRANTS, "grants", gate.code, str(visit.device)):
        raise web.HTTPTooManyRequests(headers={"Retry-After": "600"})
    portal.metrics.identified.labels(click_through.METHOD).inc()
    try:
        return await _grant(request, gate, verified)
    except ControllerFault as failure:
        portal.metrics.refused.labels(f"controller-{failure.trouble}").inc()
        return show_splash(request, gate, replace(visit, notice="equipment"), status=502)
    except Unavailable as failure:
        portal.metrics.refused.labels("unavailable").inc()
        log.warning("visit.unavailable", gateway=gate.code, cause=type(failure.__cause__).__name__)
        return show_splash(request, gate, replace(visit, notice="away"), status=503)


def _may_have(request: web.Request, gate: Gate, visit: Visit) -> bool:
    """Count a demand for a fresh right; whether it may be written."""
    source, is_bound = source_of(client_address(request)), not gate.dialect.shows_credential
    throttle = portal_of(request).throttle
    return visit.vouched or throttle.allows_unsigned_grant(source, gate.code, is_bound=is_bound)


def _is_made_up(request: web.Request, gate: Gate, visit: Visit, grant: Grant) -> bool:
    """Whether a visit may name another's device: nothing vouches for it, and it is brought from
    elsewhere than the site.

    It then gets no right that is bound to that device: none that the device holds already, and no
    fresh one where no credential will be shown.
    """
    is_fresh, is_own = grant.right is Right.FRESH, grant.admission.id == visit.id
    if visit.vouched or (is_own and (gate.dialect.shows_credential or not is_fresh)):
        return False
    return is_elsewhere(client_address(request), gate.seen_from)


async def _grant(request: web.Request, gate: Gate, visit: Visit) -> web.Response:
    """Give the device its right, fresh or held, and hand it back."""
    portal = portal_of(request)
    now = portal.now()
    name = user_name_of(visit.id, portal.keys.user_name)
    fresh = fresh_admission(visit, gate, click_through.METHOD, name, now)
    held = await load_admission_of(portal.pool, gate.place.id, visit.device, now)
    match decide(held, fresh, await _circumstances(portal, gate, visit, now)):
        case Refused(stop):
            portal.metrics.refused.labels(stop).inc()
            log.info("visit", gateway=gate.code, outcome=stop)
            return show_splash(request, gate, refuse(visit, stop))
        case Grant() as grant if _is_made_up(request, gate, visit, grant):
            portal.metrics.refused.labels("elsewhere").inc()
            log.info("visit", gateway=gate.code, outcome="elsewhere")
            return show_splash(request, gate, refuse(visit, "elsewhere"))
        case Grant(_, Right.FRESH) if not _may_have(request, gate, visit):
            raise web.HTTPTooManyRequests(headers={"Retry-After": "600"})
        case Grant(admission, right):
            admission = await _write(portal, admission, right)
            if not admission.lives(now):
                return show_restart(request, gate, visit)
            if advance_all(visit, Event.ADMIT) is None:
                return show_restart(request, gate, visit)
            portal.metrics.admitted.labels(gate.brand, right).inc()
            log.info("visit", gateway=gate.code, outcome="admitted", right=right)
            return await go_back(request, gate, visit, admission)


async def _circumstances(portal: Portal, gate: Gate, visit: Visit, now: datetime) -> Circumstances:
    """Return what counts beside the visit; what was used is asked only where a limit needs it."""
    counts = gate.place.plan.limits.counts_days
    return Circumstances(
        now=now,
        hours=gate.place.hours,
        used=await load_used(portal.pool, visit.device, now) if counts else UNUSED,
        is_blocked=portal.directory.current.is_blocked(visit.device, now),
    )


async def _write(portal: Portal, admission: Admission, right: Right) -> Admission:
    """Write what a grant asks for, and return the admission that now holds."""
    match right:
        case Right.FRESH:
            return await record_admission(portal.pool, admission)
        case Right.REOPENED:
            return await reopen_admission(portal.pool, admission, REVOKED_BY_GUEST)
        case Right.HELD:
            return admission
