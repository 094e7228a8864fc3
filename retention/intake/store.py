"""The intake's side of the database: who may tell, and what was told made durable. Shell."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Final
from uuid import UUID

import asyncpg

from retention.intake.evidence import Row
from retention.intake.senders import Senders
from territory.database.components import Component
from territory.database.connect import away, open_pool

_SENDERS: Final = """
    SELECT host(source_address) AS address, tls_name AS name, site_id, site.code
    FROM territory.nas JOIN territory.site ON site.id = site_id
    UNION ALL
    SELECT host(inside_address), NULL, site_id, site.code
    FROM territory.tunnel_peer JOIN territory.site ON site.id = site_id
"""
# A guest's device that was there for ten minutes, and an hour after its gateway last told anything:
# a phone is never silent as long. What told nothing for a month is not expected to any more.
_SILENT: Final = """
    SELECT site.code, coalesce(here.last_at >= seen.last_at + interval '1 hour', false) AS is_silent
    FROM territory.site
    LEFT JOIN live.translation_seen seen
        ON seen.site_id = site.id AND seen.last_at > $1::timestamptz - interval '30 days'
    LEFT JOIN (
        SELECT site_id, max(last_seen_at) AS last_at FROM live.session
        WHERE session_seconds >= 600 GROUP BY site_id
    ) here ON here.site_id = site.id
"""
_SEEN: Final = """
    INSERT INTO live.translation_seen AS known (site_id, last_at)
    SELECT site.id, told.last_at FROM unnest($1::uuid[], $2::timestamptz[]) AS told (id, last_at)
    JOIN territory.site ON site.id = told.id
    ON CONFLICT (site_id) DO UPDATE SET last_at = greatest(known.last_at, excluded.last_at)
"""
_TAKEN: Final = """
    SELECT site_id, count(*) AS taken FROM source.translation
    WHERE received_at >= $1 AND received_at < $2 GROUP BY site_id
"""
_DATABASE_FAULTS = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)


class Store:
    """Opens the database when it is first needed, and again when it was away."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._days: set[date] = set()

    async def load_senders(self) -> Senders:
        """Return whose word is taken.

        Raises:
            Unavailable: the database is away.
        """
        pool = await self._opened()
        try:
            rows = await pool.fetch(_SENDERS)
        except _DATABASE_FAULTS as fault:
            raise away(fault) from fault
        return Senders(
            {row["address"]: row["site_id"] for row in rows if row["address"]},
            {row["name"]: row["site_id"] for row in rows if row["name"]},
            {row["site_id"]: row["code"] for row in rows},
        )

    async def load_silent(self, now: datetime) -> dict[str, bool]:
        """Return each site; True: its gateway told its translations lately and does no more.

        Raises:
            Unavailable: the database is away.
        """
        pool = await self._opened()
        try:
            rows = await pool.fetch(_SILENT, now)
        except _DATABASE_FAULTS as fault:
            raise away(fault) from fault
        return {row["code"]: row["is_silent"] for row in rows}

    async def load_taken(self, since: datetime, before: datetime) -> dict[UUID, int]:
        """Return how many translations of each site were received in [since, before).

        Raises:
            Unavailable: the database is away.
        """
        pool = await self._opened()
        try:
            rows = await pool.fetch(_TAKEN, since, before)
        except _DATABASE_FAULTS as fault:
            raise away(fault) from fault
        return {row["site_id"]: row["taken"] for row in rows}

    async def write(self, rows: Sequence[Row]) -> None:
        """Make rows durable, all or none.

        Raises:
            Unavailable: the database is away; nothing of them is kept.
        """
        pool = await self._opened()
        days = {row.received_at.date() for row in rows}
        try:
            async with pool.acquire() as connection, connection.transaction():
                for day in sorted(days - self._days):
                    await connection.execute("SELECT live.ensure_days($1, 2)", day)
                await connection.copy_records_to_table(
                    "translation", schema_name="source", columns=Row._fields, records=rows
                )
                sites, seen = _last_told(rows)
                await connection.execute(_SEEN, sites, seen)
        except _DATABASE_FAULTS as fault:
            self._days.clear()
            raise away(fault) from fault
        self._days = days

    async def close(self) -> None:
        """Give the connections back."""
        if self._pool:
            await self._pool.close()

    async def _opened(self) -> "asyncpg.Pool[asyncpg.Record]":
        if self._pool is None:
            self._pool = await open_pool(self._url, Component.RETENTION, max_size=2)
        return self._pool


def _last_told(rows: Sequence[Row]) -> tuple[list[UUID], list[datetime]]:
    """Return the sites of rows in order, and when each was last told of."""
    ordered = sorted((row.site_id, row.received_at) for row in rows)
    last = {site: max(at for _, at in told) for site, told in groupby(ordered, lambda row: row[0])}
    return list(last), list(last.values())
