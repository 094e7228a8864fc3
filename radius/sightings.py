"""What technicians see of the packets: each NAS's last sign of life, and who is not answered.

Counted in memory, flushed every few seconds in two statements, kept while the database is away.
Discards are counted by source and reason. The sources of a flood are many and spoofed: of those
that are no NAS, the first thousand of a day are listed by this process, and all others count as
one unspecified address. A NAS is always listed: there are only so many, and a technician looks for
theirs on the day of a flood too.
"""

import asyncio
from dataclasses import astuple, dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

import asyncpg

from radius.outages import Outage
from territory.clock import Clock

_FLUSH_SECONDS: Final = 3.0
_UNKNOWN_SOURCES_A_DAY: Final = 1_000
_ANYWHERE: Final = "0.0.0.0"  # noqa: S104 - stands for all that were too many to list

UNKNOWN_NAS: Final = "unknown-nas"
"""The reason to discard what comes from an address that is no NAS's."""

_SEEN: Final = """
insert into live.nas_seen as known
    (nas_id, last_access_at, last_accounting_at, unsigned_packets, accepts, rejects)
select seen.* from unnest(
    $1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::bigint[], $5::bigint[], $6::bigint[])
    as seen(nas_id, last_access_at, last_accounting_at, unsigned_packets, accepts, rejects)
where exists (select from territory.nas where id = seen.nas_id)
order by nas_id
on conflict (nas_id) do update set
    last_access_at = greatest(known.last_access_at, excluded.last_access_at),
    last_accounting_at = greatest(known.last_accounting_at, excluded.last_accounting_at),
    unsigned_packets = known.unsigned_packets + excluded.unsigned_packets,
    accepts = known.accepts + excluded.accepts,
    rejects = known.rejects + excluded.rejects
"""
_DISCARDED: Final = """
insert into live.discard as known (day, source_address, reason, packets, first_at, last_at)
select day, source_address::inet, reason, packets, first_at, last_at from unnest(
    $1::date[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[], $6::timestamptz[])
    as discard(day, source_address, reason, packets, first_at, last_at)
order by day, source_address::inet, reason
on conflict (day, source_address, reason) do update set
    packets = known.packets + excluded.packets,
    first_at = least(known.first_at, excluded.first_at),
    last_at = greatest(known.last_at, excluded.last_at)
"""


@dataclass(slots=True)
class Seen:
    """What one NAS sent since the last flush."""

    last_access_at: datetime | None = None
    last_accounting_at: datetime | None = None
    unsigned_packets: int = 0
    accepts: int = 0
    rejects: int = 0


@dataclass(slots=True)
class Discarded:
    """Packets of one source discarded for one reason since the last flush."""

    packets: int
    first_at: datetime
    last_at: datetime


class Sightings:
    """Counts by NAS and by source, on their way into the database."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._outage = Outage("sightings")
        self._seen: dict[UUID, Seen] = {}
        self._discarded: dict[tuple[date, str, str], Discarded] = {}
        self._day: date | None = None
        self._unknown_today: set[str] = set()

    def of(self, nas_id: UUID) -> Seen:
        """Return the counts of a NAS, to add to."""
        seen = self._seen.get(nas_id)
        if seen is None:
            seen = self._seen[nas_id] = Seen()
        return seen

    def discard(self, address: str, reason: str) -> None:
        """Count one discarded packet."""
        now = self._clock.now()
        if reason == UNKNOWN_NAS:
            address = self._listed(address, now.date())
        key = (now.date(), address, reason)
        known = self._discarded.get(key)
        if known is None:
            self._discarded[key] = Discarded(1, now, now)
        else:
            known.packets += 1
            known.last_at = now

    def _listed(self, address: str, day: date) -> str:
        """Return the address an unknown source counts under: its own, or one for all the rest."""
        if day != self._day:
            self._day, self._unknown_today = day, set()
        if address not in self._unknown_today:
            if len(self._unknown_today) >= _UNKNOWN_SOURCES_A_DAY:
                return _ANYWHERE
            self._unknown_today.add(address)
        return address

    async def run(self) -> None:
        """Flush until cancelled, and once more then."""
        try:
            while True:
                await asyncio.sleep(_FLUSH_SECONDS)
                await self.flush()
        finally:
            await self.flush()

    async def flush(self) -> None:
        """Write what was counted; keep it if the database is away."""
        if not self._seen and not self._discarded:
            return
        seen, self._seen = self._seen, {}
        discarded, self._discarded = self._discarded, {}
        try:
            async with asyncio.timeout(_FLUSH_SECONDS):
                await self._write(seen, discarded)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as fault:
            self._outage.lasts(fault)
            self._put_back(seen, discarded)
        else:
            self._outage.is_over()

    async def _write(
        self,
        seen: dict[UUID, Seen],
        discarded: dict[tuple[date, str, str], Discarded],
    ) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            if seen:
                counts = zip(*(astuple(each) for each in seen.values()), strict=True)
                await connection.execute(_SEEN, list(seen), *counts)
            if discarded:
                keys = zip(*discarded, strict=True)
                counts = zip(*(astuple(each) for each in discarded.values()), strict=True)
                await connection.execute(_DISCARDED, *keys, *counts)

    def _put_back(
        self,
        seen: dict[UUID, Seen],
        discarded: dict[tuple[date, str, str], Discarded],
    ) -> None:
        for nas_id, older in seen.items():
            newer = self.of(nas_id)
            newer.last_access_at = newer.last_access_at or older.last_access_at
            newer.last_accounting_at = newer.last_accounting_at or older.last_accounting_at
            newer.unsigned_packets += older.unsigned_packets
            newer.accepts += older.accepts
            newer.rejects += older.rejects
        for key, earlier in discarded.items():
            later = self._discarded.setdefault(key, earlier)
            if later is not earlier:
                later.packets += earlier.packets
                later.first_at = earlier.first_at
