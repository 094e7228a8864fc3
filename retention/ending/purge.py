"""`archive purge`: what must be gone on its day is gone, and the chain says so.

First the decision is signed into the chain, then all the segments' wrapped keys are destroyed
(which is what makes them unreadable for ever) and the database forgets what is over, whether or not
their storage answers. Backups that have ended go. Last, the objects are deleted, and the
destruction is signed, which names those that a lock still keeps; later runs delete these, and sign
so. A purge killed anywhere is finished by the next run, and `archive verify` is green throughout.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import structlog

from retention.ending import forgetting
from retention.ending.backup import prune
from retention.ending.forgetting import Horizon
from retention.holds.waiting import Fate, Waiting, load_ends, load_waiting
from retention.manifests.chain import Chain
from retention.manifests.manifest import (
    DestructionLink,
    EndedSegment,
    HoldLink,
    LeftObject,
    PurgeLink,
    SealedSegment,
)
from retention.sealing import index
from retention.sealing.archive import Places, Progress, Runner, Step, only_runner, unwatched
from retention.sealing.clock_guard import ClockGuard
from retention.sealing.facts import Connection
from territory.database.components import Component
from territory.database.connect import open_pool
from territory.database.tables.columns import Category
from territory.law.durations import End, Law, end_of

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Plan:
    """What a purge would do on a day, and what it keeps though it could not say until when."""

    ended: tuple[EndedSegment, ...]
    """To be destroyed."""
    undecided: tuple[Fate, ...]
    """Kept because no decision on an injunction is recorded: an alert."""
    waited_for: tuple[Fate, ...] = ()
    """Over, and kept whole because a hold on them waits for its custodians: an alert."""

    @property
    def lost_from(self) -> date | None:
        """The first day on which something would be lost if no injunction covered it."""
        return min((end.lost_from for *_, end in self.undecided if end.lost_from), default=None)


def plan(law: Law, chain: Chain, today: date, waiting: Sequence[Waiting] = ()) -> Plan:
    """Return what must be destroyed on `today` (UTC).

    Args:
        law: how long each category is kept.
        chain: what is held.
        today: the day of the purge.
        waiting: holds that keep the days in their scope whole until they are executed.
    """
    ended: list[EndedSegment] = []
    undecided: list[Fate] = []
    waited_for: list[Fate] = []
    spare = spare_objects(chain)
    for day, sealed, end in fates_of(law, chain):
        if end.last and end.has_come(today):
            is_awaited = any(hold.keeps(day, sealed) for hold in waiting)
            if is_awaited and sealed.object not in spare:
                waited_for.append((day, sealed, end))
            else:
                ended.append(_ended(day, sealed, end.last, end.ground))
        elif end.on is None:
            undecided.append((day, sealed, end))
    return Plan(tuple(ended), tuple(undecided), tuple(waited_for))


def fates_of(law: Law, chain: Chain) -> Iterator[Fate]:
    """Yield every segment that is held: of the days, then of holds, each on its hold's own date."""
    for day, sealed in chain.held():
        yield day, sealed, end_of(law, Category(sealed.category), day)
    ends = chain.hold_ends()
    for link, preserved in chain.held_apart():
        yield preserved.day, preserved, End(ends[link.hold], HOLD_GROUND)


def spare_objects(chain: Chain) -> frozenset[str]:
    """Return the objects of holds whose rows their day's own segments still have."""
    alone = {sealed.object for _, sealed in chain.apart_alone()}
    return frozenset(s.object for _, s in chain.held_apart() if s.object not in alone)


HOLD_GROUND = "CPCE L34-1 III bis, terme de la conservation"


async def foresee(url: str, places: Places, now: datetime) -> Plan:
    """Return what a purge would do now; nothing is changed.

    Raises:
        ConfigurationError: the law's data cannot be read.
        Unavailable: the database is away.
    """
    async with _reading(url) as connection:
        law = places.read_law(await index.load_periods(connection))
        waiting = await _keeping(connection, places, now.date())
        return plan(law, Chain.read(places.archive), now.date(), waiting)


async def load_law_in_force(url: str, places: Places) -> Law:
    """Return the law's data with the decisions that are recorded.

    Raises:
        ConfigurationError: the territory's file cannot be read.
        Unavailable: the database is away.
    """
    async with _reading(url) as connection:
        return places.read_law(await index.load_periods(connection))


@asynccontextmanager
async def _reading(url: str) -> AsyncIterator[Connection]:
    pool = await open_pool(url, Component.RETENTION, max_size=1)
    try:
        async with pool.acquire() as connection:
            yield connection
    finally:
        await pool.close()


async def _keeping(connection: Connection, places: Places, today: date) -> list[Waiting]:
    """Return the holds for which days are kept whole: a setting, for counsel."""
    return await load_waiting(connection, today) if places.keeps_for_holds else []


async def _move_ends(runner: Runner) -> None:
    """Sign the new ends of holds, lifted or prolonged at the desk."""
    ends = runner.chain.hold_ends()
    for hold, ends_on in (await load_ends(runner.connection)).items():
        if hold in ends and ends[hold] != ends_on:
            await runner.append(HoldLink, hold=hold, ends_on=ends_on)
            runner.progress(Step("hold", detail=str(hold)))


