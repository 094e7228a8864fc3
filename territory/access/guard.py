"""Before every handler of an operators' application: who is this, may they pass, did they mean it.

The order is the rule: find the sign-in of the cookie; refuse a route without a declared
permission; refuse, or send to the sign-in page, whoever lacks it; refuse a form that is not from
our own page; only then the handler runs.
"""

from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from sqlalchemy.ext.asyncio import AsyncEngine

from territory.access.forms import FIELD, FormTokens, is_same_origin
from territory.access.gate import (
    BY_THEMSELVES,
    LARGEST_FILES,
    PERMISSIONS,
    is_asked_by_itself,
    largest_files_of,
    permission_of,
    url,
)
from territory.access.operators import Actor, Operator
from territory.access.passwords import Passwords
from territory.access.roles import Permission, may
from territory.access.second_factor import SecondFactor
from territory.access.store import (
    Application,
    Lives,
    SignIn,
    load_sign_in,
    open_sign_in,
    touch_sign_in,
)
from territory.clock import Clock
from territory.web.forms import read_form, read_form_with_files
from territory.web.headers import is_https
from territory.web.pages import page_context


@dataclass(frozen=True, slots=True)
class Access:
    """What the door of one application needs."""

    application: Application
    engine: AsyncEngine
    """Opened with the component's own role."""
    clock: Clock
    signing_key: bytes
    """For the tokens in forms: ``keyring.derive("form tokens")``."""
    passwords: Passwords
    lives: Lives = field(default_factory=Lives)
    links_open_at_once: bool = False
    """The demo's doors: a link signs in without its button. Never elsewhere, since a mail
    scanner that follows links would use them up."""
    refusal_seconds: float = 0.6
    """A refused sign-in is answered no sooner, whoever the login names."""
    second_factor: SecondFactor | None = None
    """Of whom a code is asked after the password; None: of nobody."""

    @property
    def cookie(self) -> str:
        """The cookie's name: one for each application, since cookies do not know of ports."""
        return f"socle_{self.application.value}"


ACCESS = web.AppKey("ACCESS", Access)
FORM_TOKENS = web.AppKey("FORM_TOKENS", FormTokens)
SIGN_IN = web.RequestKey("SIGN_IN", SignIn)
FORM = web.RequestKey("FORM", dict)
FILES: web.RequestKey[dict[str, bytes]] = web.RequestKey("FILES", dict)


def set_guard(app: web.Application, access: Access) -> None:
    """Put the guard before every handler of ``app``."""
    app[ACCESS] = access
    app[FORM_TOKENS] = FormTokens(access.signing_key, access.application.value)
    app[PERMISSIONS], app[BY_THEMSELVES], app[LARGEST_FILES] = {}, set(), {}
    app.middlewares.append(_guard)


def sign_in_of(request: web.Request) -> SignIn | None:
    """The sign-in this request carries."""
    return request.get(SIGN_IN)


def operator_of(request: web.Request) -> Operator:
    """Who is signed in; only for handlers of pages that ask for it."""
    return request[SIGN_IN].operator


def actor_of(request: web.Request) -> Actor:
    """Who is signed in, for an audit line."""
    operator = operator_of(request)
    return Actor(operator.id, operator.login)


def form_of(request: web.Request) -> dict[str, str]:
    """The posted form, already proved to come from our own page."""
    return request[FORM]


def files_of(request: web.Request) -> dict[str, bytes]:
    """The files posted with the form, by field; only for pages that take some."""
    return request[FILES]


def asks_code(request: web.Request) -> bool:
    """Whether who is signed in gives a second factor here."""
    wanted = request.app[ACCESS].second_factor
    return wanted is not None and operator_of(request).role in wanted.roles


def own_page(request: web.Request, path: str) -> str:
    """The page asked for before the door, when it is one of this application's own."""
    home = url(request, "home")
    own = path.startswith(home) and not path.startswith("//")
    plain = path.isascii() and path.isprintable() and "\\" not in path and len(path) <= 500
    return path if own and plain else home


