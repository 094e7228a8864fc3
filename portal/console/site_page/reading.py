"""Reads a site's portrait: a fixed number of queries, each bounded by the site and by time. Shell.

Of sessions and of the security log the portal is told counts, by functions; nothing of a person.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, Select, func, select, text, union_all
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.expression import column, table

from portal.console.estate import Site, reason_of
from portal.console.queries import load_tunnel
from portal.console.site_page.month_reading import MONTH, load_availability, windows_of
from portal.console.site_page.nas_reading import load_answers, load_days, rows_of
from portal.console.site_page.portrait import (
    DAY,
    Change,
    Ending,
    Helper,
    People,
    Portrait,
    Sample,
    Window,
)
from territory.database.answerability import load_answerability
from territory.database.tables import (
    daily_count,
    gateway,
    helper,
    nas,
    site_sample,
    state_change,
)
from territory.device_story.french import FRENCH
from territory.health.reasons import Words
from territory.health.states import State
from territory.rules.opening_hours import PARIS

WEEK_DAYS: Final = 7
SHOWN_CHANGES: Final = 12
"""The latest; the live page has a day's."""
_CONCLUDED: Final = 0
"""Causes below are the base's own conclusions."""
_ENDINGS = text("SELECT cause, sessions FROM live.site_endings(:site, :since)")
_OPEN = table("open_session", column("nas_id"), column("live_until"), schema="live")


async def load_portrait(db: AsyncConnection, site: Site, now: datetime) -> Portrait:
    """Return what there is to tell of a site at ``now``."""
    since = {"site": site.id, "since": now - DAY}
    answers = await load_answers(db, site, now - DAY)
    return Portrait(
        site=site,
        now=now,
        people=await _people(db, site.id, now),
        tunnel=await load_tunnel(db, site.id),
        answerability=await load_answerability(db, site.id, now),
        changes=await _changes(db, site, now),
        samples=[_sample(row) for row in await rows_of(db, _samples(site.id, now))],
        windows=[_window(row) for row in await rows_of(db, windows_of(site.id, now))],
        availability=await load_availability(db, site, now),
        endings=_endings((await db.execute(_ENDINGS, since)).mappings().all()),
        answers=answers or (),
        uncounted=answers is None,
        days=await load_days(db, site.id, now - DAY),
        funnel={row["step"]: row["visits"] for row in await rows_of(db, _funnel(site.id, now))},
        helpers=[Helper(row["name"], row["phone"]) for row in await rows_of(db, _helpers(site.id))],
    )


async def load_people(db: AsyncConnection, site: Site, now: datetime) -> Portrait:
    """Return what an agent or a mediator is shown: how it is, how many, what is announced."""
    return Portrait(
        site=site,
        now=now,
        people=await _people(db, site.id, now),
        samples=[_sample(row) for row in await rows_of(db, _samples(site.id, now))],
        windows=[_window(row) for row in await rows_of(db, windows_of(site.id, now))],
        helpers=[Helper(row["name"], row["phone"]) for row in await rows_of(db, _helpers(site.id))],
    )


async def _people(db: AsyncConnection, site_id: UUID, now: datetime) -> People:
    reporters = union_all(
        select(nas.c.id).where(nas.c.site_id == site_id),
        select(gateway.c.id).where(gateway.c.site_id == site_id),
    )
    live = _OPEN.c.live_until > now
    query = select(func.count().filter(live), func.count().filter(~live)).where(
        _OPEN.c.nas_id.in_(reporters)
    )
    online, overdue = (await db.execute(query)).one()
    return People(online, overdue)


async def _changes(db: AsyncConnection, site: Site, now: datetime) -> list[Change]:
    query = (
        select(state_change)
        .where(state_change.c.site_id == site.id, state_change.c.at > now - MONTH)
        .order_by(state_change.c.at.desc(), state_change.c.number.desc())
        .limit(SHOWN_CHANGES)
    )
    names = {each.id: each.code for each in site.nas}
    names |= {each.id: each.name for each in site.access_points}
    return [_change(row, names) for row in await rows_of(db, query)]


def _change(row: RowMapping, names: Mapping[UUID, str]) -> Change:
    reason = reason_of(row["reason"])
    gone = "une borne retirée" if row["kind"] == "access_point" else "un NAS retiré"
    return Change(
        at=row["at"],
        kind=row["kind"],
        equipment=row["equipment_id"],
        name=names.get(row["equipment_id"], gone),
        previous=State(row["previous"]) if row["previous"] else None,
        state=State(row["state"]),
        words=reason.value if reason else Words(row["reason"]),
        consequence=row["consequence"],
        planned=row["planned"],
        evidence=row["evidence"],
    )


def _samples(site_id: UUID, now: datetime) -> Select[Any]:
    return (
        select(site_sample.c.at, site_sample.c.open_sessions, site_sample.c.state)
        .where(site_sample.c.site_id == site_id, site_sample.c.at > now - DAY)
        .where(site_sample.c.at <= now)
        .order_by(site_sample.c.at)
    )


def _sample(row: RowMapping) -> Sample:
    return Sample(row["at"], row["open_sessions"], State(row["state"]))


def _window(row: RowMapping) -> Window:
    return Window(row["begins_at"], row["ends_at"], row["why"])


def _endings(rows: Sequence[RowMapping]) -> list[Ending]:
    return [
        Ending(FRENCH.cause(row["cause"]), row["sessions"], row["cause"] < _CONCLUDED)
        for row in sorted(rows, key=lambda row: -row["sessions"])
    ]


def _funnel(site_id: UUID, now: datetime) -> Select[Any]:
    first = func.date(func.timezone(PARIS, now)) - (WEEK_DAYS - 1)
    return (
        select(
            daily_count.c.step,
            func.sum(daily_count.c.visits).cast(daily_count.c.visits.type).label("visits"),
        )
        .where(daily_count.c.site_id == site_id, daily_count.c.day >= first)
        .group_by(daily_count.c.step)
    )


def _helpers(site_id: UUID) -> Select[Any]:
    return select(helper.c.name, helper.c.phone).where(helper.c.site_id == site_id)
