"""The pages around a sign-in at an identity provider, in whatever browser it happens.

    /o/<word>                                what a guest types in a real browser: the link again
    /identification/openid_connect/retour    the provider's answer, taken once (RP: redirect_uri)
    /identification/openid_connect/suite     after it: one button, or six digits

No cookie ties these together: the state names the sign-in, whose row names the visit. Only who
brings the provider's answer is told the way to the last page, so whoever began a sign-in that
somebody else ended learns nothing there. What the provider says is believed or not in
`portal.openid`; what is done with it is decided here and nowhere stored but as an account.
"""

import hmac
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from portal.guest.parts import Portal, log, portal_of, see_other, show_refused
from portal.guest.way_back import allow_way_back
from portal.identification.openid_connect import begun_from, sign_in_address
from portal.openid.asking import (
    PLAIN_CHARACTERS,
    challenge_left,
    challenge_of,
    check_issuer,
    departure_address,
    secrets_of,
)
from portal.openid.client import ProviderClient, Vouched
from portal.openid.records import (
    OpenidRequest,
    claim_request,
    find_request,
    load_request,
    record_vouched,
)
from portal.people.accounts import Holder, account_of
from portal.places import Gate
from portal.throttle import BAD_REDIRECTS, source_of
from portal.visit import Visit
from territory.errors import ProtocolError, Unavailable
from territory.web.headers import client_address
from territory.web.pages import language_of, render, set_language

RETURN_PATH: Final = "/identification/openid_connect/retour"
NEXT_PATH: Final = "/identification/openid_connect/suite"
_LONGEST_CODE = 2000
_TYPED: Final = str.maketrans("0189", "OIBG")
"""What somebody may type for a letter: the alphabet has none of these digits (RFC 4648 §6)."""
REFUSED: Final = "access_denied"


@dataclass(frozen=True, slots=True)
class _Begun:
    """A sign-in with the visit it belongs to."""

    request: OpenidRequest
    visit: Visit
    gate: Gate
    client: ProviderClient


async def open_elsewhere(request: web.Request) -> web.Response:
    """`GET /o/<word>`: the link to the provider, in the browser that somebody typed this in."""
    portal = portal_of(request)
    word = request.match_info["word"].upper().translate(_TYPED)
    found = None
    if len(word) == PLAIN_CHARACTERS and word.isascii() and word.isalnum():
        found = await find_request(portal.pool, word, portal.now())
    if found is None:
        source = source_of(client_address(request))
        if not portal.throttle.allows(BAD_REDIRECTS, "plain addresses", source):
            raise web.HTTPTooManyRequests(headers={"Retry-After": "60"})
        return show_refused(request, "openid-over")
    begun = _begun(request, found)
    address = await sign_in_address(portal, found, language_of(request), portal.now())
    return _page(request, begun, "openid_open.html", address=address)


async def come_back(request: web.Request) -> web.Response:
    """`GET .../retour`: take the provider's answer, once, and go on to the page after it."""
    portal, now = portal_of(request), portal_of(request).now()
    challenge = challenge_of(request.query.get("state", ""), portal.keys.openid)
    found = await load_request(portal.pool, challenge, now)
    if found is None:
        return show_refused(request, "openid-over")
    begun = _begun(request, found)
    if await claim_request(portal.pool, challenge, now) is None:
        return _ended(request, begun, "openid-used")
    try:
        return see_other(await _take(portal, begun, request.query))
    except ProtocolError as refused:
        return _ended(request, begun, refused.reason)
    except Unavailable:
        return _ended(request, begun, "unavailable")


async def go_on(request: web.Request) -> web.Response:
    """`GET .../suite`: a button where the sign-in was begun from here, else the digits to type."""
    portal = portal_of(request)
    challenge = challenge_left(request.query.get("state", ""), portal.keys.openid)
    found = await load_request(portal.pool, challenge, portal.now())
    if found is None or found.account_id is None:
        return show_refused(request, "openid-over")
    begun = _begun(request, found)
    code = secrets_of(challenge, portal.keys.openid).code
    if not _is_here(request, begun):
        return _page(request, begun, "openid_code.html", code=code)
    allow_way_back(request, begun.gate, begun.visit)
    return _page(request, begun, "openid_ready.html", code=code, token=found.visit)


async def _take(portal: Portal, begun: _Begun, answer: Any) -> str:
    """Return where a guest goes whom the provider vouches for; their account is then written.

    Raises:
        ProtocolError: it vouches for nobody, or what it says cannot be believed.
        Unavailable: the provider or the database is away.
    """
    now, client = portal.now(), begun.client
    metadata = await client.metadata(now)
    check_issuer(answer.get("iss"), metadata)
    code = answer.get("code", "")
    if "error" in answer or not 0 < len(code) <= _LONGEST_CODE:
        is_refusal = answer.get("error") == REFUSED
        raise ProtocolError("openid-denied" if is_refusal else "openid-error")
    secrets = secrets_of(begun.request.id, portal.keys.openid)
    vouched = await client.redeem(code, secrets, now)
    await _record(portal, begun, vouched)
    next_page = f"{portal.public_url}{NEXT_PATH}"
    if client.provider.profile.ends_session and metadata.end_session_endpoint:
        return departure_address(metadata, secrets, vouched.id_token, next_page)
    return f"{next_page}?state={secrets.farewell}"


async def _record(portal: Portal, begun: _Begun, vouched: Vouched) -> None:
    provider = begun.client.provider
    holder = Holder(provider.code, provider.issuer, vouched.subject, vouched.kept)
    account_id = await account_of(portal.pool, portal.keys.accounts, holder, portal.now())
    await record_vouched(portal.pool, begun.request.id, account_id)
    log.info("openid", gateway=begun.gate.code, provider=provider.code, outcome="vouched")


def _begun(request: web.Request, found: OpenidRequest) -> _Begun:
    """Return a sign-in with its visit; the page takes the visit's language.

    Raises:
        ProtocolError: its gateway or its provider is no longer ours.
    """
    portal = portal_of(request)
    visit = portal.read(found.visit)
    client = portal.providers.get(found.provider)
    if client is None:
        raise ProtocolError("openid-provider")
    set_language(request, visit.language)
    return _Begun(found, visit, portal.gate_of(visit), client)


def _is_here(request: web.Request, begun: _Begun) -> bool:
    """Whether a sign-in was begun from where this request comes from."""
    source = source_of(client_address(request))
    here = begun_from(portal_of(request), begun.request.id, source)
    return hmac.compare_digest(here, begun.request.begun_from)


def _ended(request: web.Request, begun: _Begun, reason: str) -> web.Response:
    """Return the page of a sign-in that let nobody in; who began it here may begin again."""
    portal_of(request).metrics.refused.labels(reason).inc()
    log.info("openid", gateway=begun.gate.code, provider=begun.request.provider, outcome=reason)
    token = begun.request.visit if _is_here(request, begun) else ""
    status = 503 if reason == "unavailable" else 400
    return _page(request, begun, "openid_ended.html", status=status, token=token, reason=reason)


def _page(
    request: web.Request, begun: _Begun, template: str, *, status: int = 200, **values: Any
) -> web.Response:
    place = begun.gate.place
    shown = {"token": "", **values}
    return render(
        request,
        template,
        status=status,
        place=place,
        publisher=place.organisation,
        provider=begun.client.provider.name,
        **shown,
    )
