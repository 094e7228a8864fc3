"""A NAS that must sign since it once did, and whose software was changed for some that does not.

The page says what the button does and the button does it: the same as `socle nas unlearn`, by the
same function, with the operator's name in the audit line. Until its next signed request the NAS may
send unsigned ones, which somebody on the way could forge; hence two steps.
"""

from aiohttp import web

from portal.console.asked import asked_nas
from portal.console.places import CLOCK, ENGINE
from territory.access.sign_in import actor_of, url
from territory.application.nas_trust import forget_signature
from territory.application.writing import Authority
from territory.web.pages import render


async def show_signature(request: web.Request) -> web.StreamResponse:
    """What would be forgotten, and the button."""
    site, nas = await asked_nas(request)
    return render(request, "signature.html", site=site, nas=nas, now=request.app[CLOCK].now())


async def forget(request: web.Request) -> web.StreamResponse:
    """Let it learn anew whether it signs, then show the equipment again."""
    _, nas = await asked_nas(request)
    actor, now = actor_of(request), request.app[CLOCK].now()
    authority = Authority(actor.name, "console", now, actor.operator_id)
    async with request.app[ENGINE].begin() as db:
        await forget_signature(db, nas.code, authority)
    return web.Response(status=303, headers={"Location": url(request, "equipment")})
