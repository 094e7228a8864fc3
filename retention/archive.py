"""`archive run`: seals every day whose grace is over, in order, one runner at a time.

For one day: slices -> segments -> wrapped keys -> the signed manifest, last -> the index -> the
day's partitions dropped. Each step is durable before the next begins, and a run killed anywhere is
taken up by the next: what no manifest names is thrown away and made anew with fresh keys; what a
manifest names is indexed and its partitions are dropped, never sealed twice. An archive folder that
is absent or older than its index or its key register is refused before anything is touched.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import asyncpg
import pyarrow as pa
import structlog

from retention import durable, facts, index, manifest, segment, slices
from retention.categories import SEALED
from retention.chain import SEGMENTS, Chain, publish_key, segment_path
from retention.clock_guard import ClockGuard, check_clock
from retention.facts import Connection
from retention.key_register import Custodian, KeyRegister, check_custodians, wrap
from retention.leftovers import contradiction, unexplained
from retention.manifest import DayLink, SealedSegment, SupplementLink
from retention.signing import SigningKey
from territory.database.components import Component
from territory.database.connect import open_pool
from territory.database.locks import Lock
from territory.database.tables.columns import Category
from territory.errors import Unavailable
from territory.settings import Settings

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Places:
    """Where the parts of an archive lie."""

    archive: Path
    """Sealed segments and manifests."""
    keys: Path
    """The key register, apart from the archive and its backups."""
    signing_key: Path
    """The archive's own Ed25519 key; made at the first run."""
    law: Path
    """The territory's own additions to law.toml; need not exist."""

    @classmethod
    def of(cls, settings: Settings) -> "Places":
        """Return the places that the settings name."""
        return cls(
            archive=settings.archive_folder,
            keys=settings.key_register_folder,
            signing_key=settings.state_folder / "archive-signing.pem",
            law=settings.state_folder / "law.toml",
        )


@dataclass(frozen=True, slots=True)
class Step:
    """Something that is durable now; a run may be killed after any."""

    name: str
    """swept, object, keys, supplement, manifest, index, partition or sessions."""
    day: date | None = None
    """The day being sealed; None for what belongs to none."""
    detail: str = ""


Progress = Callable[[Step], None]


def unwatched(_: Step) -> None:
    """Take a run's steps and show them to nobody."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did."""

    days: tuple[date, ...]
    """Sealed in this run."""
    segments: int
    rows: int


@dataclass(frozen=True, slots=True)
class Runner:
    """What sealing needs, with the lock that makes it the only one."""

    connection: Connection
    chain: Chain
    register: KeyRegister
    key: SigningKey
    places: Places
    progress: Progress
    now: datetime

    async def apart(self) -> list[Custodian]:
        """Return those who can open, two at least.

        Raises:
            ConfigurationError: nobody could open what would be sealed.
        """
        custodians = await index.load_custodians(self.connection)
        check_custodians(custodians)
        return custodians


@asynccontextmanager
async def only_runner(
    url: str, places: Places, now: datetime, progress: Progress, guard: ClockGuard
) -> AsyncIterator[Runner]:
    """Open the database and the archive for writing, for one process at a time.

    Raises:
        Unavailable: another run is under way, the database is away, the time is not believed, or
            the chain is broken or behind what is known of it.
    """
    pool = await open_pool(url, Component.RETENTION, max_size=1)
    try:
        async with pool.acquire() as connection:
            if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", Lock.ARCHIVE):
                raise Unavailable("another archive run is under way")
            try:
                chain = Chain.read(places.archive)
                await check_clock(connection, chain, now, guard)
                await _check_whole(connection, chain, places)
                yield _runner(connection, chain, places, now, progress)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as fault:
                raise Unavailable(f"the archive stopped: {fault}") from fault
            finally:
                if not connection.is_closed():
                    await connection.execute("SELECT pg_advisory_unlock($1)", Lock.ARCHIVE)
    finally:
        await pool.close()


def _runner(
    connection: Connection, chain: Chain, places: Places, now: datetime, progress: Progress
) -> Runner:
    key = SigningKey.read_or_make(places.signing_key)
    publish_key(places.archive, key)
    return Runner(connection, chain, KeyRegister(places.keys), key, places, progress, now)


