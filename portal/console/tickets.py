"""Tickets, for whoever hands them out: make one by one tap, show it, print it, revoke it.

A sheet is made by a POST that leads to its page; the seed of its codes goes along sealed in the
address (`ticket_sheet`), so that the page may be loaded again, printed and waited on, and nobody
else can. Without that seed a sheet's page shows how its tickets stand, and no code.

The page of a single ticket stays open and goes on by itself: its response is finished only once
somebody is online with the ticket. That needs no script and no reloading, and what comes last is
spoken by a screen reader, since it arrives in a live region. No line of the audit log has a code.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from aiohttp import web

from portal.console.places import CLOCK, ENGINE, PUBLIC_URL, TICKET_KEYS
from portal.console.ticket_sheet import open_seed, seal_seed
from portal.guest.ticket_link import ticket_url
from portal.tickets.choices import load_choices, load_networks_of
from portal.tickets.office import (
    Numbered,
    Order,
    Sheet,
    load_sheets,
    load_tickets,
    make_sheet,
    revoke,
)
from portal.tickets.order import LASTING, USUAL_SECONDS, read_order
from portal.tickets.paper import paper_of
from territory.access.operators import record
from territory.access.sign_in import actor_of, form_of, operator_of, url
from territory.paper.qr import qr_svg
from territory.paper.tickets import render_tickets
from territory.rules.quotas import day_of
from territory.rules.ticket_codes import codes_of, format_code
from territory.rules.tickets import MOST_TICKETS, State
from territory.web.pages import render, render_text

LOOK_SECONDS: Final = 1.0
"""Between two looks at whether somebody is online with a ticket."""
WATCH_LOOKS: Final = 300
"""A single ticket's page waits for so many of them."""
MOST_REASON: Final = 120
_REST: Final = "<!-- the rest comes when it happens -->"
STATES: Final = {
    State.UNUSED: ("pas encore utilisé", ""),
    State.ONLINE: ("en ligne", "good"),
    State.BEGUN: ("commencé, personne en ligne", ""),
    State.ENDED: ("terminé", ""),
    State.LAPSED: ("périmé, jamais utilisé", ""),
    State.REVOKED: ("annulé", "bad"),
}
"""What each is called, and how it is marked."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A sheet on its page."""

    sheet: Sheet
    tickets: list[Numbered]
    networks: list[str]
    codes: list[str]
    """None of them, once the seed is gone."""
    key: str
    """The sealed seed, as its address has it."""

    @property
    def is_single(self) -> bool:
        """Whether it is one ticket, whose code can be shown."""
        return len(self.codes) == 1


async def list_tickets(request: web.Request) -> web.StreamResponse:
    """Make one by one tap, or a sheet of many; and how those made before stand."""
    return await _list(request)


async def make(request: web.Request) -> web.StreamResponse:
    """Make what the form asks for, and go to its page."""
    form, operator, now = form_of(request), operator_of(request), request.app[CLOCK].now()
    keys = request.app[TICKET_KEYS]
    async with request.app[ENGINE].begin() as db:
        order = read_order(form, await load_choices(db, operator), now)
        if isinstance(order, list):
            return await _list(request, order, form, status=422)
        terms, tickets = order
        sheet_id, seed = await make_sheet(db, keys.digest, Order(terms, tickets, operator.id), now)
        detail = {"tickets": tickets, "devices": terms.devices, "seconds": terms.use_seconds}
        await record(db, actor_of(request), "tickets.made", str(sheet_id), now, **detail)
    key = seal_seed(seed, sheet_id, operator.id, keys.sheet, now)
    return _see_other(f"{url(request, 'ticket_sheet', sheet=str(sheet_id))}?cle={key}")


async def show_sheet(request: web.Request) -> web.StreamResponse:
    """A sheet: its codes while they may be shown, and how its tickets stand."""
    shown = await _shown(request)
    if shown.is_single and request.method == "GET":
        return await _watch(request, shown)
    return _sheet_page(request, shown)


async def print_sheet(request: web.Request) -> web.StreamResponse:
    """The sheet as a PDF, with its codes."""
    shown = await _shown(request)
    if not shown.codes:
        return _sheet_page(request, shown, fault="Cette feuille ne peut plus être imprimée.")
    now = request.app[CLOCK].now()
    paper = paper_of(shown.sheet, shown.networks, shown.codes, request.app[PUBLIC_URL])
    pdf = await asyncio.to_thread(render_tickets, paper)
    async with request.app[ENGINE].begin() as db:
        await record(db, actor_of(request), "tickets.printed", str(shown.sheet.id), now)
    headers = {
        "Content-Disposition": 'inline; filename="tickets-wifi.pdf"',
        "Cache-Control": "no-store",
    }
    return web.Response(body=pdf, content_type="application/pdf", headers=headers)


