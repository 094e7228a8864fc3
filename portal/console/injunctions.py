"""Decisions on injunctions to keep traffic data: what is known, what is to be decided, by whom.

The delegate for data protection or an administrator records a decree, or that there is none. A
finding that there is none destroys data for good at the next purge: what would go is shown first,
and has to be confirmed. Each record and each withdrawal is an audit line (CPCE L34-1 III, L39-3).
"""

from datetime import date
from uuid import UUID

from aiohttp import web
from sqlalchemy import text

from portal.console.places import CLOCK, ENGINE, LAW
from territory.access.sign_in import actor_of, form_of, operator_of, url
from territory.database.injunctions import (
    load_decisions,
    load_periods,
    record_decision,
    withdraw,
)
from territory.law.decisions import Decision, coverage, days_ended, flaws_of
from territory.law.durations import InjunctionState, Law, Period
from territory.web.french import calendar_day
from territory.web.pages import render

FIELDS = ("etat", "debut", "fin", "acte", "source", "auteur", "date")
STATES = {"decret": InjunctionState.IN_FORCE, "aucune": InjunctionState.ENDED}
NAMES = {
    InjunctionState.IN_FORCE: "une injonction est en vigueur",
    InjunctionState.ENDED: "aucune injonction",
    InjunctionState.UNKNOWN: "inconnu",
}
NOT_DATES = "Les dates s'écrivent par exemple 2026-10-21."
NO_STATE = "Dites si une injonction couvre ces jours, ou aucune."
NOT_CONFIRMED = "Cochez la case : ces données seront effacées pour toujours."
_TELL = text("SELECT pg_notify('territory', '')")


def day(value: date) -> str:
    """``21 octobre 2026``."""
    return calendar_day(value)


async def show_injunctions(request: web.Request) -> web.StreamResponse:
    """What is known today, the form, and every decision ever recorded."""
    return await _page(request, dict.fromkeys(FIELDS, ""))


async def record(request: web.Request) -> web.StreamResponse:
    """Record a decision, or say what is wrong with it, or what it would destroy."""
    form, now = form_of(request), request.app[CLOCK].now()
    draft = {name: form.get(name, "").strip() for name in FIELDS}
    wanted = decision_of(draft, operator_of(request).display_name)
    if not isinstance(wanted, Decision):
        return await _page(request, draft, [wanted])
    faults = [flaw.french for flaw in flaws_of(wanted, now.date())]
    if faults:
        return await _page(request, draft, faults)
    async with request.app[ENGINE].begin() as db:
        law = request.app[LAW]().with_periods(await load_periods(db))
        ended = days_ended(law, wanted, now.date())
        is_recorded = not ended or bool(form.get("confirme"))
        if is_recorded:
            await record_decision(db, wanted, actor_of(request), now)
            await db.execute(_TELL)
    if not is_recorded:
        return await _page(request, draft, [NOT_CONFIRMED], ended)
    raise web.HTTPSeeOther(url(request, "injunctions"))


async def end(request: web.Request) -> web.StreamResponse:
    """Have a decision count no more; one that does not is not there."""
    identifier, now = UUID(request.match_info["id"]), request.app[CLOCK].now()
    async with request.app[ENGINE].begin() as db:
        if not await withdraw(db, identifier, actor_of(request), now):
            raise web.HTTPNotFound
        await db.execute(_TELL)
    raise web.HTTPSeeOther(url(request, "injunctions"))


def decision_of(draft: dict[str, str], author: str) -> Decision | str:
    """Return the decision that a form states, taken by `author` where it names nobody."""
    state = STATES.get(draft["etat"])
    if state is None:
        return NO_STATE
    try:
        first, until, decided = (
            date.fromisoformat(draft[name]) for name in ("debut", "fin", "date")
        )
    except ValueError:
        return NOT_DATES
    period = Period(state, first, until, draft["acte"])
    return Decision(period, draft["source"], draft["auteur"] or author, decided)


async def _page(
    request: web.Request,
    draft: dict[str, str],
    faults: list[str] | None = None,
    ended: tuple[date, date] | None = None,
) -> web.StreamResponse:
    today = request.app[CLOCK].now().date()
    async with request.app[ENGINE].connect() as db:
        decisions = await load_decisions(db)
        law: Law = request.app[LAW]().with_periods(await load_periods(db))
    return render(
        request,
        "injunctions.html",
        status=422 if faults else 200,
        known=coverage(law, today),
        unknown=InjunctionState.UNKNOWN,
        names=NAMES,
        decisions=decisions,
        draft=draft,
        faults=faults or [],
        ended=ended,
        today=today,
    )