async def _check_whole(connection: Connection, chain: Chain, places: Places) -> None:
    """Refuse a folder that has lost manifests: what they named must not be taken for leftovers."""
    lost = contradiction(chain, await index.indexed_segments(connection))
    if not lost:
        first_held = await index.first_held_day(connection)
        lost = next(iter(unexplained(chain, _strays(chain, places), first_held)), None)
    if lost:
        raise Unavailable(
            f"{places.archive}: no manifest tells what became of {lost}: the folder is absent or"
            " older than what is known of it; put the right one back. Nothing was done"
        )


def _strays(chain: Chain, places: Places) -> set[str]:
    """Return what lies in the archive or in the key register and no manifest names."""
    objects = {path.name for path in (places.archive / SEGMENTS).glob("*/*.age")}
    named = {segment.object for _, segment in chain.segments()}
    return (objects | KeyRegister(places.keys).names()) - named


async def run(
    url: str,
    places: Places,
    now: datetime,
    progress: Progress = unwatched,
    guard: ClockGuard = ClockGuard.FULL,
) -> Outcome:
    """Seal every day whose grace is over at `now`, and finish what a killed run began.

    Raises:
        ConfigurationError: fewer than two custodians have a key.
        Unavailable: the database or a folder is away, the time is not believed, or another run is
            under way.
    """
    async with only_runner(url, places, now, progress, guard) as runner:
        _sweep(runner)
        await _finish_begun(runner)
        days = list(_due(runner.chain, await index.first_held_day(runner.connection), now.date()))
        custodians = await runner.apart() if days else []
        sealed = [await _seal_day(runner, day, custodians) for day in days]
        segments = [s for link in sealed for s in link.segments]
        return Outcome(
            tuple(link.day for link in sealed), len(segments), sum(s.rows for s in segments)
        )


async def first_unsealed_day(url: str, places: Places) -> date | None:
    """Return the oldest day in the database while none is sealed; None once the chain knows.

    Raises:
        Unavailable: the database is away, or the chain is broken.
    """
    if Chain.read(places.archive).last_day():
        return None
    pool = await open_pool(url, Component.RETENTION, max_size=1)
    try:
        async with pool.acquire() as connection:
            return await index.first_held_day(connection)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as fault:
        raise Unavailable(f"the archive was not looked at: {fault}") from fault
    finally:
        await pool.close()


def _due(chain: Chain, first_held: date | None, today: date) -> Iterator[date]:
    """Yield the days to seal, oldest first; every one, even with nothing in it."""
    day = chain.next_day() or first_held
    while day and manifest.sealable_from(day) <= today:
        yield day
        day += timedelta(days=1)


async def _seal_day(runner: Runner, day: date, custodians: list[Custodian]) -> DayLink:
    known = await facts.load_source(runner.connection, day)
    await _supplement(runner, day, custodians)
    tables = await _slices_of(runner.connection, known, day)
    segments = [
        await _seal(runner, table, day, (category, 0), custodians)
        for category, table in tables.items()
    ]
    link = runner.chain.append(
        DayLink,
        runner.key,
        runner.now,
        day=day,
        facts_received_before=manifest.facts_received_before(day, slices.midnight(day)),
        audit_head=await index.audit_head(runner.connection),
        segments=tuple(segments),
    )
    runner.progress(Step("manifest", day))
    await _finish_day(runner, day, await asyncio.to_thread(slices.derive_open, known, day))
    log.info("day_sealed", day=str(day), rows={s.category: s.rows for s in segments})
    return link


async def _slices_of(
    connection: Connection, known: pa.Table, day: date
) -> dict[Category, pa.Table]:
    addresses = await facts.load_site_addresses(connection, day)
    source = await asyncio.to_thread(slices.derive_source, known, addresses, day)
    traffic = slices.derive_traffic(await facts.load_traffic(connection, day))
    security = await facts.load_security(connection, day)
    return dict(zip(SEALED, (source, traffic, security), strict=True))


