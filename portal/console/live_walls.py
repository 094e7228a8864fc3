"""Screens on walls: their links, made and taken away by operators, and what they show.

The link is all it takes: the page has no button, no address of another page, no site that is off
the public map. `territory.access.walls` says what a link is worth and for how long.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from aiohttp import web

from portal.console.live import day_of, send_events, shown_on_page, wall_look
from portal.console.live_queries import load_picture
from portal.console.places import CLOCK, ENGINE, PUBLIC_URL
from territory.access.sign_in import form_of, operator_of, url
from territory.access.walls import (
    LIVES,
    LONGEST_NAME,
    Wall,
    load_walls,
    make_wall,
    open_wall,
    revoke_wall,
)
from territory.web.pages import render

USUAL_DAYS: Final = 30


async def list_walls(request: web.Request) -> web.StreamResponse:
    """The links there are, and the form that makes one."""
    return await _list(request)


async def _list(
    request: web.Request, link: str = "", fault: str = "", status: int = 200
) -> web.StreamResponse:
    async with request.app[ENGINE].connect() as db:
        walls = await load_walls(db, operator_of(request).organisation_id)
    return render(
        request,
        "walls.html",
        status=status,
        walls=walls,
        lives=list(LIVES),
        usual=USUAL_DAYS,
        longest=LONGEST_NAME,
        link=link,
        fault=fault,
        now=request.app[CLOCK].now(),
    )


async def make(request: web.Request) -> web.StreamResponse:
    """Make a link and show it this once."""
    form = form_of(request)
    name, life = form.get("nom", "").strip(), _life(form.get("jours", ""))
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable() or life is None:
        fault = (
            f"Dites où est l'écran, en {LONGEST_NAME} caractères au plus, et pour combien de jours."
        )
        return await _list(request, fault=fault, status=422)
    async with request.app[ENGINE].begin() as db:
        now = request.app[CLOCK].now()
        token = await make_wall(db, operator_of(request), name, life, now)
    return await _list(request, f"{request.app[PUBLIC_URL]}{url(request, 'wall', token=token)}")


def _life(days: str) -> timedelta | None:
    return LIVES.get(int(days)) if days.isdecimal() and len(days) < 5 else None


async def revoke(request: web.Request) -> web.StreamResponse:
    """Take a link away: its screen goes dark within seconds."""
    async with request.app[ENGINE].begin() as db:
        wanted, now = UUID(request.match_info["id"]), request.app[CLOCK].now()
        if not await revoke_wall(db, operator_of(request), wanted, now):
            raise web.HTTPNotFound
    return web.Response(status=303, headers={"Location": url(request, "walls")})


async def show_wall(request: web.Request) -> web.StreamResponse:
    """The page of a screen; a link that has ended says so."""
    now, token = request.app[CLOCK].now(), request.match_info["token"]
    async with request.app[ENGINE].begin() as db:
        wall = await open_wall(db, token, now)
        if wall is None:
            return render(request, "wall_ended.html", status=410)
        picture = await load_picture(db, now)
    return render(
        request,
        "wall.html",
        wall=wall,
        stream=url(request, "wall_stream", token=token),
        day=url(request, "wall_day", token=token),
        **shown_on_page(request, picture, wall_look(wall.organisation_id)),
    )


async def stream_wall(request: web.Request) -> web.StreamResponse:
    """The events of a screen."""
    wall = await _opened(request)
    return await send_events(request, wall.token_digest, wall_look(wall.organisation_id))


async def send_wall_day(request: web.Request) -> web.StreamResponse:
    """The last day of a screen's sites."""
    wall = await _opened(request)
    return await day_of(request, wall_look(wall.organisation_id).scope)


async def _opened(request: web.Request) -> Wall:
    async with request.app[ENGINE].begin() as db:
        wall = await open_wall(db, request.match_info["token"], request.app[CLOCK].now())
    if wall is None:
        raise web.HTTPNotFound
    return wall
