"""The archive's pages: its state, its verification, its days by month."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from aiohttp import web
from sqlalchemy import select

from retention.categories import SEALED
from retention.desk.keys import CLOCK, ENGINE, PLACES
from retention.desk.network import REFUSALS
from retention.desk.words import CATEGORIES
from retention.keys.ceremonies import load_pairs
from retention.manifests import manifest
from retention.manifests.chain import MANIFESTS, PUBLIC_KEY
from retention.manifests.verify import CheckedChain, Verdict, check_chain
from retention.manifests.verify import verify as verify_storage
from retention.overview import HeldDay, describe_days
from retention.sealing.vault import VAULTED
from retention.standing import look
from territory.access.operators import record
from territory.access.roles import Permission, may
from territory.access.sign_in import actor_of, operator_of
from territory.database import tables
from territory.database.commands import InTransaction
from territory.database.injunctions import load_periods
from territory.law.durations import Law
from territory.web.pages import render


@dataclass(frozen=True, slots=True)
class DayRow:
    """One sealed day, its categories side by side."""

    day: date
    categories: dict[str, HeldDay]


async def show_state(request: web.Request) -> web.StreamResponse:
    """The first page: what is sealed, whether the chain holds, what waits."""
    return await _state(request, None)


async def verify(request: web.Request) -> web.StreamResponse:
    """Check every segment's digest, then show the state with what was found."""
    places = request.app[PLACES]
    verdict = await asyncio.to_thread(verify_storage, places.storage)
    async with request.app[ENGINE].begin() as db:
        now = request.app[CLOCK].now()
        whole = verdict.is_whole
        await record(db, actor_of(request), "archive.verified", verdict.head, now, whole=whole)
    return await _state(request, verdict)


async def _state(request: web.Request, verdict: Verdict | None) -> web.Response:
    places, now = request.app[PLACES], request.app[CLOCK].now()
    law = await _law(request)
    chain = await asyncio.to_thread(_check, request)
    standing = await asyncio.to_thread(look, places, law, now)
    days = [link for link in chain.links if isinstance(link, manifest.DayLink)]
    return render(
        request,
        "state.html",
        standing=standing,
        chain=chain,
        verdict=verdict,
        first_day=days[0].day if days else None,
        days=len(days),
        next_day=standing.last_day + timedelta(days=1) if standing.last_day else None,
        sealable_from=manifest.sealable_from,
        fingerprint=chain.links[0].signed_by if chain.links else "",
        head=chain.digests[-1] if chain.digests else "",
        law=law,
        categories=(*SEALED, *VAULTED),
        names=CATEGORIES,
        cases=await _open_cases(request),
        overdue_drills=await _overdue_drills(request),
        refusals=request.app[REFUSALS].count,
        now=now,
    )


async def _law(request: web.Request) -> Law:
    """Return the law in force, with the decisions that the territory has recorded."""
    async with request.app[ENGINE].connect() as db:
        return request.app[PLACES].read_law(await load_periods(db))


def _check(request: web.Request) -> CheckedChain:
    folder = request.app[PLACES].archive
    manifests = folder / MANIFESTS
    if not manifests.is_dir():
        return CheckedChain((), (), ())
    files = {path.name: path.read_bytes() for path in manifests.iterdir()}
    key = folder / PUBLIC_KEY
    return check_chain(files, key.read_bytes() if key.exists() else b"")


async def _open_cases(request: web.Request) -> Sequence[Any]:
    """Return the cases that wait for an answer; none for who may not see them."""
    if not may(operator_of(request).role, Permission.HANDLE_CASES):
        return []
    case = tables.case.c
    query = (
        select(case.id, case.reference, case.opened_at)
        .where(case.answered_at.is_(None))
        .order_by(case.opened_at)
    )
    async with request.app[ENGINE].connect() as db:
        return (await db.execute(query)).all()


async def _overdue_drills(request: web.Request) -> int:
    """Return how many pairs of custodians have not proved for a quarter that they can open."""
    now = request.app[CLOCK].now()
    async with request.app[ENGINE].connect() as db:
        return sum(pair.is_overdue(now) for pair in await load_pairs(InTransaction(db)))


async def list_days(request: web.Request) -> web.StreamResponse:
    """The days of one month, the last one with a day when none is asked for."""
    places = request.app[PLACES]
    held = await asyncio.to_thread(describe_days, places.archive, await _law(request))
    months = sorted({row.day.replace(day=1) for row in held}, reverse=True)
    wanted = _month(request.query.get("mois", ""))
    chosen = wanted if wanted in months else (months[0] if months else None)
    rows = [row for row in held if row.day.replace(day=1) == chosen]
    return render(
        request,
        "days.html",
        rows=_by_day(rows),
        months=months,
        chosen=chosen,
        categories=CATEGORIES,
    )


def _month(text: str) -> date | None:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return None


def _by_day(rows: list[HeldDay]) -> list[DayRow]:
    newest_first = sorted(rows, key=lambda row: row.day, reverse=True)
    return [
        DayRow(day, {row.category: row for row in group})
        for day, group in groupby(newest_first, key=lambda row: row.day)
    ]
