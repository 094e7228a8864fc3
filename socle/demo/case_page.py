"""The page on which a visitor plays a requisition: one button at a time, and what came of each."""

from http import HTTPStatus

from aiohttp import web

from socle.demo.casework import STEPS, Casework
from territory.errors import ConfigurationError, Unavailable
from territory.web.pages import render

CASEWORK = web.AppKey("CASEWORK", Casework)
PATH = "/dossier"
_TYPES = {"pdf": "application/pdf", "json": "application/json"}
_PLAIN = "text/plain"


def add_case_page(app: web.Application, casework: Casework) -> None:
    """Add the page, what it does and what it gives to read."""
    app[CASEWORK] = casework
    app.router.add_get(PATH, _show)
    app.router.add_get(PATH + "/fichier/{name}", _read)
    app.router.add_post(PATH + "/recommencer", _begin_again)
    app.router.add_post(PATH + "/{step}", _play)


async def _show(request: web.Request) -> web.Response:
    return _page(request)


def _page(request: web.Request, fault: str = "") -> web.Response:
    casework = request.app[CASEWORK]
    status = HTTPStatus.CONFLICT if fault else HTTPStatus.OK
    return render(
        request,
        "case.html",
        status=status,
        steps=STEPS,
        told=casework.told,
        papers=[name for name in casework.files if name.endswith(".pdf")],
        proofs=[name for name in casework.files if not name.endswith(".pdf")],
        fault=fault,
    )


async def _play(request: web.Request) -> web.Response:
    _check_origin(request)
    try:
        await request.app[CASEWORK].play(request.match_info["step"])
    except (ConfigurationError, Unavailable, TimeoutError) as fault:
        return _page(request, str(fault) or "L'archive n'a pas répondu à temps.")
    raise web.HTTPSeeOther(f"{PATH}#suite")


async def _begin_again(request: web.Request) -> web.Response:
    _check_origin(request)
    await request.app[CASEWORK].begin_again()
    raise web.HTTPSeeOther(PATH)


async def _read(request: web.Request) -> web.Response:
    name = request.match_info["name"]
    octets = request.app[CASEWORK].files.get(name)
    if octets is None:
        raise web.HTTPNotFound
    media_type = _TYPES.get(name.rpartition(".")[2], _PLAIN)
    return web.Response(body=octets, content_type=media_type)


def _check_origin(request: web.Request) -> None:
    """Refuse a form of another site's page."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise web.HTTPForbidden
