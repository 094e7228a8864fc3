"""What technicians see of the packets: each NAS's last sign of life, and who is not answered.

Counted in memory, flushed every few seconds in a few statements, kept while the database is away.
Discards are counted by source and reason. The sources of a flood are many and spoofed: of those
that are no NAS, the first thousand of a day are listed, however many processes hear them, and all
others count as one unspecified address. A NAS is always listed: there are only so many, and a
technician looks for theirs on the day of a flood too.

That a NAS signs is made durable here as well: the first to write it tells every other process.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import astuple, dataclass, replace
from datetime import date, datetime
from ipaddress import ip_address
from typing import Final
from uuid import UUID

import asyncpg

from radius.nas_directory import CHANNEL
from radius.nas_seen import Clocks, Seen
from radius.outages import AWAY, Outage
from radius.stranger import claimed_name, packet_kind
from territory.clock import Clock
from territory.vocabulary import StrangerReason

_FLUSH_SECONDS: Final = 3.0
_UNKNOWN_SOURCES_A_DAY: Final = 1_000
_MAPPED: Final = "::ffff:"
_ANYWHERE: Final = "0.0.0.0"  # noqa: S104 - stands for all that were too many to list

_STRANGERS: Final = frozenset(StrangerReason)
"""The reasons to discard what comes from an address that is no NAS's."""

_SEEN: Final = """
insert into live.nas_seen as known
    (nas_id, last_access_at, last_accounting_at, unsigned_packets, accepts, rejects,
     signed_since, last_unsigned_at, old_secret_at, next_secret_at, last_accept_at,
     refused_in_row, refused_since, replies, reply_seconds, slow_replies, clock_offset_seconds)
select seen.* from unnest(
    $1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::bigint[], $5::bigint[], $6::bigint[],
    $7::timestamptz[], $8::timestamptz[], $9::timestamptz[], $10::timestamptz[],
    $11::timestamptz[], $12::bigint[], $13::timestamptz[], $14::bigint[],
    $15::double precision[], $16::bigint[], $17::double precision[])
    as seen(nas_id, last_access_at, last_accounting_at, unsigned_packets, accepts, rejects,
        signed_since, last_unsigned_at, old_secret_at, next_secret_at, last_accept_at,
        refused_in_row, refused_since, replies, reply_seconds, slow_replies, clock_offset_seconds)
where exists (select from territory.nas where id = seen.nas_id)
order by nas_id
on conflict (nas_id) do update set
    last_access_at = greatest(known.last_access_at, excluded.last_access_at),
    last_accounting_at = greatest(known.last_accounting_at, excluded.last_accounting_at),
    unsigned_packets = known.unsigned_packets + excluded.unsigned_packets,
    accepts = known.accepts + excluded.accepts,
    rejects = known.rejects + excluded.rejects,
    signed_since = coalesce(known.signed_since, case
        when known.unlearned_at is null or excluded.signed_since > known.unlearned_at
        then excluded.signed_since end),
    last_unsigned_at = greatest(known.last_unsigned_at, excluded.last_unsigned_at),
    old_secret_at = greatest(known.old_secret_at, excluded.old_secret_at),
    next_secret_at = greatest(known.next_secret_at, excluded.next_secret_at),
    last_accept_at = greatest(known.last_accept_at, excluded.last_accept_at),
    refused_in_row = excluded.refused_in_row
        + case when excluded.last_accept_at is null then known.refused_in_row else 0 end,
    refused_since = coalesce(
        case when excluded.last_accept_at is null then known.refused_since end,
        excluded.refused_since),
    replies = known.replies + excluded.replies,
    reply_seconds = known.reply_seconds + excluded.reply_seconds,
    slow_replies = known.slow_replies + excluded.slow_replies,
    clock_offset_seconds = coalesce(excluded.clock_offset_seconds, known.clock_offset_seconds)
"""
_NOTIFY: Final = "select pg_notify($1, '')"
_LOCK: Final = "select pg_advisory_xact_lock(hashtextextended('socle unknown nas', 0))"
_LISTED: Final = """
select day, source_address from live.discard
where reason = any($1::text[]) and day = any($2::date[])
"""
_DISCARDED: Final = """
insert into live.discard as known
    (day, source_address, reason, packets, first_at, last_at, packet_kind, claimed_name)
select day, source_address::inet, reason, packets, first_at, last_at, packet_kind, claimed_name
from unnest(
    $1::date[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[], $6::timestamptz[],
    $7::text[], $8::text[])
    as discard(day, source_address, reason, packets, first_at, last_at, packet_kind, claimed_name)
order by day, source_address::inet, reason
on conflict (day, source_address, reason) do update set
    packets = known.packets + excluded.packets,
    first_at = least(known.first_at, excluded.first_at),
    last_at = greatest(known.last_at, excluded.last_at),
    packet_kind = coalesce(excluded.packet_kind, known.packet_kind),
    claimed_name = coalesce(excluded.claimed_name, known.claimed_name)
"""

Key = tuple[date, str, str]
"""UTC day, source address, reason."""


