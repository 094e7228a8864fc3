"""The door's pages: sign-in, sign-in link, password, sign-out.

A refusal never says whether the login exists: the same sentence, after the same time.
"""

import asyncio

from aiohttp import web
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from territory.access.gate import page, url
from territory.access.guard import (
    ACCESS,
    actor_of,
    cookie_path,
    form_of,
    operator_of,
    own_page,
    sign_in_of,
    start_sign_in,
)
from territory.access.operators import (
    Actor,
    Operator,
    begin_attempt,
    forget_attempts,
    record,
    set_password,
)
from territory.access.passwords import flaws_of
from territory.access.roles import Permission
from territory.access.store import close_sign_in, consume_link, is_link_usable
from territory.web.addresses import Address
from territory.web.headers import client_address
from territory.web.pages import render

REFUSED = (
    "L'identifiant ou le mot de passe ne convient pas. "
    "Après plusieurs erreurs, l'accès se ferme quelques minutes."
)
ATTEMPTS_OF_AN_ADDRESS = RateLimitItemPerMinute(30, 10)
"""Refusals in ten minutes; a town hall's operators share one address."""

LIMITER = web.AppKey("LIMITER", MovingWindowRateLimiter)


def add_door(app: web.Application) -> None:
    """Add the door's pages to a guarded application."""
    app[LIMITER] = MovingWindowRateLimiter(MemoryStorage())
    anyone, signed_in = Permission.ANYONE, Permission.BE_SIGNED_IN
    page(app, "/session", anyone, "sign_in", get=show_sign_in, post=sign_in)
    page(app, "/lien/{token}", anyone, "link", get=show_link, post=use_link)
    page(app, "/mot-de-passe", signed_in, "password", get=show_password, post=change_password)
    page(app, "/session/fermer", signed_in, "sign_out", post=sign_out)


async def show_sign_in(request: web.Request) -> web.StreamResponse:
    """The form; whoever is signed in already goes on."""
    if sign_in_of(request) is not None:
        return _see(own_page(request, request.query.get("suite", "")))
    return render(
        request, "sign_in.html", fault="", login="", wanted=request.query.get("suite", "")
    )


async def sign_in(request: web.Request) -> web.StreamResponse:
    """Check a login and its password."""
    began = asyncio.get_running_loop().time()
    form = form_of(request)
    limiter, key = request.app[LIMITER], _neighbourhood(client_address(request))
    if not limiter.test(ATTEMPTS_OF_AN_ADDRESS, key):
        raise web.HTTPTooManyRequests(headers={"Retry-After": "600"})
    operator = await _authenticate(request, form.get("login", ""), form.get("password", ""))
    if operator is not None:
        return await _enter(request, operator, "password", form.get("suite", ""))
    limiter.hit(ATTEMPTS_OF_AN_ADDRESS, key)
    wait = began + request.app[ACCESS].refusal_seconds - asyncio.get_running_loop().time()
    await asyncio.sleep(max(0.0, wait))
    return render(
        request,
        "sign_in.html",
        status=403,
        fault=REFUSED,
        login=form.get("login", "")[:254],
        wanted=form.get("suite", ""),
    )


async def _authenticate(request: web.Request, login: str, password: str) -> Operator | None:
    access = request.app[ACCESS]
    async with access.engine.begin() as db:
        candidate = await begin_attempt(db, login[:254], access.clock.now())
    encoded = candidate.password_hash if candidate else None
    if not await access.passwords.verify(encoded, password) or candidate is None:
        return None
    async with access.engine.begin() as db:
        await forget_attempts(db, candidate.operator.id)
    return candidate.operator


async def _enter(
    request: web.Request, operator: Operator, means: str, wanted: str
) -> web.StreamResponse:
    access = request.app[ACCESS]
    by = Actor(operator.id, operator.login)
    async with access.engine.begin() as db:
        where = access.application.value
        await record(db, by, "sign_in.opened", where, access.clock.now(), means=means)
    return await start_sign_in(request, operator, own_page(request, wanted))


async def show_link(request: web.Request) -> web.StreamResponse:
    """One button that uses the link, so that a mail scanner's visit does not."""
    access = request.app[ACCESS]
    if access.links_open_at_once:
        return await use_link(request)
    async with access.engine.connect() as db:
        usable = await is_link_usable(
            db, request.match_info["token"], access.application, access.clock.now()
        )
    return render(request, "sign_in_link.html", status=200 if usable else 410, usable=usable)


async def use_link(request: web.Request) -> web.StreamResponse:
    """Sign in whom the link was made for; go on to `?suite=` where that is one of our pages."""
    access = request.app[ACCESS]
    async with access.engine.begin() as db:
        operator = await consume_link(
            db, request.match_info["token"], access.application, access.clock.now()
        )
    if operator is None:
        return render(request, "sign_in_link.html", status=410, usable=False)
    return await _enter(request, operator, "link", request.query.get("suite", ""))


async def show_password(request: web.Request) -> web.StreamResponse:
    """The form to choose a password."""
    return render(request, "password.html", faults=[])


async def change_password(request: web.Request) -> web.StreamResponse:
    """Set the operator's own password; every other browser of theirs is signed out."""
    access, operator, form = request.app[ACCESS], operator_of(request), form_of(request)
    faults = await _password_faults(request, operator, form)
    if faults:
        return render(request, "password.html", status=422, faults=faults)
    encoded = await access.passwords.hash(form["new"])
    async with access.engine.begin() as db:
        await set_password(db, operator, encoded, actor_of(request), access.clock.now())
    return await start_sign_in(request, operator, url(request, "home"))


async def _password_faults(
    request: web.Request, operator: Operator, form: dict[str, str]
) -> list[str]:
    new = form.get("new", "")
    if (
        operator.has_password
        and await _authenticate(request, operator.login, form.get("current", "")) is None
    ):
        return ["Le mot de passe actuel ne convient pas."]
    if new != form.get("again", ""):
        return ["Les deux saisies du nouveau mot de passe diffèrent."]
    return [flaw.french for flaw in flaws_of(new, operator.login)]


async def sign_out(request: web.Request) -> web.StreamResponse:
    """End this browser's sign-in."""
    access, found = request.app[ACCESS], sign_in_of(request)
    if found is not None:
        async with access.engine.begin() as db:
            await close_sign_in(db, found.token_digest)
            where = access.application.value
            await record(db, actor_of(request), "sign_in.closed", where, access.clock.now())
    response = _see(url(request, "sign_in"))
    response.del_cookie(access.cookie, path=cookie_path(request))
    return response


def _see(to: str) -> web.Response:
    return web.Response(status=303, headers={"Location": to, "Cache-Control": "no-store"})


def _neighbourhood(address: Address) -> str:
    """What shares a limit: an IPv4 address, or an IPv6 network of 64 bits."""
    if address.version == 4:
        return str(address)
    return address.exploded[:19]
