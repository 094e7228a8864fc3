"""A case as it travels: its file handed out, and the signed lines its custodians bring back."""

import asyncio
import tempfile
from dataclasses import dataclass
from datetime import datetime
from typing import IO
from uuid import UUID

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.engine import RowMapping

from retention.cases.case_file import CaseFile
from retention.cases.open_accounts import reaches_accounts
from retention.cases.prepare import write_case
from retention.desk.keys import CLOCK, ENGINE, PLACES
from retention.desk.register import Line, line_of_case
from retention.desk.release import note_receipt
from retention.desk.words import CASE_STATES, DAY_STATES, question_facts
from territory.access.operators import record
from territory.access.sign_in import actor_of, form_of, operator_of, url
from territory.database import tables
from territory.errors import ConfigurationError, Unavailable
from territory.web.pages import render

_BLOCK_OCTETS = 1 << 20
NOT_SIGNED = (
    "Cette ligne n'est pas celle attendue : copiez en entier celle que la commande a affichée"
    " pour ce dossier. L'ouverture se note avant la réponse, chacune signée par son dépositaire."
)
CLOSED = "Ce dossier est clos : son fichier ne se prend plus."
NOT_THERE = (
    "Le fichier ne peut pas être fait : un segment est arrivé à son terme, n'est plus scellé pour"
    " ces dépositaires, ou le stockage ne répond pas."
)


@dataclass(frozen=True, slots=True)
class RegisteredCase:
    """A case that travels."""

    id: UUID
    file: CaseFile
    state: str
    opened_at: datetime
    prepared_by: str
    answered_at: datetime | None


async def show_case(request: web.Request) -> web.StreamResponse:
    """One case, and what its two custodians do next."""
    return await _show(request, [])


async def _show(request: web.Request, faults: list[str]) -> web.StreamResponse:
    now = request.app[CLOCK].now()
    async with request.app[ENGINE].begin() as db:
        found = await _load(request)
        line = await line_of_case(db, found.id)
        await record(db, actor_of(request), "case.read", str(found.id), now)
    sites = found.file.sites
    return render(
        request,
        "case.html",
        status=422 if faults else 200,
        case=found,
        line=line,
        is_open=_is_open(found, line),
        reaches_accounts=reaches_accounts(found.file),
        questions=[question_facts(each, sites) for each in found.file.questions],
        states=CASE_STATES,
        day_states=DAY_STATES,
        faults=faults,
    )


async def download(request: web.Request) -> web.StreamResponse:
    """The case file; each time it leaves is a line of the audit log.

    Without what the database holds of open accounts: the desk reads none (cases/open_accounts.py).
    """
    found = await _load(request)
    async with request.app[ENGINE].connect() as db:
        line = await line_of_case(db, found.id)
    if not _is_open(found, line):
        return await _show(request, [CLOSED])
    with tempfile.TemporaryFile() as tar:
        try:
            file = found.file.model_copy(update={"extracts": ()})
            await asyncio.to_thread(write_case, request.app[PLACES], file, tar)
        except (Unavailable, ConfigurationError):
            return await _show(request, [NOT_THERE])
        async with request.app[ENGINE].begin() as db:
            now = request.app[CLOCK].now()
            await record(db, actor_of(request), "case.file_taken", str(found.id), now)
        return await send_tar(request, tar, f"case-{found.id}.tar")


def _is_open(found: RegisteredCase, line: Line | None) -> bool:
    """Whether its file may still travel: it waits for its answer, and so does its requisition."""
    return found.answered_at is None and not (line and line.state.is_end)


async def send_tar(request: web.Request, tar: IO[bytes], name: str) -> web.StreamResponse:
    """Send a file a block at a time: a year of segments fits no memory."""
    response = web.StreamResponse(
        headers={
            "Content-Type": "application/x-tar",
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Length": str(tar.tell()),
            "Cache-Control": "no-store",
        }
    )
    tar.seek(0)
    await response.prepare(request)
    while block := await asyncio.to_thread(tar.read, _BLOCK_OCTETS):
        await response.write(block)
    await response.write_eof()
    return response


async def take_receipt(request: web.Request) -> web.StreamResponse:
    """Move the case on by the line a custodian's machine signed."""
    found, line = await _load(request), form_of(request).get("receipt", "")
    now = request.app[CLOCK].now()
    async with request.app[ENGINE].begin() as db:
        receipt = await note_receipt(db, found.file, line, operator_of(request), now)
    if receipt is None:
        return await _show(request, [NOT_SIGNED])
    return web.Response(status=303, headers={"Location": url(request, "case", id=str(found.id))})


async def _load(request: web.Request) -> RegisteredCase:
    query = select(tables.case).where(tables.case.c.id == UUID(request.match_info["id"]))
    async with request.app[ENGINE].connect() as db:
        row = (await db.execute(query)).mappings().one_or_none()
    if row is None:
        raise web.HTTPNotFound
    return _registered(row)


def _registered(row: RowMapping) -> RegisteredCase:
    return RegisteredCase(
        id=row["id"],
        file=CaseFile.model_validate(row["question"]),
        state=row["state"],
        opened_at=row["opened_at"],
        prepared_by=row["prepared_by"],
        answered_at=row["answered_at"],
    )
