"""A gendarme came: an agent hands on what they brought, and gives them a numbered receipt.

Nobody answers at a counter. What is written here goes to the desk of requisitions, sealed, and is
never shown again in the console: neither what was handed over nor, ever, what was answered.
"""

from typing import Any, Final
from uuid import UUID

from aiohttp import web
from sqlalchemy import select

from portal.console.papers import CIRCUMSTANCES
from portal.console.places import CLOCK, ENGINE, SEAL
from territory.access.operators import Operator, record
from territory.access.sign_in import actor_of, files_of, form_of, operator_of, url
from territory.database.tables import site
from territory.database.transmissions import Content, load_sent, send
from territory.scans import LARGEST_OCTETS, media_type_of
from territory.web.pages import render

LARGEST_FORM: Final = LARGEST_OCTETS + (1 << 16)
_LONGEST: Final = {"authority": 300, "reference": 300, "known": 4000}
NO_AUTHORITY: Final = "Écrivez qui est venu : le service, le nom, le grade."
NOTHING: Final = "Joignez l'acte, ou écrivez ce qui est demandé."
NOT_A_SCAN: Final = "L'acte doit être un fichier PDF, JPEG ou PNG de 10 Mo au plus."
TOO_LONG: Final = "Un texte est trop long."


async def show_form(request: web.Request) -> web.StreamResponse:
    """What to do, the form, and what was sent before: numbers and dates alone."""
    return await _form(request, [])


async def transmit(request: web.Request) -> web.StreamResponse:
    """Hand it on, and go to its receipt; or what is wrong, beside what was typed."""
    content, operator = _content(request), operator_of(request)
    faults = list(_faults(content))
    places = await _places(request, operator)
    if faults or (content.site and content.site not in places):
        return await _form(request, faults or ["Choisissez un lieu de la liste."])
    now = request.app[CLOCK].now()
    async with request.app[ENGINE].begin() as db:
        sent = await send(db, content, operator, request.app[SEAL], now)
        await record(db, actor_of(request), "requisition.transmitted", sent.name, now)
    return web.Response(status=303, headers={"Location": url(request, "receipt", id=str(sent.id))})


def _content(request: web.Request) -> Content:
    form = form_of(request)
    texts = {name: form.get(name, "").strip() for name in _LONGEST}
    place = form.get("site", "")
    return Content(**texts, site=place, document=files_of(request).get("document", b""))


def _faults(content: Content) -> list[str]:
    found = {
        NO_AUTHORITY: not content.authority,
        NOTHING: not (content.document or content.known),
        NOT_A_SCAN: bool(content.document)
        and (media_type_of(content.document) is None or len(content.document) > LARGEST_OCTETS),
        TOO_LONG: any(len(getattr(content, name)) > most for name, most in _LONGEST.items()),
    }
    return [sentence for sentence, is_wrong in found.items() if is_wrong]


async def _places(request: web.Request, operator: Operator) -> dict[str, str]:
    """Return the names of the operator's places by their codes."""
    query = select(site.c.code, site.c.name).order_by(site.c.name)
    if operator.organisation_id is not None:
        query = query.where(site.c.organisation_id == operator.organisation_id)
    async with request.app[ENGINE].connect() as db:
        return {row.code: row.name for row in await db.execute(query)}


async def show_receipt(request: web.Request) -> web.StreamResponse:
    """The receipt, to be printed and handed over."""
    operator, wanted = operator_of(request), UUID(request.match_info["id"])
    async with request.app[ENGINE].connect() as db:
        sent = await load_sent(db, operator)
    found = next((one for one in sent if one.id == wanted), None)
    if found is None:
        raise web.HTTPNotFound
    places = await _places(request, operator)
    return _shown(request, "receipt.html", sent=found, place=places.get(found.site, ""))


async def _form(request: web.Request, faults: list[str]) -> web.StreamResponse:
    operator = operator_of(request)
    async with request.app[ENGINE].connect() as db:
        sent = await load_sent(db, operator)
    draft = form_of(request) if faults else {}
    return _shown(
        request,
        "transmission.html",
        status=422 if faults else 200,
        faults=faults,
        draft={name: draft.get(name, "")[:most] for name, most in _LONGEST.items()},
        places=await _places(request, operator),
        chosen=draft.get("site", ""),
        sent=sent,
    )


def _shown(
    request: web.Request, template: str, *, status: int = 200, **values: Any
) -> web.Response:
    authorities = request.app[CIRCUMSTANCES].authorities
    return render(request, template, status=status, authorities=authorities, **values)
