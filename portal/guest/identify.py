"""The ways of identifying oneself, as pages: choose one, fill its form, bring the proof.

    /identification            the ways that this place offers
    /identification/<method>   a method's form;   GET shows it, POST has the method `begin`
    /preuve/<method>           its proof's form;  GET shows it, POST has the method `prove`
    /visite (POST)             the first page's own button: click-through

Every page carries the visit, so a guest may cancel, try again or choose another way at any time:
each is a link to the visit as it would then stand. What a method answers moves the visit on by the
one table; nothing here knows what a code or a ticket is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from portal.guest import proving_again
from portal.guest.granting import begun_again, grant, make_whole, show_away
from portal.guest.parts import portal_of, see_other
from portal.guest.splash import OPEN, read_current, show_restart, show_splash
from portal.guest.way_back import allow_way_back
from portal.guest.ways import ways_of
from portal.guest.wording import duration
from portal.identification.answers import LINK
from portal.identification.method import (
    NOTHING,
    Again,
    Asking,
    Denied,
    Lent,
    Method,
    Proven,
    Sent,
    Step,
    awaiting_answer,
)
from portal.identification.methods import ANSWERED_ELSEWHERE, METHODS
from portal.places import Gate
from portal.throttle import GRANTS, source_of
from portal.visit import Event, State, Visit, advance_all
from territory.errors import ProtocolError, Unavailable
from territory.vocabulary import IdentificationMethod
from territory.web.forms import read_form
from territory.web.headers import client_address
from territory.web.pages import language_of, render, translate

_AS_BEGUN = Again(NOTHING)
"""Nothing is wrong yet."""
LOOK_SECONDS = 10
"""Between two looks for an answer that somebody else gives."""
STILL = "fixe"
"""In the address of such a page that is not to look again by itself."""
KEPT = (LINK, STILL)
"""What a proof's address says beside its visit; in another language it says the same."""
PROVING = (State.IDENTIFIED, State.LENT)
"""States in which a proof is awaited."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A guest at one way in."""

    request: web.Request
    gate: Gate
    visit: Visit
    method: Method
    is_first: bool = False
    """Whether its form is filled for the first time, and a visit so begun."""

    @property
    def is_proof(self) -> bool:
        """Whether something was sent and is to come back."""
        return self.visit.state in PROVING

    def asking(self, form: Mapping[str, str] = NOTHING) -> Asking:
        """Return what the method is told."""
        return Asking(
            visit=self.visit,
            gate=self.gate,
            form=form,
            source=source_of(client_address(self.request)),
            now=portal_of(self.request).now(),
            language=language_of(self.request),
        )


async def choose(request: web.Request) -> web.Response:
    """`GET /identification`: every way this place offers, for a visit that begins again."""
    visit, gate = read_current(request, request.query.get("visit", ""))
    if visit.state not in OPEN + PROVING:
        return show_restart(request, gate, visit)
    allow_way_back(request, gate, visit)
    return _page(request, gate, begun_again(visit), "choose.html", here="/identification")


async def show_form(request: web.Request) -> web.Response:
    """`GET /identification/<method>`: its form, empty."""
    attempt = _attempt(request, request.query.get("visit", ""), _name(request))
    if attempt.visit.state not in OPEN + PROVING:
        return show_restart(request, attempt.gate, attempt.visit)
    visit = begun_again(attempt.visit)
    if attempt.method.name is IdentificationMethod.CLICK_THROUGH:
        return show_splash(request, attempt.gate, visit)  # its form is the first page's button
    return await _show_page(replace(attempt, visit=visit), told=request.cookies)


async def show_proof(request: web.Request) -> web.Response:
    """`GET /preuve/<method>`: the form that takes what comes back."""
    attempt = _attempt(request, request.query.get("visit", ""), _name(request))
    if not _awaits(attempt):
        return show_restart(request, attempt.gate, attempt.visit)
    if attempt.method.name in ANSWERED_ELSEWHERE and STILL not in request.query:
        return await _look_again(attempt)
    return await _show_page(attempt, told=request.query)