@dataclass(slots=True)
class Discarded:
    """Packets of one source discarded for one reason since the last flush."""

    packets: int
    first_at: datetime
    last_at: datetime
    packet_kind: str | None = None
    """Of an unknown sender: what the first of them was."""
    claimed_name: str | None = None
    """Of an unknown sender: who it says it is."""

    def add(self, earlier: "Discarded") -> None:
        """Add others of the same source and reason."""
        self.packets += earlier.packets
        self.first_at = min(self.first_at, earlier.first_at)
        self.last_at = max(self.last_at, earlier.last_at)


def within_bound(
    discarded: dict[Key, Discarded], listed: set[tuple[date, str]], most: int
) -> dict[Key, Discarded]:
    """Return the counts with no more than `most` unknown sources a day among them.

    Args:
        discarded: what is to be written.
        listed: day and address of the unknown sources that are listed already.
        most: how many a day may be; all others count as one unspecified address.
    """
    places = {place for place in listed if place[1] != _ANYWHERE}
    taken = Counter(day for day, _ in places)
    kept: dict[Key, Discarded] = {}
    for (day, address, reason), counts in discarded.items():
        key, mine = (day, address, reason), replace(counts)
        place = day, str(ip_address(address))
        if reason in _STRANGERS and address != _ANYWHERE and place not in places:
            if taken[day] < most:
                taken[day] += 1
                places.add(place)
            else:
                key = day, _ANYWHERE, reason
                mine.packet_kind = mine.claimed_name = None
        if (known := kept.setdefault(key, mine)) is not mine:
            known.add(mine)
    return kept


def _no_rotation(_: UUID) -> bool | None:
    return None


class Sightings:
    """Counts by NAS and by source, on their way into the database."""

    def __init__(
        self,
        pool: "asyncpg.Pool[asyncpg.Record]",
        clock: Clock,
        uses_next_secret: Callable[[UUID], bool | None] = _no_rotation,
    ) -> None:
        """Take the database, the clock, and who knows which secret of a rotation is in use.

        Args:
            pool: of connections as socle_radius.
            clock: dates what is seen.
            uses_next_secret: of a NAS; None where there is no rotation.
        """
        self._pool = pool
        self._uses_next_secret = uses_next_secret
        self._clock = clock
        self._outage = Outage("sightings")
        self.clocks = Clocks()
        """How far each NAS's is ahead."""
        self._seen: dict[UUID, Seen] = {}
        self._discarded: dict[Key, Discarded] = {}
        self._day: date | None = None
        self._unknown_today: set[str] = set()

    def of(self, nas_id: UUID) -> Seen:
        """Return the counts of a NAS, to add to."""
        seen = self._seen.get(nas_id)
        if seen is None:
            seen = self._seen[nas_id] = Seen()
        return seen

    def discard(self, address: str, reason: str, datagram: bytes = b"") -> None:
        """Count one discarded packet; `datagram` is looked at where its sender is unknown."""
        now = self._clock.now()
        address = address.removeprefix(_MAPPED)
        if reason in _STRANGERS:
            address = self._listed(address, now.date())
        key = (now.date(), address, reason)
        known = self._discarded.get(key)
        if known is not None:
            known.packets += 1
            known.last_at = now
        elif reason in _STRANGERS and address != _ANYWHERE:
            said = packet_kind(datagram), claimed_name(datagram)
            self._discarded[key] = Discarded(1, now, now, *said)
        else:
            self._discarded[key] = Discarded(1, now, now)

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
        for nas_id, each in seen.items():
            each.clock_offset_seconds = self.clocks.of(nas_id)
            if (is_next := self._uses_next_secret(nas_id)) is not None:
                each.used_secret(is_next)
        discarded, self._discarded = self._discarded, {}
        try:
            async with asyncio.timeout(_FLUSH_SECONDS):
                await self._write(seen, discarded)
        except AWAY as fault:
            self._outage.lasts(fault)
            self._put_back(seen, discarded)
        else:
            self._outage.is_over()

    async def _write(self, seen: dict[UUID, Seen], discarded: dict[Key, Discarded]) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            if seen:
                counts = zip(*(astuple(each) for each in seen.values()), strict=True)
                await connection.execute(_SEEN, list(seen), *counts)
            if any(each.signed_since for each in seen.values()):
                await connection.execute(_NOTIFY, CHANNEL)
            if discarded:
                kept = within_bound(
                    discarded, await _listed(connection, discarded), _UNKNOWN_SOURCES_A_DAY
                )
                keys = zip(*kept, strict=True)
                counts = zip(*(astuple(each) for each in kept.values()), strict=True)
                await connection.execute(_DISCARDED, *keys, *counts)

    def _put_back(self, seen: dict[UUID, Seen], discarded: dict[Key, Discarded]) -> None:
        for nas_id, earlier in seen.items():
            self.of(nas_id).add(earlier)
        for key, before in discarded.items():
            later = self._discarded.setdefault(key, before)
            if later is not before:
                later.add(before)


async def _listed(
    connection: "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]", discarded: dict[Key, Discarded]
) -> set[tuple[date, str]]:
    """Return the unknown sources that are listed on these days, by whichever process.

    Holds the others back until the transaction ends, so that two never add the thousandth.
    """
    days = {day for day, _, reason in discarded if reason in _STRANGERS}
    if not days:
        return set()
    await connection.execute(_LOCK)
    rows = await connection.fetch(_LISTED, list(_STRANGERS), list(days))
    return {(row["day"], str(ip_address(row["source_address"]))) for row in rows}
