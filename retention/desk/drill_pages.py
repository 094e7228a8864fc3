"""Drills at the desk: when each custodian last proved that they can open, and what they type next.

Nothing is prepared here: a drill's file comes from the server, under the archive's lock, and goes
from one custodian's machine to the other's (keys/ceremonies.py). Who is no custodian reads the
dates; a custodian reads the commands of their own next drill, too.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from aiohttp import web

from retention.desk.keys import CLOCK, ENGINE
from retention.keys.ceremonies import DUE, PairDrill, load_pairs
from territory.access.sign_in import operator_of
from territory.database.commands import InTransaction
from territory.web.pages import render

_SOON = timedelta(days=14)


class Standing(StrEnum):
    """How a pair's drill stands; the value is the tag's look."""

    DONE = "good"
    SOON = "warn"
    OVERDUE = "bad"


_SAID = {Standing.DONE: "à jour", Standing.SOON: "à refaire", Standing.OVERDUE: "en retard"}


async def show(request: web.Request) -> web.StreamResponse:
    """The drills of every pair of custodians; to a custodian, their own next one."""
    now = request.app[CLOCK].now()
    async with request.app[ENGINE].connect() as db:
        pairs = await load_pairs(InTransaction(db))
    return render(
        request,
        "drills.html",
        rows=[(pair, stands(pair, now)) for pair in pairs],
        proofs=last_proofs(pairs),
        mine=next_of(operator_of(request).login, pairs),
        said=_SAID,
        every_days=DUE.days,
        now=now,
    )


def stands(pair: PairDrill, now: datetime) -> Standing:
    """Return how a pair's drill stands: soon is a fortnight before it is overdue."""
    if pair.is_overdue(now):
        return Standing.OVERDUE
    return Standing.SOON if pair.due_at <= now + _SOON else Standing.DONE


def last_proofs(pairs: Sequence[PairDrill]) -> dict[str, datetime | None]:
    """Return when each custodian last proved it with anyone, by login; None: never."""
    logins = sorted({login for pair in pairs for login in (pair.first, pair.second)})
    return {login: _last([p for p in pairs if login in (p.first, p.second)]) for login in logins}


def _last(pairs: Sequence[PairDrill]) -> datetime | None:
    return max((pair.proved_at for pair in pairs if pair.proved_at), default=None)


def next_of(login: str, pairs: Sequence[PairDrill]) -> PairDrill | None:
    """Return the drill that this custodian does next; None: they have no pair."""
    theirs = [pair for pair in pairs if login in (pair.first, pair.second)]
    return min(theirs, key=lambda pair: pair.due_at, default=None)