async def _look_again(attempt: _Attempt) -> web.Response:
    """Take on a guest for whom somebody has answered; else show the page, which looks again."""
    request = attempt.request
    try:
        answer = await attempt.method.prove(portal_of(request), attempt.asking())
        if isinstance(answer, Again):
            return await _show_page(attempt)
        _count(attempt)
        return await _take_on(attempt, answer)
    except Unavailable as failure:
        return show_away(request, attempt.gate, attempt.visit, failure)


async def accept(request: web.Request) -> web.Response:
    """`POST /visite`: the first page's button."""
    return await _begin(request, IdentificationMethod.CLICK_THROUGH)


async def begin(request: web.Request) -> web.Response:
    """`POST /identification/<method>`: the form, filled."""
    return await _begin(request, _name(request))


async def prove(request: web.Request) -> web.Response:
    """`POST /preuve/<method>`: the proof."""
    form = await read_form(request)
    attempt = _attempt(request, form.get("visit", ""), _name(request))
    if not _awaits(attempt):
        return show_restart(request, attempt.gate, attempt.visit)
    return await _judge(attempt, form)


async def _begin(request: web.Request, name: str) -> web.Response:
    form = await read_form(request)
    attempt = _attempt(request, form.get("visit", ""), name)
    gate, visit = attempt.gate, attempt.visit
    if visit.state not in OPEN + PROVING:
        return show_restart(request, gate, visit)
    terms = portal_of(request).current_terms().version
    if visit.terms != terms:
        return show_splash(request, gate, replace(begun_again(visit, "terms"), terms=terms))
    chosen = begun_again(visit, method=attempt.method.name)
    is_first = visit.state in OPEN and visit.proves is None
    return await _judge(replace(attempt, visit=chosen, is_first=is_first), form)


async def _judge(attempt: _Attempt, form: Mapping[str, str]) -> web.Response:
    """Have the method judge a form, and take the visit on by what it says."""
    request, gate, visit = attempt.request, attempt.gate, attempt.visit
    portal = portal_of(request)
    _count(attempt)
    act = attempt.method.prove if attempt.is_proof else attempt.method.begin
    try:
        answer = await act(portal, attempt.asking(form))
        if isinstance(answer, Again):
            return await _show_page(attempt, answer)
        return await _take_on(attempt, answer)
    except Unavailable as failure:
        return show_away(request, gate, visit, failure)


def _count(attempt: _Attempt) -> None:
    """Turn away who asks too often: a device, or a source that begins more than a crowd does."""
    throttle, visit, gate = portal_of(attempt.request).throttle, attempt.visit, attempt.gate
    may = throttle.allows(GRANTS, "grants", gate.code, str(visit.device))
    leaves_row = attempt.method.name is not IdentificationMethod.CLICK_THROUGH
    if may and leaves_row and not attempt.is_proof:
        source, site = source_of(client_address(attempt.request)), str(gate.place.id)
        may = throttle.allows_sign_in(source, site, is_vouched=visit.vouched)
    if not may:
        raise web.HTTPTooManyRequests(headers={"Retry-After": "600"})


async def _take_on(attempt: _Attempt, answer: Step) -> web.Response:
    """Take the visit on; what is to be typed again is shown before."""
    request, gate, visit = attempt.request, attempt.gate, attempt.visit
    portal = portal_of(request)
    if attempt.is_first and not isinstance(answer, Denied):
        portal.metrics.funnel.begun(gate, visit, attempt.method.name)
    match answer:
        case Proven():
            _count_proof(attempt)
            return await _let_in(attempt, answer)
        case Sent():
            token = portal.sign(awaiting_answer(visit, answer, portal.now()))
            page = f"/preuve/{attempt.method.name}?visit={token}"
            return see_other(f"{portal.public_url}{page}")
        case Lent(seconds=seconds):
            ends = portal.now() + timedelta(seconds=seconds)
            return await _lend(request, gate, awaiting_answer(visit, answer, portal.now()), ends)
        case Denied(notice):
            portal.metrics.refuse(gate, visit, notice)
            return show_splash(request, gate, begun_again(visit, notice))


def _count_proof(attempt: _Attempt) -> None:
    """Count a guest who did what was asked; one who is online and proves it again came before."""
    visit = attempt.visit
    if visit.proves is None:
        funnel = portal_of(attempt.request).metrics.funnel
        funnel.identified(attempt.gate, visit, attempt.method.name)


