"""Announced maintenance: work that is to come or goes on at a site, or everywhere.

While it lasts, supervision still judges and shows, and nothing is told; availability leaves it out.
An operator of one organisation announces for its own sites, never for the whole territory. Each
announcement and each early end is an audit line.
"""

from datetime import UTC, datetime
from uuid import UUID

from aiohttp import web
from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.console.places import CLOCK, ENGINE
from territory.access.operators import record
from territory.access.sign_in import actor_of, form_of, operator_of, url
from territory.database.maintenance import Announcement, end_window, load_announced
from territory.database.maintenance import announce as write
from territory.database.tables import site
from territory.health.maintenance import Window, window_faults
from territory.web.french import PARIS
from territory.web.pages import render

EVERYWHERE = "*"
FIELDS = ("lieu", "debut", "fin", "motif")
NO_SITE = "Choisissez un lieu de la liste."
NOT_A_TIME = "Le début et la fin s'écrivent par exemple 2026-11-23T08:30."


async def show_windows(request: web.Request) -> web.StreamResponse:
    """What is announced, and the form; `lieu` in the address chooses a site."""
    return await _page(request, dict.fromkeys(FIELDS, "") | {"lieu": request.query.get("lieu", "")})


async def announce(request: web.Request) -> web.StreamResponse:
    """Announce a window, or say what is wrong with it."""
    form, now = form_of(request), request.app[CLOCK].now()
    draft = {name: form.get(name, "").strip() for name in FIELDS}
    wanted = await _wanted(request, draft, now)
    if not isinstance(wanted, Window):
        return await _page(request, draft, wanted)
    login = operator_of(request).login
    async with request.app[ENGINE].begin() as db:
        await write(db, Announcement(wanted, draft["motif"], login, now))
        await record(db, actor_of(request), "maintenance.announced", draft["lieu"], now)
    raise web.HTTPSeeOther(url(request, "maintenance"))


async def end(request: web.Request) -> web.StreamResponse:
    """End a window now; one that is over, or another organisation's, is not there."""
    now, window_id = request.app[CLOCK].now(), UUID(request.match_info["id"])
    async with request.app[ENGINE].begin() as db:
        if not await end_window(db, window_id, now, operator_of(request).organisation_id):
            raise web.HTTPNotFound
        await record(db, actor_of(request), "maintenance.ended", str(window_id), now)
    raise web.HTTPSeeOther(url(request, "maintenance"))


async def _wanted(request: web.Request, draft: dict[str, str], now: datetime) -> Window | list[str]:
    """Return what the form says, or all that is wrong with it."""
    async with request.app[ENGINE].connect() as db:
        sites = {row["code"]: row["id"] for row in await _own_sites(db, request)}
    everywhere = draft["lieu"] == EVERYWHERE and operator_of(request).organisation_id is None
    begins_at = _instant(draft["debut"]) if draft["debut"] else now
    ends_at = _instant(draft["fin"])
    if draft["lieu"] not in sites and not everywhere:
        return [NO_SITE]
    if begins_at is None or ends_at is None:
        return [NOT_A_TIME]
    window = Window(sites.get(draft["lieu"]), begins_at, ends_at)
    return [fault.french for fault in window_faults(window, draft["motif"], now)] or window


def _instant(text: str) -> datetime | None:
    """Return what a datetime field says, on the clock of the wall; None: nothing that can be."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=PARIS).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


async def _own_sites(db: AsyncConnection, request: web.Request) -> list[RowMapping]:
    query = select(site.c.id, site.c.code, site.c.name).order_by(site.c.name)
    organisation_id = operator_of(request).organisation_id
    if organisation_id is not None:
        query = query.where(site.c.organisation_id == organisation_id)
    return list((await db.execute(query)).mappings())


async def _page(
    request: web.Request, draft: dict[str, str], faults: list[str] | None = None
) -> web.StreamResponse:
    now, own = request.app[CLOCK].now(), operator_of(request).organisation_id
    async with request.app[ENGINE].connect() as db:
        announced = await load_announced(db, now, own)
        sites = await _own_sites(db, request)
    return render(
        request,
        "maintenance.html",
        status=422 if faults else 200,
        announced=announced,
        sites=sites,
        everywhere=EVERYWHERE if own is None else None,
        draft=draft,
        faults=faults or [],
        now=now,
    )
