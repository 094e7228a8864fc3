"""`/ma-connexion`: connected, what is left, and a log-out that works; or a way to begin again.

A guest comes here by the signed visit of their admission, or by what a gateway was given of it
(`own_visit`). Without one, they are offered the gateway of the place whose public address they come
from: it knows them, and sends them back with a signed redirect.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from portal.admission import REVOKED_BY_GUEST, Holding
from portal.gateways.vocabulary import FormBack, HandBack, WayBack
from portal.guest.own_visit import own_page
from portal.guest.parts import is_own, log, longer_right, may_see, portal_of, see_other
from portal.guest.proving_again import PATH as PROVE_PATH
from portal.guest.proving_again import can_prove
from portal.guest.splash import notice_at, read_current, show_restart
from portal.guest.way_back import allow_way, show_way_back
from portal.guest.wording import duration, volume
from portal.places import Gate
from portal.public_address import shared_address
from portal.records import load_admission, load_sites_at, revoke_admission
from portal.visit import State, Visit
from territory.errors import ProtocolError, Unavailable
from territory.rules.quotas import Stop
from territory.rules.usage import NOTHING_USED
from territory.web.forms import read_form
from territory.web.headers import client_address
from territory.web.pages import language_of, render, translate

SESSION_HEARD_OF = timedelta(seconds=30)
"""Within which the base hears of the session of a guest who was handed back."""


async def my_connection(request: web.Request) -> web.Response:
    """`GET /ma-connexion`; some gateways append what they have to say after a second `?`."""
    token, _, _ = request.query.get("visit", "").partition("?")
    if not token:
        return await _find_connection(request)
    visit, gate = read_current(request, token)
    if visit.state is not State.ADMITTED:
        return show_restart(request, gate, visit)
    if own := own_page(request, visit):
        return see_other(own)
    asked = language_of(request) if "lang" in request.query else visit.language
    return await show_connection(request, gate, replace(visit, language=asked))


async def show_connection(request: web.Request, gate: Gate, visit: Visit) -> web.Response:
    """Return the page of an admitted visit, from the admission's row if it is theirs to see."""
    portal = portal_of(request)
    if not await may_see(request, gate, visit):
        return show_connected(request, gate, replace(visit, admission=None), None)
    holding = (
        await load_admission(portal.pool, visit.admission, portal.now())
        if visit.admission
        else None
    )
    return show_connected(request, gate, visit, holding, told=_just_let_in(visit, portal.now()))


def _proves_at(gate: Gate, visit: Visit, holding: Holding | None) -> str:
    """Return where a guest proves who they are once more; empty: they did, or nobody could."""
    if visit.guest is not None or holding is None or not can_prove(gate, holding.admission):
        return ""
    return PROVE_PATH


def _is_lent(visit: Visit, holding: Holding | None) -> bool:
    """Whether the guest is to prove who they are; who only comes from the place is not told."""
    lent = holding is not None and holding.admission.is_lent
    return lent and (is_own(visit) or visit.shows_right)


def _just_let_in(visit: Visit, now: datetime) -> bool:
    """Whether the guest comes from a gateway that has just let them in: who logs in a second time
    under one right is here before the session that says so."""
    at = visit.handed_back_at
    return at is not None and now - at < SESSION_HEARD_OF


def show_connected(
    request: web.Request,
    gate: Gate,
    visit: Visit,
    holding: Holding | None,
    *,
    told: bool = False,
) -> web.Response:
    """Return "connected" with what is left, or that it is over.

    Args:
        request: the guest's.
        gate: where they are.
        visit: theirs.
        holding: what they are online with; None: not known.
        told: whether their gateway has just said that they are online, which the base may hear
            of later by its sessions.
    """
    portal = portal_of(request)
    if holding is not None and not _is_online(request, gate, holding, told=told):
        return _show_over(request, gate, visit, holding)
    if holding is not None:
        portal.metrics.funnel.online(holding.admission.id)
    way_out = _way_out(gate, visit)
    if way_out:
        allow_way(request, gate, way_out)
    return render(
        request,
        "connected.html",
        place=gate.place,
        publisher=gate.place.organisation,
        token=portal.sign(visit),
        here="/ma-connexion",
        page_wanted=visit.page_wanted,
        can_leave=_can_leave(gate, visit, way_out),
        has_devices=visit.guest is not None,
        proves_at=_proves_at(gate, visit, holding),
        is_lent=_is_lent(visit, holding),
        takes_code=is_own(visit),
        can_extend=holding is not None and longer_right(portal, gate, holding) is not None,
        **_left(request, gate, holding),
    )


