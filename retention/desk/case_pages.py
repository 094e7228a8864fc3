"""The register of cases: prepare one, hand its file out, note that it was answered."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from aiohttp import web
from sqlalchemy import select, update
from sqlalchemy.engine import RowMapping

from retention.desk.keys import CLOCK, ENGINE, PLACES
from retention.desk.words import (
    CASE_STATES,
    DAY_STATES,
    ZONES,
    fault_sentences,
    with_zone,
)
from retention.prepare import Order, Preparer, load_holders, pack_case, prepare_case
from retention.question import CaseFile, Question, ask
from territory.access.operators import record
from territory.access.sign_in import actor_of, form_of, operator_of, url
from territory.database import tables
from territory.errors import ConfigurationError
from territory.web.pages import render

_SHA256 = re.compile(r"[0-9a-f]{64}")
_UNCERTAINTIES = {
    0: "à la seconde près",
    1: "une seconde",
    30: "30 secondes",
    60: "une minute",
    300: "5 minutes",
    1800: "30 minutes",
}
_MOST_CASES = 500


@dataclass(frozen=True, slots=True)
class RegisteredCase:
    """A line of the register."""

    id: UUID
    file: CaseFile
    state: str
    opened_at: datetime
    prepared_by: str
    answered_at: datetime | None

    @property
    def question(self) -> Question:
        """What is asked."""
        return self.file.question


async def list_cases(request: web.Request) -> web.StreamResponse:
    """The register, newest first."""
    query = select(tables.case).order_by(tables.case.c.opened_at.desc()).limit(_MOST_CASES)
    async with request.app[ENGINE].begin() as db:
        cases = [_registered(row) for row in (await db.execute(query)).mappings()]
        await record(db, actor_of(request), "cases.read", "", request.app[CLOCK].now())
    return render(request, "cases.html", cases=cases, states=CASE_STATES)


async def show_form(request: web.Request) -> web.StreamResponse:
    """The form that prepares a case."""
    return await _form(request, {}, [])


async def _form(
    request: web.Request, draft: Mapping[str, str], faults: list[str]
) -> web.StreamResponse:
    async with request.app[ENGINE].connect() as db:
        holders = await load_holders(db)
    return render(
        request,
        "new_case.html",
        status=422 if faults else 200,
        draft=draft,
        faults=faults,
        holders=holders,
        zones=ZONES,
        uncertainties=_UNCERTAINTIES,
        now=request.app[CLOCK].now(),
    )


async def prepare(request: web.Request) -> web.StreamResponse:
    """Enter the case in the register, and go to its page."""
    form, now = form_of(request), request.app[CLOCK].now()
    operator = operator_of(request)
    try:
        order = Order(
            question=_asked(form, now),
            logins=(form.get("first", ""), form.get("second", "")),
            preparer=Preparer(operator.login, operator.id),
        )
        made = await prepare_case(request.app[ENGINE], request.app[PLACES], order, now)
    except ConfigurationError as error:
        return await _form(request, form, fault_sentences(error.faults))
    except ValueError as error:
        return await _form(request, form, [str(error)])
    place = url(request, "case", id=str(made.file.case))
    return web.Response(status=303, headers={"Location": place})


def _asked(form: Mapping[str, str], now: datetime) -> Question:
    local, zone = f"{form.get('date', '')}T{form.get('time', '')}", form.get("zone", "")
    return ask(
        now,
        public_address=form.get("public_address", ""),
        port=form.get("port") or None,
        at=with_zone(local, zone),
        at_as_asked=f"{form.get('date')} {form.get('time')}, {ZONES[zone]}",
        uncertainty_seconds=form.get("uncertainty", "0"),
        reference=form.get("reference", ""),
        legal_ground=form.get("legal_ground", ""),
    )


async def show_case(request: web.Request) -> web.StreamResponse:
    """One case, and what its two custodians do next."""
    return await _show(request, [])


async def _show(request: web.Request, faults: list[str]) -> web.StreamResponse:
    async with request.app[ENGINE].begin() as db:
        found = await _load(request)
        now = request.app[CLOCK].now()
        await record(db, actor_of(request), "case.read", str(found.id), now)
    return render(
        request,
        "case.html",
        status=422 if faults else 200,
        case=found,
        states=CASE_STATES,
        day_states=DAY_STATES,
        uncertainties=_UNCERTAINTIES,
        faults=faults,
    )


async def download(request: web.Request) -> web.StreamResponse:
    """The case file; each time it leaves is a line of the audit log."""
    found = await _load(request)
    octets = pack_case(request.app[PLACES], found.file)
    async with request.app[ENGINE].begin() as db:
        now = request.app[CLOCK].now()
        await record(db, actor_of(request), "case.file_taken", str(found.id), now)
    return web.Response(
        body=octets,
        content_type="application/x-tar",
        headers={
            "Content-Disposition": f'attachment; filename="case-{found.id}.tar"',
            "Cache-Control": "no-store",
        },
    )


async def record_answer(request: web.Request) -> web.StreamResponse:
    """Note that the case was answered, with the digest of the signed answer."""
    found, digest = await _load(request), form_of(request).get("sha256", "").lower()
    if not _SHA256.fullmatch(digest):
        sentence = "L'empreinte SHA-256 de reponse.json compte 64 chiffres hexadécimaux."
        return await _show(request, [sentence])
    now = request.app[CLOCK].now()
    case = tables.case.c
    query = (
        update(tables.case)
        .where(case.id == found.id, case.answered_at.is_(None))
        .values(state="answered", answered_at=now)
    )
    async with request.app[ENGINE].begin() as db:
        if (await db.execute(query)).rowcount:
            await record(db, actor_of(request), "case.answered", str(found.id), now, sha256=digest)
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
