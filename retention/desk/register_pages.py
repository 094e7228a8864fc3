"""The register's pages: its list, and the form that enters a requisition in it."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from uuid import UUID

from aiohttp import web
from sqlalchemy import select

from retention.cases.prepare import load_holders
from retention.desk import register
from retention.desk.document import seal_document
from retention.desk.entry import KINDS, LONGEST_TEXT, Unfit, read_entry
from retention.desk.keys import CLOCK, ENGINE, TICKET_KEY, law_of
from retention.desk.release import signed_by
from retention.desk.scope import CATEGORIES
from retention.desk.states import State
from retention.desk.words import IDENTIFIERS, PARIS, STATE_LOOKS, STATES, UNCERTAINTIES, ZONES
from territory.access.operators import record
from territory.access.sign_in import actor_of, files_of, form_of, operator_of, url
from territory.database import tables
from territory.database.transmissions import load_waiting
from territory.law.grounds import Domain
from territory.scans import LARGEST_OCTETS
from territory.web.french import PARIS as PARIS_ZONE
from territory.web.pages import render
from territory.web.server import LARGEST_BODY

LARGEST_FORM = LARGEST_OCTETS + LARGEST_BODY
NOT_A_SCAN = "L'acte numérisé est un fichier PDF, JPEG ou PNG."
NO_CUSTODIAN = "Aucun dépositaire n'a de clé : l'acte ne peut pas être gardé chiffré."
DOMAINS = {Domain.JUDICIAL: "Judiciaire", Domain.ADMINISTRATIVE: "Administratif"}
TABS = {
    "address": "Une adresse publique",
    "device": "Un appareil",
    "person": "Une personne",
    "site": "Un lieu",
}


async def list_lines(request: web.Request) -> web.StreamResponse:
    """The register, newest first, as far as it is looked for."""
    wish = _wish(request.query)
    now = request.app[CLOCK].now()
    async with request.app[ENGINE].begin() as db:
        lines = await register.load_lines(db, wish)
        waiting = await load_waiting(db)
        await record(db, actor_of(request), "register.read", "", now, lines=len(lines))
    return render(
        request,
        "register.html",
        lines=lines,
        waiting=waiting,
        wish=wish,
        most=register.MOST_LINES,
        kinds=TABS,
        states=STATES,
        looks=STATE_LOOKS,
        law=law_of(request),
        now=now,
    )


def _wish(query: Mapping[str, str]) -> register.Wish:
    state = None
    with suppress(ValueError):
        state = State(query.get("etat", ""))
    return register.Wish(
        state=state,
        open_only=query.get("etat", "en-cours") == "en-cours",
        urgent_only="urgent" in query,
        text=query.get("texte", "").strip()[:LONGEST_TEXT],
    )


async def show_form(request: web.Request) -> web.StreamResponse:
    """The form; `?depuis=` fills it with the act of a line that this one corrects."""
    now = request.app[CLOCK].now().astimezone(PARIS_ZONE)
    blank = {
        "kind": "address",
        "category_source": "on",
        "received_date": now.date().isoformat(),
        "received_time": now.strftime("%H:%M"),
        "zone": PARIS,
    }
    return await _form(request, {**blank, **await _corrected(request)}, [])


async def _corrected(request: web.Request) -> dict[str, str]:
    """Return what a new act has in common with the one it corrects."""
    try:
        line_id = UUID(request.query.get("depuis", ""))
    except ValueError:
        return {}
    async with request.app[ENGINE].begin() as db:
        line = await register.load_line(db, line_id)
        if line is None:
            return {}
        now = request.app[CLOCK].now()
        await record(db, actor_of(request), "requisition.read", line.name, now)
    entry = line.entry
    return {
        **asdict(entry.asker),
        "reference": entry.reference,
        "ground": entry.ground,
        "condition": entry.condition,
        "urgency": entry.urgency,
        "kind": entry.question.kind,
        "replaces": str(line.id),
        "replaces_name": line.name,
    }


async def enter(request: web.Request) -> web.StreamResponse:
    """Enter the requisition and go to its page; or show the form for another kind of question."""
    form, now = form_of(request), request.app[CLOCK].now()
    other = form.get("other_kind", "")
    if other in KINDS:
        return await _form(request, {**form, "kind": other}, [])
    try:
        entry = read_entry(form, now, request.app[TICKET_KEY])
    except Unfit as unfit:
        return await _form(request, form, unfit.sentences)
    async with request.app[ENGINE].begin() as db:
        holders = await load_holders(db)
        scan, document = files_of(request).get("document"), None
        if scan is not None:
            keys = [holder.recipient for holder in holders]
            document = await asyncio.to_thread(seal_document, scan, keys)
            if document is None:
                return await _form(request, form, [NOT_A_SCAN if keys else NO_CUSTODIAN])
        by = signed_by(operator_of(request), now)
        line = await register.enter(db, law_of(request), entry, document, by)
    place = url(request, "requisition", id=str(line.id))
    return web.Response(status=303, headers={"Location": place})


async def _form(
    request: web.Request, draft: Mapping[str, str], faults: list[str]
) -> web.StreamResponse:
    site = tables.site.c
    async with request.app[ENGINE].connect() as db:
        sites = (await db.execute(select(site.code, site.name).order_by(site.name))).all()
    law, now = law_of(request), request.app[CLOCK].now()
    return render(
        request,
        "new_requisition.html",
        status=422 if faults else 200,
        draft=draft,
        faults=faults,
        domains={
            french: [g for g in law.grounds if g.domain is domain and g.applies_on(now.date())]
            for domain, french in DOMAINS.items()
        },
        condition_options=[
            (each.code, f"{each.source} : {each.french}") for each in law.conditions
        ],
        delays=law.delays,
        categories=CATEGORIES,
        tabs=TABS,
        sites=[(each.code, each.name) for each in sites],
        zones=ZONES,
        uncertainties=UNCERTAINTIES,
        identifiers=IDENTIFIERS,
        longest=LONGEST_TEXT,
        largest_megabytes=LARGEST_OCTETS >> 20,
        today=now.astimezone(PARIS_ZONE).date(),
    )
