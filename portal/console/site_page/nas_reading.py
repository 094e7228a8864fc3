"""Reads what RADIUS and the synthetic guest tell of a site's NAS: three queries. Shell.

How access requests were answered comes as counts, from a function: the portal may not read the log.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, Select, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.console.estate import Site
from portal.console.site_page.portrait import Answers, NasDay, Visit
from territory.database.tables import discard, nas, nas_seen, synthetic_visit
from territory.device_story.french import FRENCH
from territory.site_test.readings import NasSeen

COUNTED_WITHIN_SECONDS: Final = 2
_TOO_LONG: Final = "57014"
"""query_canceled: the statement's time was over."""
_ANSWERS = text(
    "SELECT nas_id, outcome, reason, answers, last_at FROM live.site_answers(:site, :since)"
)


async def rows_of(db: AsyncConnection, query: Select[Any]) -> Sequence[RowMapping]:
    """Return a query's rows."""
    rows: Sequence[RowMapping] = (await db.execute(query)).mappings().all()
    return rows


async def load_answers(db: AsyncConnection, site: Site, since: datetime) -> list[Answers] | None:
    """Return how access requests of a site were answered, the commonest answer first.

    None: the log of that time, which has no index, is too long to be counted while a page waits:
    in a flood of requests the page is wanted most.
    """
    try:
        async with db.begin_nested():
            await db.execute(text(f"SET LOCAL statement_timeout = '{COUNTED_WITHIN_SECONDS}s'"))
            rows = await db.execute(_ANSWERS, {"site": site.id, "since": since})
            await db.execute(text("SET LOCAL statement_timeout TO DEFAULT"))
    except DBAPIError as fault:
        if getattr(fault.orig, "sqlstate", None) != _TOO_LONG:
            raise
        return None
    codes, found = {each.id: each.code for each in site.nas}, rows.mappings().all()
    return [
        Answers(
            codes.get(row["nas_id"], ""),
            row["outcome"] == "accept",
            row["reason"],
            *FRENCH.reason(row["reason"]),
            row["answers"],
            row["last_at"],
        )
        for row in sorted(found, key=lambda row: -row["answers"])
    ]


async def load_days(db: AsyncConnection, site_id: UUID, since: datetime) -> dict[str, NasDay]:
    """Return what is known of each NAS of a site, by its code."""
    query = (
        select(
            nas.c.code,
            nas.c.source_address,
            nas.c.tls_name,
            nas.c.identifier,
            nas.c.coa_port,
            *(each for each in nas_seen.c if each.name != "nas_id"),
            *(each for each in synthetic_visit.c if each.name != "nas_id"),
        )
        .join_from(nas, nas_seen, nas_seen.c.nas_id == nas.c.id, isouter=True)
        .outerjoin(synthetic_visit, synthetic_visit.c.nas_id == nas.c.id)
        .where(nas.c.site_id == site_id)
    )
    rows = await rows_of(db, query)
    left_out = await _discards(db, [str(row["source_address"]) for row in rows], since)
    return {row["code"]: _day(row, left_out.get(str(row["source_address"]), {})) for row in rows}


async def _discards(
    db: AsyncConnection, addresses: Sequence[str], since: datetime
) -> dict[str, dict[str, datetime]]:
    """When packets of each address were last left without an answer, by reason."""
    query = (
        select(discard.c.source_address, discard.c.reason, func.max(discard.c.last_at).label("at"))
        .where(discard.c.day >= since.date(), discard.c.last_at > since)
        .where(func.host(discard.c.source_address).in_(addresses))
        .group_by(discard.c.source_address, discard.c.reason)
    )
    found: dict[str, dict[str, datetime]] = {}
    for row in await rows_of(db, query):
        found.setdefault(str(row["source_address"]), {})[row["reason"]] = row["at"]
    return found


def _day(row: RowMapping, discards: Mapping[str, datetime]) -> NasDay:
    replies = row["replies"] or 0
    return NasDay(
        seen=NasSeen(
            row["code"],
            str(row["source_address"] or row["tls_name"]),
            row["identifier"] or "",
            row["coa_port"],
            access_at=row["last_access_at"],
            accounting_at=row["last_accounting_at"],
            unsigned_at=row["last_unsigned_at"],
            discards=discards,
            clock_seconds=row["clock_offset_seconds"],
        ),
        reply_seconds=row["reply_seconds"] / replies if replies else None,
        slow_share=row["slow_replies"] / replies if replies else 0.0,
        refused_in_row=row["refused_in_row"] or 0,
        refused_since=row["refused_since"],
        visit=_visit(row) if row["outcome"] else None,
    )


def _visit(row: RowMapping) -> Visit:
    return Visit(
        began_at=row["began_at"],
        is_online=row["outcome"] == "online",
        said=row["said"],
        steps={step["step"]: step["seconds"] for step in row["steps"]},
        failed_step=row["failed_step"],
        failures=row["failures"],
        last_good_at=row["last_good_at"],
        counts_until=row["counts_until"],
    )
