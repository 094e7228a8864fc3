"""The live page: every site one may see, worst first, on a map and in a list, as it changes.

The page is whole without a script, and reloads. With one, a stream of server-sent events keeps it:
`portal.console.live_feed` says what is told to whom. Opening it is an audit line once a sign-in.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web
from aiohttp_sse import sse_response
from sqlalchemy.ext.asyncio import AsyncConnection
from yarl import URL

from portal.console.assets import ASSETS, Assets
from portal.console.estate import unwatched_since
from portal.console.live_feed import Feed
from portal.console.live_picture import LINES_SHOWN, Line, Look, Picture, Spot, masked, worst_first
from portal.console.live_queries import DAY, SAMPLE_EVERY, Sample, load_day, load_days, load_picture
from portal.console.places import CLOCK, ENGINE, UNWATCHED_AFTER
from portal.console.queries import Scope
from territory.access.guard import Access
from territory.access.operators import Operator, record
from territory.access.roles import Permission, may
from territory.access.sign_in import actor_of, operator_of, sign_in_of, url
from territory.access.store import load_lasting
from territory.access.walls import load_open_walls
from territory.health.states import State
from territory.web.headers import nonce_of, run_own_scripts
from territory.web.pages import render

SEND_SECONDS: Final = 20.0
"""A browser that takes longer to accept what it is sent is let go: it comes back."""
COME_BACK_SECONDS: Final = 60
MOST_DAYS: Final = 60
"""Sites whose day may be asked for at once."""
CALM: Final = (State.ASLEEP, State.UP)
"""States that need nobody: folded away."""
MOST_CALM: Final = 100
"""Sites in one of these; the list of sites has the others."""
MOST_REMEMBERED: Final = 10_000
_MAP: Final = ("leaflet.js", "leaflet.css")
_CURVES: Final = ("uPlot.iife.min.js", "uPlot.min.css")
_OWN: Final = ("live_map.js", "live_curves.js", "live.js")


@dataclass(frozen=True, slots=True)
class Tiles:
    """A ground for the map, from a server of the operator's choice."""

    template: str
    """Its address with {z}, {x} and {y}."""
    credit: str
    """Whom to name on the map."""

    @property
    def origin(self) -> str:
        """What browsers load it from."""
        return str(URL(self.template.partition("{")[0]).origin())


FEED = web.AppKey("FEED", Feed)
TILES: web.AppKey[Tiles | None] = web.AppKey("TILES")
OPENED: web.AppKey[dict[bytes, None]] = web.AppKey("OPENED", dict)
"""Sign-ins whose opening of the page is in the audit log already."""


def look_of(operator: Operator) -> Look:
    """What an operator may see of the live page."""
    scope = Scope(operator.organisation_id, may(operator.role, Permission.SEE_UNLISTED))
    return Look(scope, may(operator.role, Permission.SEE_EQUIPMENT))


def wall_look(organisation_id: Any) -> Look:
    """What hangs on a wall: equipment's troubles in words, and no site that is unlisted."""
    return Look(Scope(organisation_id, unlisted=False), in_detail=True)


def looks_by_digest(
    access: Access,
) -> Callable[[AsyncConnection, Collection[bytes]], Awaitable[dict[bytes, Look]]]:
    """Give what tells, of sign-ins' and wall links' digests, what each may still look at."""

    async def looks(db: AsyncConnection, digests: Collection[bytes]) -> dict[bytes, Look]:
        now = access.clock.now()
        lasting = await load_lasting(db, digests, access.application, access.lives, now)
        walls = await load_open_walls(db, digests, now)
        return {
            one.token_digest: look_of(one.operator)
            for one in lasting
            if may(one.operator.role, Permission.SEE_SITES)
        } | {wall.token_digest: wall_look(wall.organisation_id) for wall in walls}

    return looks


async def show_live(request: web.Request) -> web.StreamResponse:
    """The page, whole as it stands."""
    look = look_of(operator_of(request))
    now = request.app[CLOCK].now()
    async with request.app[ENGINE].begin() as db:
        picture = await load_picture(db, now)
        await _record_opening(request, db)
    return render(
        request,
        "live.html",
        stream=url(request, "live_stream"),
        day=url(request, "live_day"),
        masked=masked(picture, look),
        reloads="fixe" not in request.query,
        **shown_on_page(request, picture, look),
    )


async def _record_opening(request: web.Request, db: AsyncConnection) -> None:
    found, opened = sign_in_of(request), request.app[OPENED]
    if found is None or found.token_digest in opened:
        return
    await record(db, actor_of(request), "live.opened", "", request.app[CLOCK].now())
    if len(opened) >= MOST_REMEMBERED:
        opened.pop(next(iter(opened)))
    opened[found.token_digest] = None