async def _let_in(attempt: _Attempt, proven: Proven) -> web.Response:
    """Take a guest who has proven what was asked to their right."""
    request, gate = attempt.request, attempt.gate
    if attempt.visit.proves is not None:
        return await proving_again.conclude(request, gate, attempt.visit, proven.guest)
    if proven.plan is not None:
        gate = replace(gate, place=replace(gate.place, plan=proven.plan))
    visit = attempt.visit
    if visit.state is State.LENT:
        return await make_whole(request, gate, replace(visit, guest=proven.guest), proven.until)
    steps = (Event.IDENTIFY,) if visit.state is State.ARRIVED else ()
    verified = advance_all(visit, *steps, Event.VERIFY, guest=proven.guest)
    if verified is None:
        return show_restart(request, gate, visit)
    return await grant(request, gate, verified, proven.until)


async def _lend(request: web.Request, gate: Gate, visit: Visit, ends: datetime) -> web.Response:
    """Let a guest go online for some minutes; their visit lasts a little longer than that."""
    if visit.state is not State.LENT:
        return show_restart(request, gate, visit)
    return await grant(request, gate, visit, ends)


async def _show_page(
    attempt: _Attempt, again: Again = _AS_BEGUN, told: Mapping[str, str] = NOTHING
) -> web.Response:
    """Return a method's form or its proof's, with what is wrong beside each field.

    `told`: what a link in a message brought beside the visit, or a browser has kept for us.
    """
    request, gate, visit, method = attempt.request, attempt.gate, attempt.visit, attempt.method
    try:
        shown = await method.shown(portal_of(request), attempt.asking(told))
    except Unavailable as failure:
        return show_away(request, gate, visit, failure)
    allow_way_back(request, gate, visit)
    looks_again = attempt.is_proof and method.name in ANSWERED_ELSEWHERE and STILL not in told
    kind, path = ("prove", "/preuve") if attempt.is_proof else ("identify", "/identification")
    page = _page(
        request,
        gate,
        visit,
        f"{kind}_{method.name}.html",
        here=f"{path}/{method.name}",
        kept=_kept(told) if attempt.is_proof else "",
        errors=again.errors,
        values=again.values,
        shown=shown,
        looks_again=looks_again,
        left=_time_left(request, visit),
    )
    if looks_again:
        # A header, so that no script is needed; the page links to itself without (WCAG 2.2.1).
        token = portal_of(request).sign(visit)
        page.headers["Refresh"] = f"{LOOK_SECONDS}; url={path}/{method.name}?visit={token}"
    return page


def _kept(told: Mapping[str, str]) -> str:
    """Return what follows in the links to the same page in another language."""
    return "".join(f"&{urlencode({name: told[name]})}" for name in KEPT if name in told)


def _time_left(request: web.Request, visit: Visit) -> str:
    """Return how long an answer is still awaited, in words."""
    left = visit.expires_at - portal_of(request).now()
    return duration(max(0, int(left.total_seconds())), partial(translate, request))


def _page(
    request: web.Request, gate: Gate, visit: Visit, template: str, **values: Any
) -> web.Response:
    return render(
        request,
        template,
        place=gate.place,
        publisher=gate.place.organisation,
        token=portal_of(request).sign(replace(visit, language=language_of(request))),
        ways=ways_of(gate.place),
        **values,
    )


def _attempt(request: web.Request, token: str, name: str) -> _Attempt:
    """Return a visit at a way in that its place offers.

    Raises:
        ProtocolError: not a visit of ours; `not-offered`: the place does not offer that way.
    """
    visit, gate = read_current(request, token)
    for way in ways_of(gate.place):
        if way.method == name:
            return _Attempt(request, gate, visit, METHODS[way.method])
    raise ProtocolError("not-offered")


def _awaits(attempt: _Attempt) -> bool:
    """Whether a visit awaits this method's proof, and no other's."""
    return attempt.is_proof and attempt.visit.method == attempt.method.name


def _name(request: web.Request) -> str:
    return request.match_info["method"]
