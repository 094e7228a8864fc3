"""The demonstration's first page: a door for each person, buttons that make things happen.

It listens on the loopback address only and trusts whoever sits at this machine: a door signs its
visitor in through a single-use link, as `socle operator link` would print it.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from aiohttp import web
from pydantic import ValidationError

from socle.demo.case_page import add_case_page
from socle.demo.casework import Casework
from socle.demo.journal import Journal, Kind
from socle.demo.monitoring import Told
from socle.demo.street import Box
from territory.web.headers import POLICY, ContentPolicy
from territory.web.pages import Pages, render, render_text, setup_pages

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Door:
    """A way in for one kind of person."""

    name: str
    """Last part of its address."""
    title: str
    """Who, in French."""
    about: str
    """What they will find, in French."""
    open: Callable[[], Awaitable[str]]
    """Gives the address to go to, signed in where needed."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something a button makes happen."""

    name: str
    title: str
    about: str
    """What it makes happen; acts that follow each other and share it are shown together."""
    run: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Day:
    """How far a UTC day of the demonstration has come."""

    day: date
    state: str
    """ouverte, délai de grâce, scellée or purgée."""
    about: str


@dataclass(frozen=True, slots=True)
class Stage:
    """All that the page shows and starts."""

    doors: Sequence[Door]
    acts: Callable[[], Sequence[Act]]
    days: Callable[[], Awaitable[Sequence[Day]]]
    now: Callable[[], datetime]
    journal: Journal
    casework: Casework
    """The requisition that can be played."""
    commands: Mapping[str, str] = field(default_factory=dict)
    """What one can type beside the page: title -> command."""
    boxes: Sequence[Box] = ()
    """The street where every box is another brand's."""


STAGE = web.AppKey("STAGE", Stage)
ALERTS_PATH = "/alertes"
"""Where Alertmanager posts what it tells."""
_BEGINS, _ENDS = "Alertmanager alerte", "Alertmanager : c'est terminé"


def create_page(stage: Stage) -> web.Application:
    """Return the page's application."""
    app = web.Application()
    setup_pages(app, Pages((HERE / "templates",)))
    app[STAGE] = stage
    app.router.add_get("/", _home)
    app.router.add_get("/journal", _journal)
    app.router.add_get("/porte/{name}", _door)
    app.router.add_post("/geste/{name}", _act)
    app.router.add_post(ALERTS_PATH, _hear_alerts)
    add_case_page(app, stage.casework)
    return app


async def _home(request: web.Request) -> web.Response:
    stage = request.app[STAGE]
    request[POLICY] = ContentPolicy(script=("'nonce'",), connect=("'self'",))
    return render(
        request,
        "demo.html",
        stage=stage,
        acts=stage.acts(),
        days=await stage.days(),
        now=stage.now(),
        entries=stage.journal.after(0),
    )


async def _journal(request: web.Request) -> web.Response:
    """What was noted after `?apres=NUMBER`, as list items, and the state of the days."""
    stage = request.app[STAGE]
    text = request.query.get("apres", "0")
    entries = stage.journal.after(int(text) if text.isdecimal() else 0)
    return web.json_response(
        {
            "last": entries[0].number if entries else None,
            "entries": render_text(request, "entries.html", entries=entries),
            "days": render_text(request, "days.html", days=await stage.days(), now=stage.now()),
            "acts": render_text(request, "acts.html", acts=stage.acts()),
        }
    )


async def _door(request: web.Request) -> web.StreamResponse:
    for door in request.app[STAGE].doors:
        if door.name == request.match_info["name"]:
            raise web.HTTPSeeOther(await door.open())
    raise web.HTTPNotFound


async def _act(request: web.Request) -> web.StreamResponse:
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise web.HTTPForbidden
    for act in request.app[STAGE].acts():
        if act.name == request.match_info["name"]:
            await act.run()
            raise web.HTTPSeeOther("/#journal")
    raise web.HTTPNotFound


async def _hear_alerts(request: web.Request) -> web.Response:
    """Note what Alertmanager tells, an entry for each alert."""
    stage = request.app[STAGE]
    try:
        told = Told.model_validate_json(await request.read())
    except ValidationError as fault:
        raise web.HTTPBadRequest from fault
    for alert in told.alerts:
        text = _BEGINS if alert.status == "firing" else _ENDS
        facts = [*alert.annotations.items(), *alert.labels.items()]
        place = alert.labels.get("site", "base")
        stage.journal.note(stage.now(), Kind.ALERT, place, text, facts)
    return web.Response()
