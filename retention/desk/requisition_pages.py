"""One requisition: its act, its check, its times, and what custodians may do with it next."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from retention.approvals import Decision, has_agreed, load_approvals
from retention.cases.prepare import load_holders
from retention.desk import register, release
from retention.desk.keys import (
    AGREEMENTS_WAIT,
    AUTHORITIES,
    CLOCK,
    ENGINE,
    PLACES,
    law_of,
)
from retention.desk.letter import draft
from retention.desk.register import OVERRIDE, Line, Step
from retention.desk.scope import CATEGORIES, check
from retention.desk.states import Act
from retention.desk.words import ACTS, STATE_LOOKS, STATES, fault_sentences, question_facts
from territory.access.operators import record
from territory.access.sign_in import actor_of, form_of, is_code_good, operator_of, url
from territory.database import tables
from territory.errors import ConfigurationError, Unavailable
from territory.paper.letter import Letter, render_letter
from territory.scans import ENDINGS
from territory.web.pages import render

LONGEST_REASON = 1000
BAD_CODE = "Le code à usage unique ne convient pas. Attendez le suivant : chacun sert une fois."
NO_REASON = "Dites pourquoi, en quelques mots."
TOO_LATE = "Ce n'est plus possible dans l'état où elle est."
_MILESTONES = (Act.PREPARE, Act.OPEN, Act.ANSWER)


@dataclass(frozen=True, slots=True)
class Milestone:
    """One instant of an answer in the making."""

    name: str
    at: datetime | None
    """None: not yet."""
    since_received: timedelta | None


async def show(request: web.Request) -> web.StreamResponse:
    """The page of a line; each reading is a line of the audit log."""
    return await _show(request, [])


async def override(request: web.Request) -> web.StreamResponse:
    """Agree that a suspended line goes on; two custodians are needed."""
    reason = form_of(request).get("reason", "")
    if not reason or len(reason) > LONGEST_REASON:
        return await _show(request, [NO_REASON])
    if not await is_code_good(request):
        return await _show(request, [BAD_CODE])
    by, now = operator_of(request), request.app[CLOCK].now()
    async with request.app[ENGINE].begin() as db:
        line = await _load(db, request)
        said = release.Agreement(by, reason, now, request.app[AGREEMENTS_WAIT])
        agreed = await release.override(db, line, said)
    return _back(request) if agreed else await _show(request, [TOO_LATE])


async def prepare(request: web.Request) -> web.StreamResponse:
    """Make the case of a line that may be released, and go to its page."""
    form = form_of(request)
    if not await is_code_good(request):
        return await _show(request, [BAD_CODE])
    wish = release.Release(
        line_id=UUID(request.match_info["id"]),
        logins=(form.get("first", ""), form.get("second", "")),
        by=operator_of(request),
        service=request.app[AUTHORITIES].service or None,
    )
    engine, places = request.app[ENGINE], request.app[PLACES]
    try:
        now = request.app[CLOCK].now()
        made = await release.prepare_line(engine, places, law_of(request), wish, now)
    except ConfigurationError as error:
        return await _show(request, fault_sentences(error.faults))
    except Unavailable:
        return await _show(request, ["Aucune journée n'est encore scellée."])
    if made is None:
        return await _show(request, [TOO_LATE])
    place = url(request, "case", id=str(made.file.case))
    return web.Response(status=303, headers={"Location": place})


async def refuse(request: web.Request) -> web.StreamResponse:
    """Close a line without an answer, for a reason that is kept."""
    return await _close(request, Act.REFUSE)


async def withdraw(request: web.Request) -> web.StreamResponse:
    """Close a line that its authority took back."""
    return await _close(request, Act.WITHDRAW)


async def _close(request: web.Request, act: Act) -> web.StreamResponse:
    reason = form_of(request).get("reason", "")
    if not reason or len(reason) > LONGEST_REASON:
        return await _show(request, [NO_REASON])
    by = release.signed_by(operator_of(request), request.app[CLOCK].now())
    async with request.app[ENGINE].begin() as db:
        line = await _load(db, request)
        moved = await register.move(db, line.id, act, by, reason)
    return _back(request) if moved else await _show(request, [TOO_LATE])


async def take_document(request: web.Request) -> web.StreamResponse:
    """The scanned act, sealed: it opens with a custodian's key, on their own machine."""
    async with request.app[ENGINE].begin() as db:
        line = await _load(db, request)
        sealed = await register.load_document(db, line.id)
        if sealed is None:
            raise web.HTTPNotFound
        now = request.app[CLOCK].now()
        await record(db, actor_of(request), "requisition.document_taken", line.name, now)
    name = f"requisition-{line.name}.{ENDINGS[line.document_type]}.age"
    return _attached(sealed, name, "application/octet-stream")


