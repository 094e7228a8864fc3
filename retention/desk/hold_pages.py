"""Holds at the desk: an act that asks to preserve, its case, the end that two may decide anew.

Nothing is opened here. The case travels as any case does; what comes back enters the archive by
`socle hold take-in`, on the server.
"""

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from retention.approvals import (
    Approval,
    Decision,
    approve,
    enough,
    load_by_act,
    use_up,
)
from retention.cases.prepare import Order, Preparer, load_holders
from retention.desk import register
from retention.desk.case_pages import send_tar
from retention.desk.keys import AGREEMENTS_WAIT, CLOCK, ENGINE, PLACES, law_of
from retention.desk.register import Line
from retention.desk.release import act_of, may, signed_by
from retention.desk.requisition_pages import BAD_CODE, LONGEST_REASON, NO_REASON, TOO_LATE
from retention.desk.states import Act
from retention.desk.words import fault_sentences, question_facts
from retention.holds.register import (
    LONGEST_MONTHS,
    Execution,
    Hold,
    check_end,
    load_hold,
    load_holds,
    move_end,
    write_hold,
)
from retention.holds.register import register as register_hold
from retention.holds.scope import vaults_of
from retention.manifests.chain import Chain
from retention.manifests.manifest import sealable_from
from territory.access.operators import record
from territory.access.sign_in import actor_of, form_of, is_code_good, operator_of, url
from territory.database import tables
from territory.errors import ConfigurationError, Unavailable
from territory.law.durations import add_months
from territory.web.pages import render

_END = "hold.end."


@dataclass(frozen=True, slots=True)
class ProposedEnd:
    """An end that custodians agreed to, one or two of them."""

    ends_on: date
    approvals: tuple[Approval, ...]


async def list_holds(request: web.Request) -> web.StreamResponse:
    """The register of holds; each reading is a line of the audit log."""
    now = request.app[CLOCK].now()
    async with request.app[ENGINE].begin() as db:
        holds = await load_holds(db)
        await record(db, actor_of(request), "holds.read", "", now)
    return render(request, "holds.html", holds=holds, today=now.date())


async def show_form(request: web.Request) -> web.StreamResponse:
    """The form that makes a hold of an act."""
    return await _form(request, [])


async def enter(request: web.Request) -> web.StreamResponse:
    """Make a hold of an act, and go to its page."""
    form, now, by = form_of(request), request.app[CLOCK].now(), operator_of(request)
    if not await is_code_good(request):
        return await _form(request, [BAD_CODE])
    try:
        async with request.app[ENGINE].begin() as db:
            line = await _line(db, request)
            order = Order(
                requisition=act_of(line, law_of(request)),
                questions=(line.entry.question,),
                logins=(form.get("first", ""), form.get("second", "")),
                preparer=Preparer(by.login, by.id),
            )
            ends_on = _day(form.get("ends_on", ""), now.date())
            hold = await register_hold(db, order, ends_on, now, line.id)
            told, signed = f"conservation {hold}", signed_by(by, now)
            moved = await register.move(db, line.id, Act.PRESERVE, signed, told)
            if Act.PRESERVE not in may(line) or not moved:
                raise web.HTTPConflict
    except ConfigurationError as error:
        return await _form(request, fault_sentences(error.faults))
    except web.HTTPConflict:
        return await _form(request, [TOO_LATE])
    return web.Response(status=303, headers={"Location": url(request, "hold", id=str(hold))})


async def show(request: web.Request) -> web.StreamResponse:
    """One hold: its scope, what its custodians do next, its end."""
    return await _show(request, [])


async def download(request: web.Request) -> web.StreamResponse:
    """The case of a hold, with what its days hold now; each time is a line of the audit log."""
    form, now = form_of(request), request.app[CLOCK].now()
    async with request.app[ENGINE].connect() as db:
        hold = await _hold(db, request)
        logins = (form.get("first", ""), form.get("second", ""))
        by = Execution(await load_holders(db), now, logins)
    with tempfile.TemporaryFile() as tar:
        try:
            file = await asyncio.to_thread(write_hold, request.app[PLACES], hold, by, tar)
        except Unavailable:
            when = sealable_from(hold.last_day)
            return await _show(request, [_NOT_HELD.format(day=when.strftime("%d/%m/%Y"))])
        except ConfigurationError as error:
            return await _show(request, fault_sentences(error.faults))
        async with request.app[ENGINE].begin() as db:
            told = {"custodians": file.logins}
            await record(db, actor_of(request), "hold.file_taken", str(hold.id), now, **told)
        return await send_tar(request, tar, f"case-{hold.id}.tar")


async def propose_end(request: web.Request) -> web.StreamResponse:
    """Agree to another end; the second custodian's word makes it so."""
    form, now = form_of(request), request.app[CLOCK].now()
    reason = form.get("reason", "")
    if not reason or len(reason) > LONGEST_REASON:
        return await _show(request, [NO_REASON])
    if not await is_code_good(request):
        return await _show(request, [BAD_CODE])
    try:
        ends_on = _day(form.get("ends_on", ""), now.date())
        check_end(ends_on, now.date())
    except ConfigurationError as error:
        return await _show(request, fault_sentences(error.faults))
    async with request.app[ENGINE].begin() as db:
        hold = await _hold(db, request)
        if hold.ends_on <= now.date():
            return await _show(request, [TOO_LATE])
        decision = Decision(hold.id, f"{_END}{ends_on}", request.app[AGREEMENTS_WAIT])
        approvals = await approve(db, decision, operator_of(request), reason, now)
        if enough(approvals, now):
            await move_end(db, hold.id, ends_on)
            await use_up(db, hold.id, _END)
            reasons = {each.login: each.reason for each in approvals if each.counts(now)}
            detail = {"ends_on": str(ends_on), "reasons": reasons}
            await record(db, actor_of(request), "hold.end_moved", str(hold.id), now, **detail)
    return web.Response(status=303, headers={"Location": url(request, "hold", id=str(hold.id))})


async def _form(request: web.Request, faults: list[str]) -> web.StreamResponse:
    today = request.app[CLOCK].now().date()
    async with request.app[ENGINE].connect() as db:
        line, holders = await _line(db, request), await load_holders(db)
        sites = await _sites(db)
    return render(
        request,
        "new_hold.html",
        status=422 if faults else 200,
        faults=faults,
        draft=form_of(request) if request.method == "POST" else {},
        line=line,
        question=question_facts(line.entry.question, sites),
        reaches_people=bool(vaults_of([line.entry.question])),
        holders=holders,
        today=today,
        latest=add_months(today, LONGEST_MONTHS),
        is_possible=Act.PRESERVE in may(line),
    )


async def _show(request: web.Request, faults: list[str]) -> web.StreamResponse:
    now = request.app[CLOCK].now()
    async with request.app[ENGINE].begin() as db:
        hold = await _hold(db, request)
        waits = request.app[AGREEMENTS_WAIT]
        proposed = await _load_proposed(db, hold.id, waits)
        sites, holders = await _sites(db), await load_holders(db)
        await record(db, actor_of(request), "hold.read", str(hold.id), now)
    chain = await asyncio.to_thread(Chain.read, request.app[PLACES].archive)
    links = [link for link in chain.holds() if link.hold == hold.id and link.resealed_by]
    return render(
        request,
        "hold.html",
        status=422 if faults else 200,
        faults=faults,
        hold=hold,
        holders=holders,
        pair=_pair(hold, [holder.login for holder in holders]),
        questions=[question_facts(one, sites) for one in hold.file.questions],
        proposed=[each for each in proposed if now.date() < each.ends_on != hold.ends_on],
        link=links[0] if links else None,
        sealable_from=sealable_from(hold.last_day),
        longest_reason=LONGEST_REASON,
        waits=waits,
        now=now,
        today=now.date(),
        latest=add_months(now.date(), LONGEST_MONTHS),
    )


def _pair(hold: Hold, logins: Sequence[str]) -> list[str]:
    """Return who is proposed to execute a hold: the two of its register, if they still can."""
    registered = hold.file.logins
    return registered if {*registered} <= {*logins} else list(logins[:2])


async def _load_proposed(db: AsyncConnection, hold: UUID, waits: timedelta) -> list[ProposedEnd]:
    """Return the ends that were agreed to, the latest first."""
    found = await load_by_act(db, Decision(hold, _END, waits))
    return [
        ProposedEnd(date.fromisoformat(act.removeprefix(_END)), approvals)
        for act, approvals in found.items()
    ]


async def _hold(db: AsyncConnection, request: web.Request) -> Hold:
    hold = await load_hold(db, UUID(request.match_info["id"]))
    if hold is None:
        raise web.HTTPNotFound
    return hold


async def _line(db: AsyncConnection, request: web.Request) -> Line:
    line = await register.load_line(db, UUID(request.match_info["id"]))
    if line is None:
        raise web.HTTPNotFound
    return line


async def _sites(db: AsyncConnection) -> dict[str, str]:
    site = tables.site.c
    return {row.code: row.name for row in await db.execute(select(site.code, site.name))}


def _day(text: str, unreadable: date) -> date:
    """Return a form's day; what is none is today, which no end may be."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return unreadable


_NOT_HELD = (
    "Le dossier ne peut pas être fait aujourd'hui : la dernière journée visée n'est scellée qu'à"
    " partir du {day}, ou l'archive ne garde plus rien de ces journées."
)
