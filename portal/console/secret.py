"""A NAS's shared secret, renewed in two steps from the console, and never shown.

The same as `socle nas rotate`, by the same functions: a next secret becomes valid beside the
present one, its gateway is given it by the site's bundle, and the old one goes once the gateway was
heard under the next. The page says where that stands; the database writes each step's audit line.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.console.asked import asked_nas
from portal.console.estate import Nas
from portal.console.places import CLOCK, ENGINE, SEAL
from territory.access.sign_in import actor_of, form_of, url
from territory.application.nas_trust import abandon_rotation, begin_rotation, finish_rotation
from territory.application.writing import Authority
from territory.errors import ConfigurationError
from territory.web.pages import render

SLOW = timedelta(days=14)
"""A renewal that has waited so long is told as forgotten."""
NOT_NOW = (
    "Rien n'a été changé : le renouvellement n'en est plus là où cette page le montrait, ou la"
    " passerelle se sert encore de l'ancien secret. Voici où il en est."
)

Step = Callable[[web.Request, AsyncConnection, str, Authority], Awaitable[None]]


async def show_secret(request: web.Request) -> web.StreamResponse:
    """Where the renewal stands, and what its next step does."""
    return await _page(request)


async def renew(request: web.Request) -> web.StreamResponse:
    """Take the step of the button, or say why it cannot be."""
    _, nas = await asked_nas(request)
    take = STEPS.get(form_of(request).get("step", ""))
    if take is None:
        return await _page(request, fault=NOT_NOW, status=422)
    actor, now = actor_of(request), request.app[CLOCK].now()
    authority = Authority(actor.name, "console", now, actor.operator_id)
    try:
        async with request.app[ENGINE].begin() as db:
            await take(request, db, nas.code, authority)
    except ConfigurationError:
        return await _page(request, fault=NOT_NOW, status=422)
    return web.Response(status=303, headers={"Location": url(request, "secret", nas=nas.code)})


async def _begin(
    request: web.Request, db: AsyncConnection, code: str, authority: Authority
) -> None:
    await begin_rotation(db, request.app[SEAL], code, authority)


async def _finish(
    request: web.Request, db: AsyncConnection, code: str, authority: Authority
) -> None:
    even_unseen = form_of(request).get("even_unseen") == "yes"
    await finish_rotation(db, code, authority, even_unseen=even_unseen)


async def _abandon(_: web.Request, db: AsyncConnection, code: str, authority: Authority) -> None:
    await abandon_rotation(db, code, authority)


STEPS: dict[str, Step] = {"begin": _begin, "finish": _finish, "abandon": _abandon}


async def _page(request: web.Request, *, fault: str = "", status: int = 200) -> web.StreamResponse:
    site, nas = await asked_nas(request)
    now = request.app[CLOCK].now()
    return render(
        request,
        "secret.html",
        status=status,
        site=site,
        nas=nas,
        stage=_stage(nas),
        is_slow=nas.rotation_began_at is not None and now - nas.rotation_began_at > SLOW,
        fault=fault,
        now=now,
    )


def _stage(nas: Nas) -> int:
    """1: nothing has begun; 2: the gateway is to be given the next secret; 3: it has it."""
    if nas.rotation_began_at is None:
        return 1
    return 2 if nas.uses_old_secret else 3