async def show_letter(request: web.Request) -> web.StreamResponse:
    """The letter to the authority of a suspended line, to be printed."""
    line = await _read_letter(request)
    return render(request, "letter.html", line=line, letter=_letter(request, line))


async def take_letter(request: web.Request) -> web.StreamResponse:
    """The same as a PDF."""
    line = await _read_letter(request)
    pdf = await asyncio.to_thread(render_letter, _letter(request, line))
    return _attached(pdf, f"requisition-{line.name}.pdf", "application/pdf")


async def _read_letter(request: web.Request) -> Line:
    async with request.app[ENGINE].begin() as db:
        line = await _load(db, request)
        if not line.faults:
            raise web.HTTPNotFound
        now = request.app[CLOCK].now()
        await record(db, actor_of(request), "requisition.letter_read", line.name, now)
    return line


def _letter(request: web.Request, line: Line) -> Letter:
    faults = check(line.sought, law_of(request))
    return draft(line, faults, request.app[AUTHORITIES], request.app[CLOCK].now())


async def _show(request: web.Request, faults: list[str]) -> web.StreamResponse:
    law, now = law_of(request), request.app[CLOCK].now()
    site = tables.site.c
    async with request.app[ENGINE].begin() as db:
        line = await _load(db, request)
        steps = await register.load_steps(db, line.id)
        waits = request.app[AGREEMENTS_WAIT]
        approvals = await load_approvals(db, Decision(line.id, OVERRIDE, waits))
        holders = await load_holders(db)
        sites = {row.code: row.name for row in await db.execute(select(site.code, site.name))}
        await record(db, actor_of(request), "requisition.read", line.name, now)
    return render(
        request,
        "requisition.html",
        status=422 if faults else 200,
        faults=faults,
        line=line,
        found=check(line.sought, law) if line.faults else (),
        ground=law.ground(line.entry.ground),
        condition=law.condition(line.entry.condition),
        categories=CATEGORIES,
        question=question_facts(line.entry.question, sites),
        milestones=milestones(line, steps),
        steps=steps,
        approvals=approvals,
        has_agreed=has_agreed(approvals, operator_of(request).id, now),
        waits=waits,
        holders=holders,
        may_do={act.value for act in release.may(line)},
        acts=ACTS,
        states=STATES,
        looks=STATE_LOOKS,
        longest_reason=LONGEST_REASON,
        now=now,
    )


def milestones(line: Line, steps: Sequence[Step]) -> list[Milestone]:
    """Return the instants of an answer, those to come too; none of a line that was closed."""
    received = line.entry.received_at
    reached = {step.act: step.at for step in steps}
    told = [Milestone("Reçue", received, None)]
    for act in _MILESTONES:
        at = reached.get(act)
        if at or line.closed_at is None:
            told.append(Milestone(ACTS[act], at, at - received if at else None))
    return told


async def _load(db: AsyncConnection, request: web.Request) -> Line:
    line = await register.load_line(db, UUID(request.match_info["id"]))
    if line is None:
        raise web.HTTPNotFound
    return line


def _back(request: web.Request) -> web.Response:
    place = url(request, "requisition", id=request.match_info["id"])
    return web.Response(status=303, headers={"Location": place})


def _attached(octets: bytes, name: str, media_type: str) -> web.Response:
    return web.Response(
        body=octets,
        content_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )
