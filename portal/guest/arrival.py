"""`/gateway/<brand>`: a gateway sends a phone; the first page a guest sees, or "connected".

The redirect is read by the brand's adapter and believed only against the gateway's own record. A
redirect that is not believed gets one clear page that repeats nothing of it; too many of those
are turned away, but never a good one, since a whole site shares the address they came from.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from aiohttp import web

from portal.admission import Admission, Holding
from portal.gateways.brands import adapters_of
from portal.gateways.vocabulary import Adapter, Arrival, SealedDevice, Situation
from portal.guest.connection import show_connected
from portal.guest.gateway_poll import answer_query, is_poll
from portal.guest.notices import notice_of
from portal.guest.parts import (
    Portal,
    admitted_visit,
    begin_visit,
    log,
    may_see,
    page_of,
    portal_of,
    raw_query,
    see_other,
)
from portal.guest.splash import read_current, show_splash
from portal.guest.way_back import open_device
from portal.places import Gate, Territory
from portal.public_address import shared_address, speaks_for_site
from portal.records import load_admission_named, load_admission_of, record_public_address
from portal.throttle import BAD_REDIRECTS, source_of
from portal.visit import LIFETIME, State, Visit, refuse
from territory.errors import ProtocolError, Unavailable
from territory.vocabulary import Brand
from territory.web.headers import client_address
from territory.web.pages import language_of, set_language

CLOCK_SLACK = timedelta(minutes=5)
"""How wrong a gateway's clock may be."""
NOT_ONLINE = (Situation.CAPTIVE, Situation.REFUSED, Situation.LEFT)


async def arrive(request: web.Request) -> web.Response:
    """Take a gateway's redirect, or its question."""
    if is_poll(request):
        return await answer_query(request)
    return await _arrive(request, request.match_info["brand"])


async def arrive_by_unifi(request: web.Request) -> web.Response:
    """Take UniFi's redirect, which adds a path of its own to the portal's address."""
    return await _arrive(request, Brand.UNIFI)


async def _arrive(request: web.Request, brand: str) -> web.Response:
    try:
        return await _read(request, brand, raw_query(request))
    except ProtocolError as refused:
        source = source_of(client_address(request))
        if not portal_of(request).throttle.allows(BAD_REDIRECTS, "bad redirects", source):
            raise web.HTTPTooManyRequests(headers={"Retry-After": "60"}) from refused
        raise


async def _read(request: web.Request, brand: str, query: bytes) -> web.Response:
    """Find out who sends the phone, then what it tells; raises `ProtocolError`."""
    adapters = adapters_of(brand)
    if not adapters:
        raise web.HTTPNotFound
    for adapter in adapters:
        if token := adapter.returned_visit(query):
            return _return(request, token)
    gate = _gate(portal_of(request).directory.current, adapters, request, query)
    source = source_of(client_address(request))
    arrival = await _believed(portal_of(request), gate, query, source)
    portal_of(request).metrics.arrived.labels(gate.brand, arrival.situation).inc()
    log.info("arrival", gateway=gate.code, situation=arrival.situation)
    return await _welcome(request, gate, arrival)


async def _believed(portal: Portal, gate: Gate, query: bytes, source: str) -> Arrival:
    """What a redirect of a known gateway tells; whether it is believed shows in a site's test."""
    now = portal.now()
    try:
        arrival = await _arrival(portal, gate, query, source)
        if not _is_current(arrival, now):
            raise ProtocolError("stale")
    except ProtocolError as refused:
        portal.gateways_seen.refused(gate.code, now, refused.reason)
        raise
    portal.gateways_seen.believed(gate.code, now)
    return arrival


async def _arrival(portal: Portal, gate: Gate, query: bytes, source: str) -> Arrival:
    """What the redirect tells; a device that it names encrypted is opened by the controller, which
    nobody can have us ask too often."""
    try:
        return gate.adapter.read(query, gate.registration)
    except SealedDevice as found:
        with portal.throttle.opening(source, gate.code) as may_ask:
            if not may_ask:
                raise web.HTTPTooManyRequests(headers={"Retry-After": "10"}) from found
            return replace(found.arrival, device=await open_device(gate, found.sealed))