def _ended(day: date, sealed: SealedSegment, end: date, ground: str) -> EndedSegment:
    return EndedSegment(
        day=day,
        category=sealed.category,
        part=sealed.part,
        object=sealed.object,
        rows=sealed.rows,
        octets=sealed.octets,
        end=end,
        ground=ground,
    )


async def purge(
    url: str,
    places: Places,
    now: datetime,
    progress: Progress = unwatched,
    guard: ClockGuard = ClockGuard.FULL,
) -> Plan:
    """Destroy every segment whose end has come at `now`; return what was planned.

    Raises:
        ConfigurationError: the law's data cannot be read.
        Unavailable: the database or a folder is away, the time is not believed, or another run is
            under way.
    """
    async with only_runner(url, places, now, progress, guard) as runner:
        law, horizon = await _terms(runner)
        for link in runner.chain.unfinished_purges():
            await _destroy(runner, link)
        await _move_ends(runner)
        waiting = await _keeping(runner.connection, places, now.date())
        planned = plan(law, runner.chain, now.date(), waiting)
        await _decide(runner, planned.ended, horizon)
        if planned.undecided:
            log.warning("injunction_unknown", lost_from=str(planned.lost_from))
        if planned.waited_for:
            log.warning("hold_not_executed", kept_whole=len(planned.waited_for))
        await _forget(runner, law, horizon)
        if places.backups and (gone := await asyncio.to_thread(prune, places.backups, now.date())):
            log.info("backups_removed", backups=len(gone))
        await _delete(runner)
        return planned


async def finish(runner: Runner) -> None:
    """Finish the purges that are signed, and have the database forget; destroy no other segment.

    For a database that was restored: decisions that would keep one may not be in it yet.

    Raises:
        ConfigurationError: the law's data cannot be read.
        Unavailable: the storage is away.
    """
    law, horizon = await _terms(runner)
    for link in runner.chain.unfinished_purges():
        await _destroy(runner, link)
    await _decide(runner, (), horizon)
    await _forget(runner, law, horizon)
    await _delete(runner)


async def _terms(runner: Runner) -> tuple[Law, Horizon]:
    places = runner.places
    law = places.read_law(await index.load_periods(runner.connection))
    register = places.read_grounds().register_kept
    return law, forgetting.horizon_of(law, runner.now, places.counts_years, register)


async def _forget(runner: Runner, law: Law, horizon: Horizon) -> None:
    """Note when each segment must go, and have the database forget what it still holds itself."""
    ends = [(sealed.object, end) for _, sealed, end in fates_of(law, runner.chain)]
    await index.resolve(runner.connection, ends)
    await forgetting.forget(runner.connection, law, horizon, runner.now.date())


async def _decide(runner: Runner, ended: tuple[EndedSegment, ...], horizon: Horizon) -> None:
    """Sign that these segments go, and the audit log's lines that are over; destroy them."""
    audit = await index.audit_over(runner.connection, horizon.audit)
    if ended or audit:
        link = await runner.append(PurgeLink, segments=ended, audit=audit)
        runner.progress(Step("purge", detail=f"{len(ended)} segments"))
        await _destroy(runner, link)


async def _destroy(runner: Runner, decided: PurgeLink) -> None:
    """Destroy the keys of a purge, and forget its audit lines; again is no fault."""
    objects = [ended.object for ended in decided.segments]
    for ended in decided.segments:
        runner.register.destroy(ended.object)
        runner.progress(Step("destroyed", ended.day, ended.object))
    if decided.audit:
        await index.forget_audit(runner.connection, decided.audit, runner.now)
        runner.progress(Step("audit", detail=f"up to {decided.audit.number}"))
    await index.record_destruction(runner.connection, decided.sequence, objects, runner.now)


async def _delete(runner: Runner) -> None:
    """Delete what is unreadable by now: what a lock kept until now, then what no run deleted.

    Last of all: a storage that is away for days keeps back nothing but its own objects.
    """
    await _delete_left(runner)
    for link in runner.chain.unfinished_purges():
        left = await _delete_objects(runner, [ended.object for ended in link.segments])
        await _certify(runner, link.sequence, left)
        log.info("purged", segments=len(link.segments), rows=sum(e.rows for e in link.segments))


async def _delete_left(runner: Runner) -> None:
    """Delete what a lock kept until now, of purges whose keys are gone already."""
    for purged, left in runner.chain.left_objects().items():
        still = await _delete_objects(runner, [one.object for one in left])
        if len(still) < len(left):
            await _certify(runner, purged, still)


async def _certify(runner: Runner, purged: int, left: tuple[LeftObject, ...]) -> None:
    """Sign that the keys of a purge are gone, and its objects but those that are left."""
    await runner.append(DestructionLink, purge=purged, destroyed_at=runner.now, left=left)
    runner.progress(Step("destruction", detail=f"purge {purged}"))


async def _delete_objects(runner: Runner, objects: Iterable[str]) -> tuple[LeftObject, ...]:
    """Delete objects whose keys are gone; return those that a lock keeps, until its end."""
    storage = runner.places.storage
    await asyncio.to_thread(storage.copy_chain, runner.places.archive)
    left: list[LeftObject] = []
    for name in objects:
        locked_until = await asyncio.to_thread(storage.delete, name)
        if locked_until:
            over = locked_until.astimezone(UTC).date() + timedelta(days=1)
            left.append(LeftObject(object=name, until=over))
        runner.progress(Step("deleted", detail=name))
    return tuple(left)
