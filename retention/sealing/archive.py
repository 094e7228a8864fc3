"""`archive run`: seals every day whose grace is over, in order, one runner at a time.

For one day: slices -> segments -> wrapped keys -> the signed manifest -> the objects sent to where
they stay -> the day's partitions dropped -> the index. Each step is durable before the next begins,
and a run killed anywhere is taken up by the next: what no manifest names is thrown away and made
anew with fresh keys; what a manifest names is sent, indexed and its partitions are dropped, never
sealed twice. A storage that is away thus stops the archive at a day that is still in the database.
An archive folder that is absent or older than its index, its key register or its copy is refused
before anything is touched.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pyarrow as pa
import structlog

from retention import durable
from retention.keys.key_register import Custodian, KeyRegister, check_custodians, wrap
from retention.manifests import manifest
from retention.manifests.chain import Chain, L, publish_key
from retention.manifests.manifest import DayLink, SealedSegment, SupplementLink
from retention.manifests.signing import SigningKey
from retention.manifests.time_stamps import Authority, authority_of, date_days
from retention.sealing import (
    clock_evidence,
    facts,
    fresh,
    index,
    late_ports,
    ports,
    segment,
    slices,
    vault,
)
from retention.sealing.clock_guard import ClockGuard, check_clock
from retention.sealing.columns import SOURCE_SLICES
from retention.sealing.facts import Connection
from retention.sealing.leftovers import contradiction, unexplained
from retention.sealing.segment import FreshSegment
from retention.storage.choose import open_storage
from retention.storage.folder import Folder
from retention.storage.port import Storage
from territory.database.components import Component
from territory.database.connect import open_pool
from territory.database.locks import Lock
from territory.database.tables.columns import Category
from territory.errors import Unavailable
from territory.keyring import Keyring
from territory.law.durations import Law, Period, load_law
from territory.law.grounds import Grounds, load_grounds
from territory.settings import Settings

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Places:
    """Where the parts of an archive lie."""

    archive: Path
    """Manifests, and sealed segments where no other storage is named."""
    keys: Path
    """The key register, apart from the archive and its backups."""
    signing_key: Path
    """The archive's own Ed25519 key; made at the first run."""
    law: Path
    """The territory's own additions to law.toml; need not exist."""
    counts_years: int = 5
    """How long daily counts are kept, which are about nobody; whole months."""
    audit_months: int = 12
    """How long the audit log is kept."""
    keeps_for_holds: bool = True
    """Whether a day that is over is kept whole while a hold on it waits (`holds.py`)."""
    elsewhere: Storage | None = None
    """Where sealed segments lie; None: in `archive`."""
    authority: Authority | None = None
    """Who says when each day's manifest existed; None: nobody."""
    backups: Path | None = None
    """Where backups are kept; None: whoever makes them looks to their ends alone."""
    keyring: Keyring | None = None
    """Opens what the base seals at rest; None: nobody's identity leaves the database."""

    @property
    def storage(self) -> Storage:
        """Where sealed segments lie."""
        return self.elsewhere or Folder(self.archive)

    @property
    def grounds(self) -> Path:
        """The territory's own legal grounds, beside its law.toml; need not exist."""
        return self.law.with_name("grounds.toml")

    def read_grounds(self) -> Grounds:
        """Return the legal grounds, corrected by the territory's own."""
        return load_grounds(self.grounds)

    def read_law(self, recorded: Iterable[Period] = ()) -> Law:
        """Return the law in force: as delivered, the territory's own, what was `recorded`.

        Raises:
            ConfigurationError: the territory's file cannot be read.
        """
        return load_law(self.law).keeping(Category.AUDIT, self.audit_months).with_periods(recorded)

    @classmethod
    def of(cls, settings: Settings) -> "Places":
        """Return the places that the settings name."""
        return cls(
            archive=settings.archive_folder,
            keys=settings.key_register_folder,
            signing_key=settings.state_folder / "archive-signing.pem",
            law=settings.state_folder / "law.toml",
            counts_years=settings.indicators.kept_years,
            keeps_for_holds=settings.retention.unexecuted_hold == "keep_whole",
            audit_months=settings.retention.audit_months,
            elsewhere=open_storage(settings.archive, settings.archive_folder),
            authority=authority_of(settings.archive),
            backups=settings.retention.backup_folder,
        )


