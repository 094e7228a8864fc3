"""What is broken and what was, as whoever is on call was told; and who works on it.

Supervision writes incidents, this page reads them. A technician says that they work on one, with a
word for colleagues: reminders stop, its end is told all the same. Both that and its undoing are a
line of the audit log. Only here, behind a sign-in: a link in a message would be followed by what
scans mail for harm.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from aiohttp import web
from sqlalchemy import RowMapping, Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.console.asked import scope_of
from portal.console.places import CLOCK, ENGINE, TELLS_ALERTS
from portal.console.queries import Scope
from territory.access.operators import record
from territory.access.sign_in import actor_of, form_of, operator_of, url
from territory.database.tables import alert_message, incident, incident_telling, site
from territory.web.pages import render

MOST_CHARACTERS: Final = 200
SHOWN: Final = timedelta(days=30)
_MOST_OVER: Final = 100
_LASTING: Final = ("open", "ending")


@dataclass(frozen=True, slots=True)
class Incident:
    """One, as the page shows it."""

    id: UUID
    summary: str
    words: str
    is_critical: bool
    is_over: bool
    began_at: datetime
    over_at: datetime | None
    returns: int
    site_code: str | None
    """None: the base itself, or the whole territory."""
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    acknowledgement: str | None
    told: tuple[str, ...] = ()
    """Names of who was told."""


@dataclass(frozen=True, slots=True)
class Stuck:
    """Messages to somebody that are not taken."""

    recipient: str
    messages: int
    since: datetime


async def list_incidents(request: web.Request) -> web.StreamResponse:
    """What lasts, then what is over since a month; and messages that do not get through."""
    return await _page(request)


async def acknowledge(request: web.Request) -> web.StreamResponse:
    """Say who works on it, or that nobody does any more."""
    form, now = form_of(request), request.app[CLOCK].now()
    word = " ".join(form.get("word", "").split())
    releases = form.get("release") == "yes"
    if len(word) > MOST_CHARACTERS:
        return await _page(request, fault=f"{MOST_CHARACTERS} caractères au plus.", status=422)
    async with request.app[ENGINE].begin() as db:
        found = await _wanted(db, scope_of(request), UUID(request.match_info["id"]))
        login = None if releases else operator_of(request).login
        said = {
            "acknowledged_at": None if releases else now,
            "acknowledged_by": login,
            "acknowledgement": None if releases else word or None,
        }
        await db.execute(update(incident).where(incident.c.id == found["id"]).values(said))
        action = "incident.released" if releases else "incident.acknowledged"
        subject = f"{found['alert']} {found['site_code'] or ''}".strip()
        detail = {"word": word} if word and not releases else {}
        await record(db, actor_of(request), action, subject, now, **detail)
    return web.Response(status=303, headers={"Location": url(request, "incidents")})


async def _page(request: web.Request, *, fault: str = "", status: int = 200) -> web.StreamResponse:
    scope, now = scope_of(request), request.app[CLOCK].now()
    async with request.app[ENGINE].connect() as db:
        found = await load_incidents(db, scope, now)
        stuck = await _load_stuck(db) if scope.organisation_id is None else []
    return render(
        request,
        "incidents.html",
        status=status,
        lasting=[each for each in found if not each.is_over],
        over=[each for each in found if each.is_over],
        stuck=stuck,
        is_on=request.app[TELLS_ALERTS],
        fault=fault,
        most=MOST_CHARACTERS,
        now=now,
    )


async def load_incidents(db: AsyncConnection, scope: Scope, now: datetime) -> list[Incident]:
    """Return what lasts and what was over within a month, the newest first, of a scope's sites; of
    the base too for who sees the whole territory."""
    rows: list[RowMapping] = []
    for query in _of_scope(scope):
        lasting = query.where(incident.c.state.in_(_LASTING))
        over = query.where(
            incident.c.state.not_in(_LASTING),
            incident.c.over_at > now - SHOWN,
        )
        latest = over.order_by(incident.c.over_at.desc()).limit(_MOST_OVER)
        for asked in (lasting, latest):
            rows += (await db.execute(asked)).mappings().all()
    told = await _load_told(db, [row["id"] for row in rows])
    rows.sort(key=lambda row: row["began_at"], reverse=True)
    return [_incident(row, told[row["id"]]) for row in rows]


def _of_scope(scope: Scope) -> list[Select[Any]]:
    ours = (incident, site.c.code.label("site_code"))
    queries = [scope.narrow(select(*ours).join(site, site.c.id == incident.c.site_id))]
    if scope.organisation_id is None:
        base = select(*ours).outerjoin(site, site.c.id == incident.c.site_id)
        queries.append(base.where(incident.c.site_id.is_(None)))
    return queries


async def _wanted(db: AsyncConnection, scope: Scope, identifier: UUID) -> RowMapping:
    """The incident of this identifier that lasts; another organisation's is as if it were none."""
    for query in _of_scope(scope):
        asked = query.where(incident.c.id == identifier, incident.c.state.in_(_LASTING))
        row: RowMapping | None = (await db.execute(asked)).mappings().one_or_none()
        if row is not None:
            return row
    raise web.HTTPNotFound


async def _load_told(db: AsyncConnection, incidents: Sequence[UUID]) -> dict[UUID, tuple[str, ...]]:
    query = (
        select(incident_telling.c.incident_id, incident_telling.c.recipient)
        .where(incident_telling.c.incident_id.in_(incidents))
        .distinct()
        .order_by(incident_telling.c.recipient)
    )
    found: defaultdict[UUID, tuple[str, ...]] = defaultdict(tuple)
    for row in await db.execute(query):
        found[row.incident_id] += (row.recipient,)
    return found


async def _load_stuck(db: AsyncConnection) -> list[Stuck]:
    waiting = alert_message.c.sent_at.is_(None) & alert_message.c.given_up_at.is_(None)
    query = (
        select(alert_message.c.recipient, func.count(), func.min(alert_message.c.made_at))
        .where(waiting, alert_message.c.tries > 0)
        .group_by(alert_message.c.recipient)
        .order_by(alert_message.c.recipient)
    )
    return [Stuck(*row) for row in await db.execute(query)]


def _incident(row: RowMapping, told: tuple[str, ...]) -> Incident:
    return Incident(
        id=row["id"],
        summary=row["summary"],
        words=row["words"],
        is_critical=row["severity"] == "critical",
        is_over=row["state"] not in _LASTING,
        began_at=row["began_at"],
        over_at=row["over_at"],
        returns=row["returns"],
        site_code=row["site_code"],
        acknowledged_at=row["acknowledged_at"],
        acknowledged_by=row["acknowledged_by"],
        acknowledgement=row["acknowledgement"],
        told=told,
    )
