"""From a verified visit to the gateway: the right is decided, written, and handed back.

Stands between `identify`, which brings a visit that its method has verified, and `way_back`. Here
alone a right to go online is written, whatever the method: a fresh one, the one the device holds,
or a loan of some minutes that a proof later makes whole.
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
    after_a_loan,
    decide,
    fresh_admission,
    user_name_of,
)
from portal.guest.parts import Portal, admitted_visit, log, page_of, portal_of, see_other
from portal.guest.splash import show_restart, show_splash
from portal.guest.way_back import go_back, leads_back
from portal.people.own_devices import load_own_devices
from portal.places import Gate
from portal.public_address import is_elsewhere
from portal.records import (
    load_admission_of,
    load_used,
    prolong_admission,
    record_admission,
    reopen_admission,
)
from portal.throttle import source_of
from portal.visit import Event, State, Visit, advance, advance_all, refuse
from territory.controllers.record import ControllerFault
from territory.database.commands import Request, Target, ask_change
from territory.errors import Unavailable
from territory.rules.quotas import UNUSED, Stop
from territory.web.headers import client_address


async def grant(
    request: web.Request, gate: Gate, visit: Visit, ends_at: datetime | None = None
) -> web.Response:
    """Give a visit's guest their right and hand them back; or say on a page why not.

    Args:
        request: the guest's.
        gate: where they are.
        visit: VERIFIED, or LENT for a loan.
        ends_at: when the right ends at the latest; None: as its plan says.
    """
    portal = portal_of(request)
    try:
        return await _grant(request, gate, visit, ends_at)
    except ControllerFault as failure:
        portal.metrics.refuse(gate, visit, f"controller-{failure.trouble}")
        return show_splash(request, gate, begun_again(visit, "equipment"), status=502)
    except Unavailable as failure:
        return show_away(request, gate, visit, failure)


async def make_whole(
    request: web.Request, gate: Gate, visit: Visit, ends_at: datetime | None = None
) -> web.Response:
    """Make a loan the plan's right, now that its guest has proven what was asked.

    While the loan lasts its gateway is asked to go on; one that cannot be told ends the session
    when the loan would have ended, and the guest comes back with one tap to what they hold. After
    it, or where the device was online by a right it held already, they are handed back as anybody.
    A right that somebody has proven to be theirs by now becomes nobody else's.
    """
    portal, now = portal_of(request), portal_of(request).now()
    verified = advance_all(visit, Event.VERIFY)
    if verified is None:
        return show_restart(request, gate, visit)
    name = user_name_of(visit.id, portal.keys.user_name, is_probe=gate.is_probe)
    try:
        if await _has_too_many(portal, gate, visit, now):
            return _show_refused(request, gate, visit, Stop.DEVICES)
        whole = fresh_admission(visit, gate, name, now, ends_at)
        admission = await prolong_admission(portal.pool, whole)
        if admission is not None and admission.guest_id != visit.guest:
            return show_restart(request, gate, visit)
        lasts = now < visit.loan_ends_at
        if admission is None or not admission.lives(now) or not lasts:
            return await grant(request, gate, verified, ends_at)
        async with portal.pool.acquire() as connection:
            target = Target(admission_id=admission.id)
            await ask_change(connection, target, Request("identification", now))
    except Unavailable as failure:
        return show_away(request, gate, visit, failure)
    log.info("visit", gateway=gate.code, outcome="made-whole")
    return see_other(page_of(portal, admitted_visit(visit, admission)))


def show_away(request: web.Request, gate: Gate, visit: Visit, failure: Unavailable) -> web.Response:
    """Return the first page of a visit that an outage held up; nothing of it is lost."""
    portal_of(request).metrics.refuse(gate, visit, "unavailable")
    log.warning("visit.unavailable", gateway=gate.code, cause=type(failure.__cause__).__name__)
    return show_splash(request, gate, begun_again(visit, "away"), status=503)


def begun_again(visit: Visit, notice: str = "", method: str = "") -> Visit:
    """Return the visit at its beginning, with what its page opens with, and the way now chosen."""
    return replace(
        visit, state=State.ARRIVED, method=method, challenge=None, guest=None, notice=notice
    )


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


async def _grant(
    request: web.Request, gate: Gate, visit: Visit, ends_at: datetime | None
) -> web.Response:
    """Give the device its right, fresh or held, and hand it back."""
    portal = portal_of(request)
    now = portal.now()
    name = user_name_of(visit.id, portal.keys.user_name, is_probe=gate.is_probe)
    fresh = fresh_admission(visit, gate, name, now, ends_at)
    held = await load_admission_of(portal.pool, gate.place.id, visit.device, now)
    match decide(held, fresh, await _circumstances(portal, gate, visit, now)):
        case Refused(stop):
            return _show_refused(request, gate, visit, stop)
        case Grant() if await _has_too_many(portal, gate, visit, now):
            return _show_refused(request, gate, visit, Stop.DEVICES)
        case Grant() as grant if _is_made_up(request, gate, visit, grant):
            return _show_refused(request, gate, visit, "elsewhere")
        case Grant(_, Right.FRESH) if not _may_have(request, gate, visit):
            raise web.HTTPTooManyRequests(headers={"Retry-After": "600"})
        case Grant(admission, right):
            admission = await _write(portal, admission, right)
            if admission.is_lent and visit.state is not State.LENT:
                return await _grant(request, gate, after_a_loan(visit), ends_at)
            if not admission.lives(now) or not _may_go(gate, visit):
                return show_restart(request, gate, visit)
            portal.metrics.admitted.labels(gate.brand, right).inc()
            portal.metrics.funnel.admitted(gate, visit, admission, now)
            log.info("visit", gateway=gate.code, outcome="admitted", right=right)
            return await go_back(request, gate, visit, admission)


async def _has_too_many(portal: Portal, gate: Gate, visit: Visit, now: datetime) -> bool:
    """Whether as many other devices of the guest are online as the plan lets; RADIUS would refuse
    this one, and here its guest can let another go."""
    most = gate.place.plan.limits.devices
    if visit.guest is None or most is None:
        return False
    devices = await load_own_devices(portal.pool, visit.guest, now)
    others = {one.device for one in devices if one.is_online and one.device != visit.device}
    return len(others) >= most


def _may_go(gate: Gate, visit: Visit) -> bool:
    """Whether the visit may be admitted, or is on loan, and its gateway takes it back; where only
    a new redirect does, that one finds the right written."""
    may = visit.state is State.LENT or advance(visit.state, Event.ADMIT) is not None
    return may and leads_back(gate, visit)


def _show_refused(request: web.Request, gate: Gate, visit: Visit, why: str) -> web.Response:
    portal_of(request).metrics.refuse(gate, visit, why)
    log.info("visit", gateway=gate.code, outcome=why)
    return show_splash(request, gate, refuse(visit, why))


async def _circumstances(portal: Portal, gate: Gate, visit: Visit, now: datetime) -> Circumstances:
    """Return what counts beside the visit; what was used is asked only where a limit needs it."""
    counts = gate.place.plan.limits.counts_days
    used = await load_used(portal.pool, visit.guest, visit.device, now) if counts else UNUSED
    return Circumstances(
        now=now,
        hours=gate.place.hours,
        used=used,
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