def _way_out(gate: Gate, visit: Visit) -> WayBack | None:
    """How the browser itself logs off; None: it cannot, or not by the record as it stands now."""
    try:
        return gate.adapter.log_off(gate.registration, visit.carried)
    except ProtocolError as fault:
        log.info("log_out.no_way", gateway=gate.code, reason=fault.reason)
        return None


def _can_leave(gate: Gate, visit: Visit, way_out: WayBack | None) -> bool:
    """Whether anybody carries a log-out to the gateway: the browser, RADIUS or its controller; the
    latter two end a right, which the visit must name."""
    told = gate.dialect.asks_radius or gate.dialect.needs_controller
    return way_out is not None or (told and visit.admission is not None)


async def log_out(request: web.Request) -> web.Response:
    """`POST /deconnexion`: end the right here if it is theirs, then the session at the gateway.

    Where the database is away the gateway still ends the session. A gateway without a way out for
    browsers is told by the base, which watches for rights that ended. Where nobody can tell it, the
    guest stays online, and is shown that.
    """
    form = await read_form(request)
    portal = portal_of(request)
    visit, gate = read_current(request, form.get("visit", ""))
    if visit.state is not State.ADMITTED:
        return show_restart(request, gate, visit)
    way_out = _way_out(gate, visit)
    if not _can_leave(gate, visit, way_out):
        return await show_connection(request, gate, visit)
    try:
        if visit.admission and await may_see(request, gate, visit):
            await revoke_admission(portal.pool, visit.admission, REVOKED_BY_GUEST, portal.now())
    except Unavailable as failure:
        log.warning(
            "log_out.not_recorded", gateway=gate.code, cause=type(failure.__cause__).__name__
        )
    portal.metrics.left.inc()
    log.info("log_out", gateway=gate.code)
    if isinstance(way_out, HandBack | FormBack):
        return show_way_back(request, gate, way_out, "")
    return await show_connection(request, gate, visit)


async def start(request: web.Request) -> web.Response:
    """`GET /connexion/<gateway>`: go through that gateway, which sends back a fresh redirect."""
    gate = portal_of(request).directory.current.gates.get(request.match_info["gateway"])
    if gate is None:
        raise web.HTTPNotFound
    return see_other(gate.adapter.start(gate.registration).url)


async def _find_connection(request: web.Request) -> web.Response:
    """The page of a guest we do not know: where they may be, by their public address."""
    portal = portal_of(request)
    address = shared_address(client_address(request))
    sites = await load_sites_at(portal.pool, address) if address else set()
    gates = [g for g in portal.directory.current.gates.values() if g.place.id in sites]
    return render(request, "find_connection.html", here="/ma-connexion", gates=gates)


def _is_online(request: web.Request, gate: Gate, holding: Holding, *, told: bool) -> bool:
    """Whether the guest is online as far as the base knows.

    Sessions that have all ended mean the gateway has closed it; no session at all means that this
    gateway tells us of none, or has not yet.
    """
    if holding.standing(gate.place.hours, portal_of(request).now()).stop is not None:
        return False
    return told or holding.usage == NOTHING_USED or holding.usage.open_sessions > 0


def _show_over(request: web.Request, gate: Gate, visit: Visit, holding: Holding) -> web.Response:
    """The page of a guest who is no longer online: why, and the button that begins again."""
    now = portal_of(request).now()
    found = holding.standing(gate.place.hours, now)
    return render(
        request,
        "over.html",
        place=gate.place,
        publisher=gate.place.organisation,
        token=portal_of(request).sign(visit),
        here="/ma-connexion",
        start=gate.adapter.start(gate.registration).url,
        used_up=found.stop is Stop.USED_UP,
        notice=notice_at(request, gate.place, found.stop) if found.stop in _TOLD else None,
        **_left(request, gate, holding),
    )


_TOLD = frozenset(Stop) - {Stop.USED_UP, Stop.ENDED}
"""Why somebody is no longer online, where the page has no sentence of its own."""


def _left(request: web.Request, gate: Gate, holding: Holding | None) -> dict[str, Any]:
    """Time and data left and used, in words; empty where there is nothing to say.

    While nothing is refused, what is left ends with the place's hours and the guest's day.
    """
    words: dict[str, Any] = {"time_left": "", "volume_left": "", "volume_used": "", "slow": False}
    if holding is None:
        return words

    def translated(message: str) -> str:
        return translate(request, message)

    language = language_of(request)
    now = portal_of(request).now()
    found = holding.standing(gate.place.hours, now)
    left = holding.admission.left(holding.usage, now) if found.stop else found
    words["slow"] = found.slow
    if left.seconds:
        words["time_left"] = duration(left.seconds, translated)
    if left.octets is not None:
        words["volume_left"] = volume(left.octets, language, translated)
    used = holding.usage.upload_octets + holding.usage.download_octets
    if used:
        words["volume_used"] = volume(used, language, translated)
    return words
