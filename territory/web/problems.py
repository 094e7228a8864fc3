"""Readable pages for what goes wrong, one table row for each status.

A page says what happened and what to do next, in the visitor's language, and never repeats what
was sent. Failures of ours are logged once, by route name and exception type; the text of an
exception may hold personal data and stays out of the log.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import asyncpg
import sqlalchemy.exc
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from territory.errors import Unavailable

LONGEST_TARGET = 8 * 1024
"""Octets of path and query that a page accepts; the longest redirect of a gateway is near 2 000."""

UNAVAILABLE = (
    Unavailable,
    OSError,
    asyncio.TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ObjectNotInPrerequisiteStateError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    sqlalchemy.exc.InterfaceError,
    sqlalchemy.exc.OperationalError,
)
"""Failures that mean "come back in a moment": the database or a provider is away, starting, full
or closed to connections; an internal error of asyncpg is what a backend that dies in the middle of
an answer looks like."""


def is_unavailable(failure: BaseException) -> bool:
    """Whether the failure, or what it was raised from, is of that kind.

    SQLAlchemy wraps what it does not know by name, such as a server that shuts down.
    """
    seen: BaseException | None = failure
    while seen is not None:
        if isinstance(seen, UNAVAILABLE):
            return True
        seen = seen.__cause__
    return False


@dataclass(frozen=True, slots=True)
class Problem:
    """What a visitor reads; the texts are message ids."""

    status: int
    title: str
    """What happened, a few words."""
    advice: str
    """What to do next, one or two sentences."""


def N_(message: str) -> str:  # noqa: N802 - the name translation tools look for
    """Mark a message for translators; it is translated when shown."""
    return message


PROBLEMS = {
    problem.status: problem
    for problem in (
        Problem(
            400,
            N_("La demande n'est pas lisible"),
            N_("Revenez en arrière et recommencez. Si cela se répète, demandez à l'accueil."),
        ),
        Problem(
            401,
            N_("Il faut se connecter"),
            N_("Cette page est réservée à certaines personnes."),
        ),
        Problem(
            403,
            N_("Vous n'avez pas accès à cette page"),
            N_("Votre rôle ne le permet pas. Demandez à l'administrateur du territoire."),
        ),
        Problem(
            404,
            N_("Cette page n'existe pas"),
            N_("L'adresse est peut-être incomplète. Revenez à l'accueil."),
        ),
        Problem(
            405,
            N_("Cette page ne répond pas à cette demande"),
            N_("Revenez en arrière et utilisez le bouton de la page."),
        ),
        Problem(
            413,
            N_("L'envoi est trop gros"),
            N_("Revenez en arrière et envoyez moins de contenu."),
        ),
        Problem(
            414,
            N_("L'adresse est trop longue"),
            N_("Fermez cette page, puis rouvrez-la depuis la liste des réseaux Wi-Fi."),
        ),
        Problem(
            429,
            N_("Trop d'essais en peu de temps"),
            N_("Attendez quelques minutes, puis recommencez."),
        ),
        Problem(
            500,
            N_("Nous avons eu un problème"),
            N_("C'est noté. Recommencez dans un instant."),
        ),
        Problem(
            503,
            N_("Le service ne marche pas en ce moment"),
            N_("Recommencez dans quelques minutes. Rien de ce que vous avez fait n'est perdu."),
        ),
    )
}


def problem_for(status: int) -> Problem:
    """The row for ``status``, or that of its class (400 or 500)."""
    return PROBLEMS.get(status) or PROBLEMS[500 if status >= 500 else 400]


ShowProblem = Callable[[web.Request, Problem], Awaitable[web.Response]]


def readable_problems(show: ShowProblem) -> Middleware:
    """A middleware that turns every refusal and failure below it into a page made by ``show``."""
    log = structlog.get_logger()

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            if len(request.raw_path) > LONGEST_TARGET:
                raise web.HTTPRequestURITooLong
            return await handler(request)
        except web.HTTPException as refusal:
            if refusal.status < 400:
                raise
            return _keeping(refusal, await show(request, problem_for(refusal.status)))
        except Exception as failure:  # noqa: BLE001 - the last frame before the visitor
            if is_unavailable(failure):
                log.warning("page.unavailable", route=_route(request), cause=_where(failure))
                return await show(request, PROBLEMS[503])
            log.error("page.failed", route=_route(request), cause=_where(failure))
            return await show(request, PROBLEMS[500])

    return middleware


def _keeping(refusal: web.HTTPException, page: web.Response) -> web.Response:
    """The page, with the headers a refusal must carry (Allow, Retry-After)."""
    for name in ("Allow", "Retry-After", "WWW-Authenticate"):
        if name in refusal.headers:
            page.headers[name] = refusal.headers[name]
    return page


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "none"


def _where(failure: Exception) -> str:
    """The exception's type and the line that raised it, without its text."""
    trace = failure.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(failure).__name__
    code = trace.tb_frame.f_code
    return f"{type(failure).__name__} in {code.co_qualname} line {trace.tb_lineno}"
