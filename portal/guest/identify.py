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
from typing import Any

from aiohttp import web

from portal.guest.granting import begun_again, grant, make_whole, show_away
from portal.guest.parts import portal_of, see_other, show_refused
from portal.guest.splash import OPEN, read_current, show_restart, show_splash
from portal.guest.way_back import allow_way_back
from portal.guest.ways import ways_of
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
)
from portal.identification.methods import METHODS
from portal.places import Gate
from portal.throttle import GRANTS, source_of
from portal.visit import Event, State, Visit, advance_all, awaiting
from territory.errors import ProtocolError, Unavailable
from territory.vocabulary import IdentificationMethod
from territory.web.forms import read_form
from territory.web.headers import client_address
from territory.web.pages import language_of, render

_AS_BEGUN = Again(NOTHING)
"""Nothing is wrong yet."""
PROVING = (State.IDENTIFIED, State.LENT)
"""States in which a proof is awaited."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A guest at one way in."""

    request: web.Request
    gate: Gate
    visit: Visit
    method: Method

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
    try:
        visit, gate = read_current(request, request.query.get("visit", ""))
    except ProtocolError as refused:
        return show_refused(request, refused.reason)
    if visit.state not in OPEN + PROVING:
        return show_restart(request, gate, visit)
    allow_way_back(request, gate, visit)
    return _page(request, gate, begun_again(visit), "choose.html", here="/identification")


async def show_form(request: web.Request) -> web.Response:
    """`GET /identification/<method>`: its form, empty."""
    try:
        attempt = _attempt(request, request.query.get("visit", ""), _name(request))
    except ProtocolError as refused:
        return show_refused(request, refused.reason)
    if attempt.visit.state not in OPEN + PROVING:
        return show_restart(request, attempt.gate, attempt.visit)
    visit = begun_again(attempt.visit)
    if attempt.method.name is IdentificationMethod.CLICK_THROUGH:
        return show_splash(request, attempt.gate, visit)  # its form is the first page's button
    return await _show_page(replace(attempt, visit=visit))


async def show_proof(request: web.Request) -> web.Response:
    """`GET /preuve/<method>`: the form that takes what comes back."""
    try:
        attempt = _attempt(request, request.query.get("visit", ""), _name(request))
    except ProtocolError as refused:
        return show_refused(request, refused.reason)
    if not _awaits(attempt):
        return show_restart(request, attempt.gate, attempt.visit)
    return await _show_page(attempt, told=request.query)


async def accept(request: web.Request) -> web.Response:
    """`POST /visite`: the first page's button."""
    return await _begin(request, IdentificationMethod.CLICK_THROUGH)


async def begin(request: web.Request) -> web.Response:
    """`POST /identification/<method>`: the form, filled."""
    return await _begin(request, _name(request))


async def prove(request: web.Request) -> web.Response:
    """`POST /preuve/<method>`: the proof."""
    form = await read_form(request)
    try:
        attempt = _attempt(request, form.get("visit", ""), _name(request))
    except ProtocolError as refused:
        return show_refused(request, refused.reason)
    if not _awaits(attempt):
        return show_restart(request, attempt.gate, attempt.visit)
    return await _judge(attempt, form)


async def _begin(request: web.Request, name: str) -> web.Response:
    form = await read_form(request)
    try:
        attempt = _attempt(request, form.get("visit", ""), name)
    except ProtocolError as refused:
        return show_refused(request, refused.reason)
    gate, visit = attempt.gate, attempt.visit
    if visit.state not in OPEN + PROVING:
        return show_restart(request, gate, visit)
    terms = portal_of(request).current_terms().version
    if visit.terms != terms:
        return show_splash(request, gate, replace(begun_again(visit, "terms"), terms=terms))
    chosen = replace(begun_again(visit), method=attempt.method.name)
    return await _judge(replace(attempt, visit=chosen), form)


async def _judge(attempt: _Attempt, form: Mapping[str, str]) -> web.Response:
    """Have the method judge a form, and take the visit on by what it says."""
    request, gate, visit = attempt.request, attempt.gate, attempt.visit
    portal = portal_of(request)
    if not portal.throttle.allows(GRANTS, "grants", gate.code, str(visit.device)):
        raise web.HTTPTooManyRequests(headers={"Retry-After": "600"})
    act = attempt.method.prove if attempt.is_proof else attempt.method.begin
    try:
        answer = await act(portal, attempt.asking(form))
        if isinstance(answer, Again):
            return await _show_page(attempt, answer)
        return await _take_on(attempt, answer)
    except Unavailable as failure:
        return show_away(request, gate, visit, failure)


async def _take_on(attempt: _Attempt, answer: Step) -> web.Response:
    """Take the visit on; what is to be typed again is shown before."""
    request, gate, visit = attempt.request, attempt.gate, attempt.visit
    portal = portal_of(request)
    match answer:
        case Proven():
            portal.metrics.identified.labels(attempt.method.name).inc()
            return await _let_in(attempt, answer)
        case Sent(challenge):
            token = portal.sign(awaiting(visit, challenge))
            page = f"/preuve/{attempt.method.name}?visit={token}"
            return see_other(f"{portal.public_url}{page}")
        case Lent(challenge, seconds):
            ends = portal.now() + timedelta(seconds=seconds)
            return await _lend(request, gate, awaiting(visit, challenge, ends), ends)
        case Denied(notice):
            portal.metrics.refused.labels(notice).inc()
            return show_splash(request, gate, begun_again(visit, notice))


async def _let_in(attempt: _Attempt, proven: Proven) -> web.Response:
    """Take a guest who has proven what was asked to their right."""
    request, gate = attempt.request, attempt.gate
    if proven.plan is not None:
        gate = replace(gate, place=replace(gate.place, plan=proven.plan))
    visit = replace(attempt.visit, guest=proven.guest)
    if visit.state is State.LENT:
        return await make_whole(request, gate, visit, proven.until)
    steps = (Event.IDENTIFY,) if visit.state is State.ARRIVED else ()
    verified = advance_all(visit, *steps, Event.VERIFY)
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

    `told`: what a link in a message brought beside the visit.
    """
    request, gate, visit, method = attempt.request, attempt.gate, attempt.visit, attempt.method
    try:
        shown = await method.shown(portal_of(request), attempt.asking(told))
    except Unavailable as failure:
        return show_away(request, gate, visit, failure)
    allow_way_back(request, gate, visit)
    kind, path = ("prove", "/preuve") if attempt.is_proof else ("identify", "/identification")
    return _page(
        request,
        gate,
        visit,
        f"{kind}_{method.name}.html",
        here=f"{path}/{method.name}",
        errors=again.errors,
        values=again.values,
        shown=shown,
    )


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
