"""What an agent handed on because a gendarme came: read here alone, taken in, then entered."""

from uuid import UUID

from aiohttp import web
from sqlalchemy.exc import NoResultFound
from sqlalchemy.ext.asyncio import AsyncConnection

from retention.desk.keys import CLOCK, ENGINE, UNSEAL
from territory.access.operators import record
from territory.access.sign_in import actor_of, operator_of, url
from territory.database.transmissions import (
    Content,
    Transmission,
    load_receipt,
    read_content,
    take_in,
)
from territory.scans import ENDINGS, media_type_of
from territory.web.pages import render


async def show(request: web.Request) -> web.StreamResponse:
    """What was handed on; each reading is a line of the audit log."""
    async with request.app[ENGINE].begin() as db:
        sent, content = await _load(db, request)
        now = request.app[CLOCK].now()
        await record(db, actor_of(request), "transmission.read", sent.name, now)
    return render(request, "transmission.html", sent=sent, content=content)


async def take_act(request: web.Request) -> web.StreamResponse:
    """The scanned act as a file; each time it leaves is a line of the audit log."""
    async with request.app[ENGINE].begin() as db:
        sent, content = await _load(db, request)
        kind = media_type_of(content.document)
        if kind is None:
            raise web.HTTPNotFound
        now = request.app[CLOCK].now()
        await record(db, actor_of(request), "transmission.act_taken", sent.name, now)
    name = f"{sent.name}.{ENDINGS[kind]}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    return web.Response(body=content.document, content_type=kind, headers=headers)


async def receive(request: web.Request) -> web.StreamResponse:
    """Note that the desk has it, and go on to enter it in the register."""
    now, login = request.app[CLOCK].now(), operator_of(request).login
    async with request.app[ENGINE].begin() as db:
        sent, _ = await _load(db, request)
        if await take_in(db, sent.id, login, now):
            await record(db, actor_of(request), "transmission.received", sent.name, now)
    return web.Response(status=303, headers={"Location": url(request, "new_requisition")})


async def _load(db: AsyncConnection, request: web.Request) -> tuple[Transmission, Content]:
    wanted = UUID(request.match_info["id"])
    try:
        sent = await load_receipt(db, wanted)
    except NoResultFound as fault:
        raise web.HTTPNotFound from fault
    return sent, await read_content(db, wanted, request.app[UNSEAL])