@dataclass(frozen=True, slots=True)
class Step:
    """Something that is durable now; a run may be killed after any."""

    name: str
    """copied, settled, dated, swept, object, keys, supplement, manifest, index, partition, sessions
    or accounts."""
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

    async def append(self, kind: type[L], **content: Any) -> L:
        """Sign a link that says `content` and add it, if this is still the only runner.

        Raises:
            asyncpg.PostgresError, asyncpg.InterfaceError: the connection is gone, and the lock with
                it; nothing was added.
        """
        await self.connection.execute("SELECT 1")
        return self.chain.append(kind, self.key, self.now, **content)

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

    The lock is the connection's own and ends with it.

    Raises:
        Unavailable: another run is under way, the database is away, the time is not believed, or
            the chain is broken, not all signed by this archive, or behind what is known of it.
    """
    pool = await open_pool(url, Component.RETENTION, max_size=1)
    try:
        async with pool.acquire() as connection:
            if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", Lock.ARCHIVE):
                raise Unavailable("another archive run is under way")
            try:
                key = SigningKey.read_or_make(places.signing_key)
                chain = Chain.read(places.archive, key.public)
                await check_clock(connection, chain, now, guard)
                await _check_whole(connection, chain, places)
                publish_key(places.archive, key)
                register = KeyRegister(places.keys)
                yield Runner(connection, chain, register, key, places, progress, now)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as fault:
                raise Unavailable(f"the archive stopped: {fault}") from fault
    finally:
        await pool.close()


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
    return (places.storage.fresh() | KeyRegister(places.keys).names()) - chain.objects()


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
        await settle(runner)
        sweep(runner)
        await finish_begun(runner)
        days = list(_due(runner.chain, await index.first_held_day(runner.connection), now.date()))
        custodians = await runner.apart() if days else []
        sealed = [await _seal_day(runner, day, custodians) for day in days]
        await _forget_told(runner)
        await _date(runner)
        segments = [s for link in sealed for s in link.segments]
        return Outcome(
            tuple(link.day for link in sealed), len(segments), sum(s.rows for s in segments)
        )


def _due(chain: Chain, first_held: date | None, today: date) -> Iterator[date]:
    """Yield the days to seal, oldest first; every one, even with nothing in it."""
    day = chain.next_day() or first_held
    while day and manifest.sealable_from(day) <= today:
        yield day
        day += timedelta(days=1)


async def _seal_day(runner: Runner, day: date, custodians: list[Custodian]) -> DayLink:
    if came_after := await index.held_until(runner.connection, day - timedelta(days=1)):
        log.warning("clock_was_behind", days=sorted({str(held) for _, held in came_after}))
    known = await facts.load_source(runner.connection, day)
    await _supplement(runner, day, custodians)
    made = await fresh.make_day(runner.connection, known, day)
    segments = [_keep(runner, sealed, day, custodians) for sealed in made.segments]
    if runner.places.keyring:
        ended = await vault.load_ended(runner.connection, day, runner.places.keyring)
        segments += [await _seal(runner, rows, day, (of, 0), custodians) for of, rows in ended]
    link = await runner.append(
        DayLink,
        day=day,
        facts_received_before=manifest.facts_received_before(day, slices.midnight(day)),
        audit_head=await index.audit_head(runner.connection),
        clock=await clock_evidence.load_evidence(runner.connection, day),
        segments=tuple(segments),
    )
    runner.progress(Step("manifest", day))
    await settle(runner)
    await _finish_day(runner, day, made.still_open)
    log.info("day_sealed", day=str(day), rows={s.category: s.rows for s in segments})
    return link


async def _source_slices(connection: Connection, known: pa.Table, day: date) -> pa.Table:
    addresses = await facts.load_site_addresses(connection, day)
    told = await facts.load_ports(connection, day)
    return await asyncio.to_thread(slices.derive_source, known, addresses, day, told)


async def _supplement(runner: Runner, day: date, custodians: list[Custodian]) -> None:
    """Before `day`, seal what the last day of its grace told about days closed before it.

    Now, because the sessions carried into `day` are those known before that last day: a session
    first heard of on it tells of days that are closed.
    """
    received_on = _last_of_grace(day)
    first = next((link.day for link in runner.chain.days()), None)
    late = _Late(
        await facts.load_late(runner.connection, received_on),
        ports.joined(await facts.load_late_translations(runner.connection, received_on)),
    )
    begins = late.earliest_day()
    if first is None or begins is None:
        return
    done = {link.day for link in runner.chain.supplements(received_on)}
    about = max(first, begins)
    while manifest.is_late(about, received_on):
        if about not in done:
            await _supplement_day(runner, late, about, received_on, custodians)
        about += timedelta(days=1)


def _last_of_grace(day: date) -> date:
    return manifest.sealable_from(day) - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Late:
    """What one day told about days closed before it."""

    sessions: pa.Table
    """SOURCE_FACTS."""
    translations: pa.Table
    """As `ports.joined` returns them."""

    def earliest_day(self) -> date | None:
        """Return the first day that it touches; None where it tells nothing."""
        told = ((self.sessions, slices.earliest_day), (self.translations, late_ports.earliest_day))
        return min((first_of(table) for table, first_of in told if table.num_rows), default=None)


async def _supplement_day(
    runner: Runner, late: _Late, day: date, received_on: date, custodians: list[Custodian]
) -> None:
    known = SOURCE_SLICES.empty_table()
    if late.sessions.num_rows:
        known = await _source_slices(runner.connection, late.sessions, day)
    table = late_ports.with_late(known, late.translations, day)
    if not table.num_rows:
        return
    part = runner.chain.next_part(day, Category.SOURCE)
    sealed = await _seal(runner, table, day, (Category.SOURCE, part), custodians)
    await runner.append(SupplementLink, day=day, received_on=received_on, segments=(sealed,))
    runner.progress(Step("supplement", day))


async def _seal(
    runner: Runner,
    table: pa.Table,
    day: date,
    category_and_part: tuple[Category, int],
    custodians: list[Custodian],
) -> SealedSegment:
    category, part = category_and_part
    sealed = await asyncio.to_thread(segment.seal, table, day, category.value, part)
    return _keep(runner, sealed, day, custodians)


def _keep(
    runner: Runner, sealed: FreshSegment, day: date, custodians: list[Custodian]
) -> SealedSegment:
    """Write a segment and its wrapped keys, each durable before the next."""
    name = sealed.record.object
    runner.places.storage.put(name, sealed.sealed)
    runner.progress(Step("object", day, name))
    runner.register.add(name, wrap(sealed.identity, custodians))
    runner.progress(Step("keys", day, name))
    return sealed.record


# --- After the manifest ---------------------------------------------------------------------------


async def _date(runner: Runner) -> None:
    """Have the manifests without a time-stamp dated; what is not today is at the next run."""
    if runner.places.authority:
        await date_days(runner.chain, runner.places.authority)
        runner.progress(Step("dated"))
        await asyncio.to_thread(runner.places.storage.copy_chain, runner.places.archive)


async def settle(runner: Runner) -> None:
    """Copy the chain beside the objects, then send those that it names to where they stay."""
    storage = runner.places.storage
    await asyncio.to_thread(storage.copy_chain, runner.places.archive)
    runner.progress(Step("copied"))
    waiting = storage.waiting()
    named = waiting & (runner.chain.objects() - runner.chain.ended().keys()) if waiting else ()
    ends = runner.chain.hold_ends()
    apart = {s.object: ends[link.hold] for link, s in runner.chain.held_apart()}
    for name in sorted(named):
        await asyncio.to_thread(storage.settle, name, runner.now.date(), apart.get(name))
        runner.progress(Step("settled", detail=name))


async def finish_begun(runner: Runner) -> None:
    """Do what a killed run left undone after its last manifest."""
    indexed = await index.indexed_days(runner.connection)
    for link in runner.chain.days():
        if link.day not in indexed:
            _check_kept(runner, link.day)
            known = await facts.load_source(runner.connection, link.day)
            await _finish_day(runner, link.day, slices.derive_open(known, link.day))
    for hold in runner.chain.holds():
        if await index.waits(runner.connection, hold.hold):
            await index.record_hold(runner.connection, hold, runner.now)
    last = runner.chain.last_day()
    # Their partitions are gone: else sessions of a clock that was behind wait to be sealed.
    if last and not await index.held_until(runner.connection, last):
        await _delete_sessions(runner, last)


def _check_kept(runner: Runner, day: date) -> None:
    """Refuse to drop a day that the chain names and that is not there: a disk of before, or keys.

    Raises:
        Unavailable: which object, or its key, is lacking; the day stays in the database.
    """
    named = {sealed.object for _, sealed in _sealed_with(runner.chain, day)}
    there = runner.places.storage.listing().keys() & runner.register.names()
    if lacking := sorted(named - runner.chain.ended().keys() - there):
        raise Unavailable(
            f"{lacking[0]}: a manifest names it, and it or its keys are not there: put them back."
            f" {day} stays in the database"
        )


async def _finish_day(runner: Runner, day: date, still_open: pa.Table) -> None:
    """Index a sealed day and drop it from the database.

    Each transaction holds at most one lock that RADIUS could wait for; the last partition to go is
    the source data's, at once with the index. So what stands under an indexed day came after it was
    sealed, by a clock that was behind: it is left for the next day's segments.
    """
    for category, held in await index.held_until(runner.connection, day):
        if category != Category.SOURCE:
            await index.drop_day(runner.connection, category, held)
            runner.progress(Step("partition", held, category))
    sealed = list(_sealed_with(runner.chain, day))
    await index.record_day(runner.connection, day, sealed, runner.now, still_open)
    runner.progress(Step("index", day))
    await _delete_sessions(runner, day)


def _sealed_with(chain: Chain, day: date) -> Iterator[tuple[date, SealedSegment]]:
    """Yield the segments of a day and of the supplements made before it, with their days."""
    sealed_before = [link for link in chain.links if isinstance(link, SupplementLink)]
    own = [link for link in chain.days() if link.day == day]
    late = [link for link in sealed_before if link.received_on == _last_of_grace(day)]
    links: list[DayLink | SupplementLink] = [*own, *late]
    for link in links:
        yield from ((link.day, sealed) for sealed in link.segments)


async def _delete_sessions(runner: Runner, last_sealed: date) -> None:
    await index.delete_sessions(runner.connection, slices.midnight(last_sealed), runner.now)
    runner.progress(Step("sessions", last_sealed))


async def _forget_told(runner: Runner) -> None:
    """Take who ended, and what the clock was worth, out of the database: manifests have told it."""
    await vault.remove_ended(runner.connection, runner.now)
    runner.progress(Step("accounts"))
    if last := runner.chain.last_day():
        await clock_evidence.forget(runner.connection, last)


def sweep(runner: Runner) -> None:
    """Throw away what a killed run left; `_check_whole` has found that it is nothing else."""
    for name in _strays(runner.chain, runner.places):
        runner.places.storage.delete(name)
        runner.register.destroy(name)
    for folder in (runner.places.archive, runner.places.keys):
        for inner in (folder, *folder.glob("*/"), *folder.glob("*/*/")):
            durable.sweep(inner)
    runner.progress(Step("swept"))