async def _supplement(runner: Runner, day: date, custodians: list[Custodian]) -> None:
    """Before `day`, seal what the last day of its grace told about days closed before it.

    Now, because the sessions carried into `day` are those known before that last day: a session
    first heard of on it tells of days that are closed.
    """
    received_on = _last_of_grace(day)
    first = next((link.day for link in runner.chain.days()), None)
    late = await facts.load_late(runner.connection, received_on)
    if first is None or not late.num_rows:
        return
    done = {link.day for link in runner.chain.supplements(received_on)}
    about = max(first, slices.earliest_day(late))
    while manifest.is_late(about, received_on):
        if about not in done:
            await _supplement_day(runner, late, about, received_on, custodians)
        about += timedelta(days=1)


def _last_of_grace(day: date) -> date:
    return manifest.sealable_from(day) - timedelta(days=1)


async def _supplement_day(
    runner: Runner, late: pa.Table, day: date, received_on: date, custodians: list[Custodian]
) -> None:
    addresses = await facts.load_site_addresses(runner.connection, day)
    table = await asyncio.to_thread(slices.derive_source, late, addresses, day)
    if not table.num_rows:
        return
    part = runner.chain.next_part(day, Category.SOURCE)
    sealed = await _seal(runner, table, day, (Category.SOURCE, part), custodians)
    runner.chain.append(
        SupplementLink,
        runner.key,
        runner.now,
        day=day,
        received_on=received_on,
        segments=(sealed,),
    )
    runner.progress(Step("supplement", day))


async def _seal(
    runner: Runner,
    table: pa.Table,
    day: date,
    category_and_part: tuple[Category, int],
    custodians: list[Custodian],
) -> SealedSegment:
    category, part = category_and_part
    fresh = await asyncio.to_thread(segment.seal, table, day, category.value, part)
    name = fresh.record.object
    durable.write(segment_path(runner.places.archive, name), fresh.sealed)
    runner.progress(Step("object", day, name))
    runner.register.add(name, wrap(fresh.identity, custodians))
    runner.progress(Step("keys", day, name))
    return fresh.record


# --- After the manifest ---------------------------------------------------------------------------


async def _finish_begun(runner: Runner) -> None:
    """Do what a killed run left undone after its last manifest."""
    indexed = await index.indexed_days(runner.connection)
    for link in runner.chain.days():
        if link.day not in indexed:
            known = await facts.load_source(runner.connection, link.day)
            await _finish_day(runner, link.day, slices.derive_open(known, link.day))
    last = runner.chain.last_day()
    if last:
        await _drop(runner, last)


async def _finish_day(runner: Runner, day: date, still_open: pa.Table) -> None:
    """Index a sealed day and drop it from the database.

    Each transaction holds at most one lock that RADIUS could wait for; the first makes the day
    indexed and its source data gone at once, the others may be repeated.
    """
    sealed = list(_sealed_with(runner.chain, day))
    await index.record_day(runner.connection, day, sealed, runner.now, still_open)
    runner.progress(Step("index", day))
    await _drop(runner, day)


def _sealed_with(chain: Chain, day: date) -> Iterator[tuple[date, SealedSegment]]:
    """Yield the segments of a day and of the supplements made before it, with their days."""
    sealed_before = [link for link in chain.links if isinstance(link, SupplementLink)]
    own = [link for link in chain.days() if link.day == day]
    late = [link for link in sealed_before if link.received_on == _last_of_grace(day)]
    links: list[DayLink | SupplementLink] = [*own, *late]
    for link in links:
        yield from ((link.day, sealed) for sealed in link.segments)


async def _drop(runner: Runner, last_sealed: date) -> None:
    for category, day in await index.held_until(runner.connection, last_sealed):
        await index.drop_day(runner.connection, category, day)
        runner.progress(Step("partition", day, category))
    await index.delete_sessions(runner.connection, slices.midnight(last_sealed), runner.now)
    runner.progress(Step("sessions", last_sealed))


def _sweep(runner: Runner) -> None:
    """Throw away what a killed run left; `_check_whole` has found that it is nothing else."""
    for name in _strays(runner.chain, runner.places):
        durable.remove(segment_path(runner.places.archive, name))
        runner.register.destroy(name)
    for folder in (runner.places.archive, runner.places.keys):
        for inner in (folder, *folder.glob("*/"), *folder.glob("*/*/")):
            durable.sweep(inner)
    runner.progress(Step("swept"))