def shown_on_page(request: web.Request, picture: Picture, look: Look) -> dict[str, Any]:
    """What page and wall show alike; the response may then run the scripts it names."""
    tiles, assets = request.app[TILES], request.app[ASSETS]
    run_own_scripts(request, *([tiles.origin] if tiles else ()))
    now = request.app[CLOCK].now()
    spots = worst_first(spot for spot in picture.spots.values() if look.sees(spot))
    return {
        "look": look,
        "spots": spots,
        "groups": [(state, _in(spots, state)) for state in reversed(State)],
        "calm": CALM,
        "most_calm": MOST_CALM,
        "lines": _lines(picture, look),
        "sessions": sum(spot.sessions for spot in spots),
        "nowhere": sum(spot.at is None for spot in spots),
        "has_map": assets.has(_MAP),
        "has_curves": assets.has(_CURVES),
        "scripts": _addresses(request, assets, ".js"),
        "styles": _addresses(request, assets, ".css"),
        "tiles": tiles,
        "nonce": nonce_of(request),
        "unwatched": unwatched_since(picture.checked_at, now, request.app[UNWATCHED_AFTER]),
        "now": now,
    }


def _in(spots: Sequence[Spot], state: State) -> list[Spot]:
    return [spot for spot in spots if spot.state is state]


def _lines(picture: Picture, look: Look) -> list[tuple[Line, Spot]]:
    """The day's changes that may be told, each with its site."""
    told = [(line, picture.spots.get(line.code)) for line in picture.lines]
    return [(line, spot) for line, spot in told if spot and look.sees(spot)][:LINES_SHOWN]


def _addresses(request: web.Request, assets: Assets, suffix: str) -> list[str]:
    """Where the page's scripts or styles are, in the order they are run."""
    libraries = [name for part in (_MAP, _CURVES) if assets.has(part) for name in part]
    wanted = [name for name in (*libraries, *_OWN) if name.endswith(suffix)]
    return [url(request, "asset", digest=assets[name].digest, file=name) for name in wanted]


async def stream(request: web.Request) -> web.StreamResponse:
    """The events of whoever is signed in."""
    found = sign_in_of(request)
    if found is None:  # the guard lets nobody else through
        raise web.HTTPForbidden
    return await send_events(request, found.token_digest, look_of(found.operator))


async def send_events(request: web.Request, digest: bytes, look: Look) -> web.StreamResponse:
    """Send what is new until the browser goes, may no longer look, or is too slow.

    Raises:
        HTTPServiceUnavailable: too many look already.
    """
    feed = request.app[FEED]
    viewer = feed.join(digest, look, request.headers.get("Last-Event-ID", ""))
    if viewer is None:
        raise web.HTTPServiceUnavailable(headers={"Retry-After": str(COME_BACK_SECONDS)})
    try:
        async with sse_response(request, send_timeout=SEND_SECONDS) as response:
            while (event := await viewer.next()) is not None:
                await response.send(event.data, id=event.id, event=event.name)
                if event.name == "end":
                    break
    except (ConnectionResetError, TimeoutError):
        pass  # the browser went, or took nothing for too long
    finally:
        feed.leave(viewer)
    return response


async def send_day(request: web.Request) -> web.StreamResponse:
    """The last day of whoever is signed in."""
    return await day_of(request, look_of(operator_of(request)).scope)


async def day_of(request: web.Request, scope: Scope) -> web.StreamResponse:
    """The last day of all the scope's sites together, or of each named by ``?lieu=``."""
    now = request.app[CLOCK].now()
    codes = request.query.getall("lieu", [])[:MOST_DAYS]
    async with request.app[ENGINE].connect() as db:
        if codes:
            days = await load_days(db, scope, codes, now)
        else:
            days = {"": await load_day(db, scope, now)}
    told = {
        "from": int((now - DAY).timestamp()),
        "until": int(now.timestamp()),
        "every": int(SAMPLE_EVERY.total_seconds()),
        "days": {code: _series(samples) for code, samples in days.items()},
    }
    answer = web.json_response(told, headers={"Cache-Control": "no-store"})
    answer.enable_compression()
    return answer


def _series(samples: Sequence[Sample]) -> dict[str, list[int]]:
    """Columns as the curves are drawn from: instants in seconds since 1970, then a count each."""
    return {
        "at": [int(sample.at.timestamp()) for sample in samples],
        "sessions": [sample.sessions for sample in samples],
        **{
            state.value: [sample.counts.get(state.value, 0) for sample in samples]
            for state in State
        },
    }