async def start_sign_in(request: web.Request, operator: Operator, to: str) -> web.Response:
    """A redirect to ``to`` that carries the cookie of a new sign-in."""
    access = request.app[ACCESS]
    async with access.engine.begin() as db:
        token = await open_sign_in(
            db, operator.id, access.application, access.lives, access.clock.now()
        )
    response = web.Response(status=303, headers={"Location": to, "Cache-Control": "no-store"})
    response.set_cookie(
        access.cookie,
        token,
        path=cookie_path(request),
        httponly=True,
        samesite="Strict",
        secure=is_https(request),
    )
    return response


def cookie_path(request: web.Request) -> str:
    """Where the application is mounted."""
    return url(request, "home").rstrip("/") or "/"


@web.middleware
async def _guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    await _recognise(request)
    if request.match_info.http_exception is None:
        refusal = _judge(request)
        if refusal is not None:
            return refusal
        if request.method == "POST":
            request[FORM] = await _proved_form(request)
    return await handler(request)


async def _recognise(request: web.Request) -> None:
    """Find the sign-in of the cookie and give templates what they need of it."""
    access = request.app[ACCESS]
    now = access.clock.now()
    found = None
    token = request.cookies.get(access.cookie)
    if token:
        async with access.engine.begin() as db:
            found = await load_sign_in(db, token, access.application, access.lives, now)
            if found is not None and not is_asked_by_itself(request):
                await touch_sign_in(db, found, now)
    if found is not None:
        request[SIGN_IN] = found
    role = found.operator.role if found else None
    digest = found.token_digest if found else b""
    page_context(request).update(
        operator=found.operator if found else None,
        may=lambda name: may(role, Permission(name)),
        url=partial(url, request),
        csrf=request.app[FORM_TOKENS].make(digest, now),
        asks_code=found is not None and asks_code(request),
    )


def _judge(request: web.Request) -> web.Response | None:
    """A redirect for whom the door would let through; raises for whom nothing would."""
    permission = permission_of(request)
    if permission is None:
        resource = request.match_info.route.resource
        structlog.get_logger().error(
            "page.undeclared", route=resource.canonical if resource else "none"
        )
        raise web.HTTPForbidden
    found = sign_in_of(request)
    if permission is Permission.ANYONE:
        return None
    if found is None:
        return _to_sign_in(request)
    if not may(found.operator.role, permission):
        raise web.HTTPForbidden
    if not found.operator.has_password and _must_choose_password(request):
        return web.Response(status=303, headers={"Location": url(request, "password")})
    if asks_code(request) and found.proved_at is None and not _is_before_code(request, found):
        to = request.app.router["second_factor"].url_for().with_query(suite=request.path)
        return web.Response(status=303, headers={"Location": str(to), "Cache-Control": "no-store"})
    return None


def _is_before_code(request: web.Request, found: SignIn) -> bool:
    """Whether the page comes before the code: the code's own, the way out, a first password."""
    resource = request.match_info.route.resource
    name = resource.name if resource else None
    return name in {"second_factor", "sign_out"} or (
        name == "password" and not found.operator.has_password
    )


def _to_sign_in(request: web.Request) -> web.Response:
    to = request.app.router["sign_in"].url_for()
    if request.method in {"GET", "HEAD"}:
        to = to.with_query(suite=request.path)
    return web.Response(status=303, headers={"Location": str(to), "Cache-Control": "no-store"})


def _must_choose_password(request: web.Request) -> bool:
    if request.app[ACCESS].links_open_at_once:
        return False
    resource = request.match_info.route.resource
    return resource is None or resource.name not in {"password", "sign_out"}


async def _proved_form(request: web.Request) -> dict[str, str]:
    """The form, or a refusal that says the page was left open too long or is not ours."""
    if not is_same_origin(request.headers, is_https(request)):
        raise web.HTTPForbidden
    largest = largest_files_of(request)
    form: dict[str, Any]
    if largest:
        form, request[FILES] = await read_form_with_files(request, largest)
    else:
        form = dict(await read_form(request))
    found = sign_in_of(request)
    digest = found.token_digest if found else b""
    now = request.app[ACCESS].clock.now()
    if not request.app[FORM_TOKENS].check(form.pop(FIELD, ""), digest, now):
        raise web.HTTPForbidden
    return form
