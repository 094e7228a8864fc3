"""What a month came to, for elected officials: a page, a paper (PDF/UA), a spreadsheet.

An agent sees their organisation's, who answers for the whole territory chooses any or all. No
person is in what is read here, and small counts are hidden before anything is laid out, so that
what is printed may be handed on. The thinking is done off the event loop, which guests share.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from aiohttp import web
from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.console.places import CLOCK, ENGINE
from portal.spreadsheet import as_csv
from territory.access.sign_in import operator_of
from territory.database.tables import organisation
from territory.indicators.loading import counted_months, load_month
from territory.indicators.month import Month
from territory.indicators.report import document_of
from territory.indicators.wording import Document, as_rows
from territory.paper.report import render_report
from territory.rules.quotas import day_of
from territory.web.pages import render

SMALLEST = web.AppKey("SMALLEST", int)
"""The smallest count that is shown."""
MOST_MONTHS: Final = 240
"""Offered to choose from: as many as counts may be kept."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a page is asked for."""

    document: Document
    month: Month
    months: Sequence[Month]
    """To choose from, the newest first."""
    organisation: str
    """Code of the one that is shown; empty: all."""
    organisations: Sequence[RowMapping]
    """To choose from; one alone: there is no choice."""
    now: datetime

    @property
    def file_name(self) -> str:
        """Name of its files, without their ending."""
        return f"wifi-{self.organisation or 'territoire'}-{self.month}"


async def show_indicators(request: web.Request) -> web.StreamResponse:
    """The month's figures, each with its method, and what takes them away."""
    asked = await _ask(request)
    return render(
        request,
        "indicators.html",
        asked=asked,
        document=asked.document,
        chosen={"mois": str(asked.month), "organisme": asked.organisation},
    )


async def send_paper(request: web.Request) -> web.StreamResponse:
    """The same as a tagged PDF."""
    asked = await _ask(request)
    made_on = day_of(asked.now)
    pdf = await asyncio.to_thread(render_report, asked.document, made_on)
    headers = _headers(f"{asked.file_name}.pdf")
    return web.Response(body=pdf, content_type="application/pdf", headers=headers)


async def send_table(request: web.Request) -> web.StreamResponse:
    """The same as a spreadsheet."""
    asked = await _ask(request)
    text = as_csv(as_rows(asked.document))
    headers = _headers(f"{asked.file_name}.csv")
    return web.Response(text=text, content_type="text/csv", charset="utf-8", headers=headers)


def _headers(name: str) -> dict[str, str]:
    return {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }


async def _ask(request: web.Request) -> _Asked:
    """Return what is asked for; a month that is none or not settled, or another's organisation, is
    not found."""
    now = request.app[CLOCK].now()
    last = Month.last_settled(now)
    async with request.app[ENGINE].connect() as db:
        bodies = await _organisations(db, operator_of(request).organisation_id)
        chosen = _chosen(request.query.get("organisme", ""), bodies)
        first, latest = await counted_months(db, last)
        month = _month(request.query.get("mois", ""), latest, last)
        loaded = await load_month(db, month, chosen["id"] if chosen else None)
    document = await asyncio.to_thread(
        document_of, loaded, month, request.app[SMALLEST], is_territory=chosen is None
    )
    code = chosen["code"] if chosen else ""
    return _Asked(document, month, _months(first, last), code, bodies, now)


def _month(written: str, usual: Month, last: Month) -> Month:
    """Return the month that is asked for, up to `last`: `usual` where none is."""
    if not written:
        return usual
    try:
        month = Month.parse(written)
    except ValueError as fault:
        raise web.HTTPNotFound from fault
    if month > last:
        raise web.HTTPNotFound
    return month


def _months(first: Month, last: Month) -> list[Month]:
    """Return the settled months since the first that was counted in, the newest first."""
    months = [last]
    while months[-1] > first and len(months) < MOST_MONTHS:
        months.append(months[-1].previous)
    return months


async def _organisations(db: AsyncConnection, own: UUID | None) -> Sequence[RowMapping]:
    columns = organisation.c.id, organisation.c.code, organisation.c.name
    query = select(*columns).order_by(organisation.c.name)
    if own is not None:
        query = query.where(organisation.c.id == own)
    return (await db.execute(query)).mappings().all()


def _chosen(code: str, bodies: Sequence[RowMapping]) -> RowMapping | None:
    """Return the organisation that is shown; None: the territory."""
    if not code and len(bodies) != 1:
        return None
    for body in bodies:
        if code in ("", body["code"]):
            return body
    raise web.HTTPNotFound