def _gate(
    territory: Territory, adapters: Sequence[Adapter], request: web.Request, query: bytes
) -> Gate:
    """Return the gateway that sends the phone: named by the path, else by the redirect itself.

    Raises:
        ProtocolError: no gateway of this brand has such a name, or none is told.
    """
    code = request.match_info.get("gateway", "")
    names = [(adapter, code or _name_in(adapter, query)) for adapter in adapters]
    for adapter, name in names:
        if isinstance(name, str) and (gate := territory.gate_named(adapter, name)):
            return gate
    faults = [name for _, name in names if isinstance(name, ProtocolError)]
    raise faults[0] if len(faults) == len(names) else ProtocolError("unknown-gateway")


def _name_in(adapter: Adapter, query: bytes) -> str | ProtocolError:
    try:
        return adapter.name_in(query)
    except ProtocolError as fault:
        return fault


def _is_current(arrival: Arrival, now: datetime) -> bool:
    """Whether a redirect was made just now, by a gateway whose clock may be a little wrong, or has
    not ended where our own clock has set its end."""
    if arrival.ends_at and arrival.ends_at <= now:
        return False
    if arrival.told_at is None:
        return True
    return -CLOCK_SLACK <= now - arrival.told_at <= LIFETIME + CLOCK_SLACK


def _return(request: web.Request, token: str) -> web.Response:
    """A device that is online already, known by the visit its gateway repeats: to its page."""
    visit, _ = read_current(request, token)
    return see_other(page_of(portal_of(request), visit))


async def _welcome(request: web.Request, gate: Gate, arrival: Arrival) -> web.Response:
    visit = begin_visit(request, gate, arrival)
    match arrival.situation:
        case Situation.REFUSED:
            portal_of(request).metrics.refuse(gate, visit, notice_of(arrival))
            visit = refuse(visit, notice_of(arrival))
        case Situation.LEFT:
            visit = replace(visit, notice="left")
    if arrival.situation is Situation.CAPTIVE:
        portal_of(request).metrics.funnel.arrived(gate, visit)
    if arrival.situation in NOT_ONLINE:
        return show_splash(request, gate, visit)
    if arrival.situation is Situation.ONLINE:
        portal_of(request).metrics.connected.labels(gate.brand).inc()
    holding = await _holding(request, gate, visit, arrival)
    if holding is None:
        return show_connected(request, gate, replace(visit, state=State.ADMITTED), None)
    now = portal_of(request).now()
    if not gate.is_probe and speaks_for_site(arrival, holding.admission, now):
        await _note_public_address(request, gate, holding.admission)
    if not arrival.language:
        set_language(request, holding.admission.language)
    visit = replace(visit, language=language_of(request))
    return show_connected(
        request, gate, admitted_visit(visit, holding.admission), holding, told=True
    )


async def _holding(
    request: web.Request, gate: Gate, visit: Visit, arrival: Arrival
) -> Holding | None:
    """The admission a device is online with; None where it is not known, cannot be asked, or is
    not theirs to see who come."""
    portal = portal_of(request)
    try:
        if not await may_see(request, gate, visit):
            return None
        if arrival.user_name:
            return await load_admission_named(
                portal.pool, gate.place.id, arrival.user_name, portal.now()
            )
        return await load_admission_of(portal.pool, gate.place.id, arrival.device, portal.now())
    except Unavailable as failure:
        log.warning(
            "arrival.unavailable", gateway=gate.code, cause=type(failure.__cause__).__name__
        )
        return None


async def _note_public_address(request: web.Request, gate: Gate, admission: Admission) -> None:
    """Record where the site is seen from; an outage costs this sighting, never the guest's page."""
    portal = portal_of(request)
    now = portal.now()
    shared = shared_address(client_address(request))
    if shared is None or not portal.sightings.is_first(admission.id):
        return
    if not portal.sightings.is_due(gate.place.id, shared, now):
        return
    try:
        if await record_public_address(portal.pool, gate.place.id, shared, now):
            log.info("site.public_address", gateway=gate.code)
    except Unavailable as failure:
        log.warning("site.public_address_lost", cause=type(failure.__cause__).__name__)
