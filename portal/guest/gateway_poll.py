"""`/gateway/opennds[/<code>]`, asked by a gateway and not by a phone: levels 3 and 4 of openNDS.

    a form, or a query with `auth_get` -> read (pure) -> which gateway -> answered from memory

Nothing signs a poll (docs/decisions/polls-are-not-signed.md), so little is believed of one: it
must name a gateway of ours of such a level, call itself openNDS, come down the site's link or
from the site's own public address where that is known, and not too often. What it then says counts
only where it knows something that the gateway alone was told or made.
"""

from collections.abc import Mapping
from datetime import timedelta

from aiohttp import web

from portal.gateways.authmon import (
    ACK,
    Action,
    Left,
    Poll,
    answer,
    is_agent,
    read_poll,
)
from portal.gateways.query import parse_query
from portal.guest.parts import Portal, log, portal_of, raw_query
from portal.places import Gate
from portal.public_address import is_elsewhere
from portal.throttle import BAD_REDIRECTS, POLLS, source_of
from portal.without_radius.sessions import Ending, load_session_to_end, stop_session
from territory.errors import ProtocolError, Unavailable
from territory.gateway_dialects import Return
from territory.web.forms import read_form
from territory.web.headers import client_address

PARAMETER = b"auth_get="
"""What a query holds that is a poll and not a phone's redirect."""
CLOCK_SLACK = timedelta(days=1)
"""A gateway's clock that is further off dates nothing."""


async def answer_form(request: web.Request) -> web.Response:
    """`POST`: a poll of level 3."""
    return await _answer(request, await read_form(request))


async def answer_query(request: web.Request) -> web.Response:
    """`GET` with `auth_get`: a poll of level 4."""
    try:
        parameters = parse_query(raw_query(request))
    except ProtocolError as refused:
        return _refuse(request, refused.reason)
    return await _answer(request, parameters)


def is_poll(request: web.Request) -> bool:
    """Whether a gateway asks, and not a phone."""
    query = raw_query(request)
    return query.startswith(PARAMETER) or b"&" + PARAMETER in query


async def _answer(request: web.Request, parameters: Mapping[str, str]) -> web.Response:
    portal = portal_of(request)
    try:
        poll = read_poll(parameters)
        gate = _gate(portal, request, poll)
        _check_source(request, gate)
    except ProtocolError as refused:
        return _refuse(request, refused.reason)
    source = source_of(client_address(request))
    if not portal.throttle.allows(POLLS, "polls", gate.code, source):
        return web.Response(status=429, headers={"Retry-After": "10"})
    portal.metrics.polls.labels(poll.action).inc()
    return _text(await _act(portal, gate, poll))


async def _act(portal: Portal, gate: Gate, poll: Poll) -> str:
    """Return what a believed poll is answered."""
    now = portal.now()
    if poll.left is not None:
        await _end_session(portal, gate, poll.left)
        return ACK
    if poll.acknowledged is not None:
        let_in = portal.waiting.acknowledge(gate.id, poll.acknowledged, now)
        await portal.waiting.write(portal.pool, portal.days, let_in, now)
        portal.metrics.connected.labels(gate.brand).inc(len(let_in))
        return ACK
    if poll.action not in (Action.VIEW, Action.LIST):
        return ACK
    waiting = portal.waiting.of(gate.id, now)
    return answer((each.token, each.rights) for each in waiting)


async def _end_session(portal: Portal, gate: Gate, left: Left) -> None:
    """Close the session of a client that left, where the notice knows its token.

    An end that was concluded meanwhile gives way to it; it was then over at the latest when its
    device began anew.
    """
    if gate.registration.secret is None:
        return
    now, told = portal.now(), left.ended_at
    mark = left.return_hash(gate.registration.secret)
    try:
        found = await load_session_to_end(portal.pool, gate.id, left.device, mark)
        if found is None:
            return
        ending = Ending(
            found.key,
            left.cause,
            found.began_anew_at or now,
            left.upload_octets,
            left.download_octets,
            told if told and abs(told - now) < CLOCK_SLACK else None,
        )
        await stop_session(portal.pool, portal.days, ending, now)
    except Unavailable as failure:
        log.warning("poll.not_recorded", gateway=gate.code, cause=type(failure.__cause__).__name__)


def _gate(portal: Portal, request: web.Request, poll: Poll) -> Gate:
    """Return the gateway that asks: named by the path, else by the hash of its name.

    Raises:
        ProtocolError: none of ours is called so, or it is not one that asks.
    """
    if not is_agent(request.headers.get("User-Agent", "")):
        raise ProtocolError("bad-agent")
    territory = portal.directory.current
    code = request.match_info.get("gateway") or territory.hashes.get(poll.gateway_hash, "")
    gate = territory.gates.get(code)
    asks = gate is not None and gate.dialect.returns is Return.POLL
    if gate is None or not asks or gate.brand != request.match_info["brand"]:
        raise ProtocolError("unknown-gateway")
    return gate


def _check_source(request: web.Request, gate: Gate) -> None:
    """Believe no poll from an address that is not the site's, where its addresses are known."""
    if is_elsewhere(client_address(request), gate.seen_from):
        log.warning("poll.foreign_source", gateway=gate.code)
        raise ProtocolError("foreign-source")


def _refuse(request: web.Request, reason: str) -> web.Response:
    """Answer something that no gateway takes for a list; too many of those are turned away."""
    portal = portal_of(request)
    portal.metrics.refused.labels(reason).inc()
    source = source_of(client_address(request))
    if not portal.throttle.allows(BAD_REDIRECTS, "bad redirects", source):
        return web.Response(status=429, headers={"Retry-After": "60"})
    return _text("refused", status=400)


def _text(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text, status=status, headers={"Cache-Control": "no-store"})
