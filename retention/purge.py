"""`archive purge`: what must be gone on its day is gone, and the chain says so.

First the decision is signed into the chain, then each segment's wrapped keys are destroyed (which
is what makes it unreadable for ever) and its object deleted, then the destruction is signed. A
purge killed anywhere is finished by the next run, and `archive verify` is green throughout.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog

from retention import durable, index
from retention.archive import Places, Progress, Runner, Step, only_runner, unwatched
from retention.categories import oldest_kept
from retention.chain import Chain, segment_path
from retention.clock_guard import ClockGuard
from retention.manifest import (
    GRACE_DAYS,
    DestructionLink,
    EndedSegment,
    PurgeLink,
    SealedSegment,
)
from retention.slices import midnight
from territory.database.tables.columns import Category
from territory.law.durations import End, Law, end_of, load_law

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Plan:
    """What a purge would do on a day, and what it cannot decide."""

    ended: tuple[EndedSegment, ...]
    """To be destroyed."""
    undecided: tuple[tuple[date, SealedSegment, End], ...]
    """Kept because no decision on an injunction is recorded: an alert."""

    @property
    def lost_from(self) -> date | None:
        """The first day on which something would be lost if no injunction covered it."""
        return min((end.lost_from for *_, end in self.undecided if end.lost_from), default=None)


def plan(law: Law, held: Iterable[tuple[date, SealedSegment]], today: date) -> Plan:
    """Return what must be destroyed of the segments `held` on `today` (UTC)."""
    ended: list[EndedSegment] = []
    undecided: list[tuple[date, SealedSegment, End]] = []
    for day, sealed in held:
        end = end_of(law, Category(sealed.category), day)
        if end.on is None:
            undecided.append((day, sealed, end))
        elif end.on <= today:
            ended.append(_ended(day, sealed, end.on, end.ground))
    return Plan(tuple(ended), tuple(undecided))


def read_plan(places: Places, now: datetime) -> Plan:
    """Return what a purge would do now, from the archive's folder alone."""
    return plan(load_law(places.law), Chain.read(places.archive).held(), now.date())


def _ended(day: date, sealed: SealedSegment, end: date, ground: str) -> EndedSegment:
    return EndedSegment(
        day=day,
        category=sealed.category,
        part=sealed.part,
        object=sealed.object,
        rows=sealed.rows,
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
    law = load_law(places.law)
    async with only_runner(url, places, now, progress, guard) as runner:
        for link in runner.chain.unfinished_purges():
            await _carry_out(runner, link)
        planned = plan(law, runner.chain.held(), now.date())
        if planned.ended:
            decided = runner.chain.append(PurgeLink, runner.key, now, segments=planned.ended)
            progress(Step("purge", detail=f"{len(planned.ended)} segments"))
            await _carry_out(runner, decided)
        ends = [(s.object, end_of(law, Category(s.category), d)) for d, s in runner.chain.held()]
        await index.resolve(runner.connection, ends)
        await index.forget(runner.connection, _horizon(law, now))
        if planned.undecided:
            log.warning("injunction_unknown", lost_from=str(planned.lost_from))
        return planned


def _horizon(law: Law, now: datetime) -> index.Horizon:
    today = now.date()
    return index.Horizon(
        source=midnight(oldest_kept(law, Category.SOURCE, today)),
        security=midnight(oldest_kept(law, Category.SECURITY, today)),
        sealed=midnight(today - timedelta(days=GRACE_DAYS + 1)),
        commands=now - timedelta(days=1),
        account=midnight(oldest_kept(law, Category.ACCOUNT, today)),
        identity=midnight(oldest_kept(law, Category.IDENTITY, today)),
    )


async def _carry_out(runner: Runner, decided: PurgeLink) -> None:
    for ended in decided.segments:
        runner.register.destroy(ended.object)
        runner.progress(Step("destroyed", ended.day, ended.object))
        durable.remove(segment_path(runner.places.archive, ended.object))
        runner.progress(Step("deleted", ended.day, ended.object))
    objects = [ended.object for ended in decided.segments]
    await index.record_destruction(runner.connection, decided.sequence, objects, runner.now)
    runner.chain.append(
        DestructionLink, runner.key, runner.now, purge=decided.sequence, destroyed_at=runner.now
    )
    runner.progress(Step("destruction", detail=f"{len(objects)} segments"))
    log.info("purged", segments=len(objects), rows=sum(e.rows for e in decided.segments))
