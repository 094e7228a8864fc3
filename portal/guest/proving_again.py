"""`GET /c-est-moi`: who is online proves once more who they are, to see what hangs on that.

A redirect names a device and no more, and an address can be copied: so a visit that a gateway
brings shows neither an account nor its other devices, even where the right rests on one. Here the
guest goes through the method of that right again. The visit it makes leads to no right and to no
gateway: where the same guest is proven, to the page of the right they are online with, as its own.
"""

from dataclasses import replace
from typing import Final
from uuid import UUID, uuid4

from aiohttp import web

from portal.admission import Admission
from portal.guest.granting import begun_again, show_away
from portal.guest.parts import admitted_visit, log, may_see, page_of, portal_of, see_other
from portal.guest.splash import read_current, show_restart, show_splash
from portal.guest.ways import ways_of
from portal.places import Gate
from portal.records import load_admission
from portal.visit import LIFETIME, State, Visit
from territory.errors import Unavailable
from territory.vocabulary import IdentificationMethod

PATH: Final = "/c-est-moi"
ANOTHER: Final = "proven_another"
"""A word of `portal.guest.notices`."""
_ONCE: Final = frozenset({IdentificationMethod.CLICK_THROUGH, IdentificationMethod.SPONSOR})
"""Methods that prove nobody, or somebody new each time."""


def can_prove(gate: Gate, right: Admission) -> bool:
    """Whether the guest of a right can prove again that it is theirs."""
    offered = {way.method for way in ways_of(gate.place)}
    return right.guest_id is not None and right.method in offered - _ONCE


async def begin(request: web.Request) -> web.Response:
    """Lead an admitted visit to the method that its right was proven by."""
    visit, gate = read_current(request, request.query.get("visit", ""))
    if visit.state is not State.ADMITTED or visit.admission is None:
        return show_restart(request, gate, visit)
    portal = portal_of(request)
    try:
        right = await _right(request, visit.admission)
        if right is None or not can_prove(gate, right) or not await may_see(request, gate, visit):
            return show_restart(request, gate, visit)
    except Unavailable as failure:
        return show_away(request, gate, visit, failure)
    proving = replace(
        begun_again(visit),
        id=uuid4(),
        expires_at=portal.now().replace(microsecond=0) + LIFETIME,
        terms=portal.current_terms().version,
        admission=None,
        proves=visit.admission,
        shows_right=False,
    )
    return see_other(
        f"{portal.public_url}/identification/{right.method}?visit={portal.sign(proving)}"
    )


async def conclude(
    request: web.Request, gate: Gate, visit: Visit, guest: UUID | None
) -> web.Response:
    """Show a guest their connection as their own, where they proved to be who it was given to.

    Raises:
        Unavailable: the database is away.
    """
    portal = portal_of(request)
    right = await _right(request, visit.proves) if visit.proves else None
    if right is None or guest is None or right.guest_id != guest:
        portal.metrics.refused.labels(ANOTHER).inc()
        return show_splash(request, gate, begun_again(replace(visit, proves=None), ANOTHER))
    log.info("proven_again", gateway=gate.code, method=right.method)
    own = admitted_visit(replace(visit, id=right.id, guest=guest), right)
    return see_other(page_of(portal, own))


async def _right(request: web.Request, admission: UUID) -> Admission | None:
    portal = portal_of(request)
    holding = await load_admission(portal.pool, admission, portal.now())
    lives = holding is not None and holding.admission.lives(portal.now())
    return holding.admission if holding is not None and lives else None