async def revoke_tickets(request: web.Request) -> web.StreamResponse:
    """Revoke one ticket of a sheet, or all; whoever is online with it is cut off."""
    shown, form, now = await _shown(request), form_of(request), request.app[CLOCK].now()
    reason, which = form.get("motif", ""), form.get("ticket", "")
    numbers = {str(one.number): one.number for one in shown.tickets}
    if not 1 <= len(reason) <= MOST_REASON or which not in {"tous", *numbers}:
        fault = f"Choisissez un ticket et dites pourquoi, en {MOST_REASON} caractères au plus."
        return _sheet_page(request, shown, fault=fault, status=422)
    number = numbers.get(which)
    async with request.app[ENGINE].begin() as db:
        revoked = await revoke(db, shown.sheet.id, number, reason, now)
        detail = {"tickets": revoked, "reason": reason}
        await record(db, actor_of(request), "tickets.revoked", str(shown.sheet.id), now, **detail)
    return _see_other(url(request, "ticket_sheet", sheet=str(shown.sheet.id)))


async def _list(
    request: web.Request,
    faults: list[str] | None = None,
    draft: dict[str, str] | None = None,
    status: int = 200,
) -> web.StreamResponse:
    operator, now = operator_of(request), request.app[CLOCK].now()
    async with request.app[ENGINE].connect() as db:
        choices = await load_choices(db, operator)
        sheets = await load_sheets(db, operator.organisation_id, now)
    return render(
        request,
        "tickets.html",
        status=status,
        choices=choices,
        sheets=sheets,
        faults=faults or [],
        draft=draft or {},
        lasting=LASTING,
        usual_seconds=USUAL_SECONDS,
        today=day_of(now),
        most_tickets=MOST_TICKETS,
        now=now,
    )


async def _shown(request: web.Request) -> Shown:
    """Return the sheet a page is about; another organisation's is as if it did not exist."""
    operator, now = operator_of(request), request.app[CLOCK].now()
    sheet_id, key = UUID(request.match_info["sheet"]), request.query.get("cle", "")
    async with request.app[ENGINE].connect() as db:
        found = await load_sheets(db, operator.organisation_id, now, sheet_id)
        if not found:
            raise web.HTTPNotFound
        tickets = await load_tickets(db, found[0], now)
        networks = await load_networks_of(db, found[0].terms)
    seed = open_seed(key, sheet_id, operator.id, request.app[TICKET_KEYS].sheet, now)
    codes = codes_of(seed, found[0].tickets) if seed else []
    return Shown(found[0], tickets, networks, codes, key if codes else "")


def _sheet_page(
    request: web.Request, shown: Shown, *, fault: str = "", status: int = 200
) -> web.StreamResponse:
    context = {**_context(request, shown), "fault": fault}
    return render(request, "ticket_sheet.html", status=status, **context)


def _context(request: web.Request, shown: Shown) -> dict[str, object]:
    code = shown.codes[0] if shown.is_single else ""
    public_url = request.app[PUBLIC_URL]
    return {
        "shown": shown,
        "sheet": shown.sheet,
        "codes": [format_code(one) for one in shown.codes],
        "qr": qr_svg(ticket_url(public_url, code), "Code QR de ce ticket") if code else "",
        "lasting": LASTING.get(shown.sheet.terms.use_seconds, ""),
        "states": STATES,
        "rest": _REST,
        "now": request.app[CLOCK].now(),
    }


async def _watch(request: web.Request, shown: Shown) -> web.StreamResponse:
    """The page of one ticket, whose end is sent once somebody is online with it."""
    text = render_text(request, "ticket.html", **_context(request, shown))
    first, last = text.split(_REST)
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/html; charset=utf-8",
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",
        }
    )
    await response.prepare(request)
    try:
        await response.write(first.encode())
        async for happened in _happenings(request, shown):
            news = render_text(
                request, "ticket_news.html", **_context(request, shown), happened=happened
            )
            await response.write(news.encode())
        await response.write(last.encode())
        await response.write_eof()
    except ConnectionResetError:
        return response  # the page was closed
    return response


async def _happenings(request: web.Request, shown: Shown) -> AsyncIterator[str]:
    """Tell what becomes of a ticket: `begun`, then `online`; `over` where it can be neither, or
    `waiting` where nothing more has come in five minutes."""
    begun = False
    for _ in range(WATCH_LOOKS):
        state = await _state(request, shown.sheet)
        if state is State.ONLINE or state not in {State.UNUSED, State.BEGUN}:
            yield "online" if state is State.ONLINE else "over"
            return
        if state is State.BEGUN and not begun:
            begun = True
            yield "begun"
        await asyncio.sleep(LOOK_SECONDS)
        if request.transport is None or request.transport.is_closing():
            return
    yield "waiting"


async def _state(request: web.Request, sheet: Sheet) -> State:
    async with request.app[ENGINE].connect() as db:
        (one,) = await load_tickets(db, sheet, request.app[CLOCK].now())
    return one.state


def _see_other(to: str) -> web.Response:
    return web.Response(status=303, headers={"Location": to, "Cache-Control": "no-store"})
