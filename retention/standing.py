"""How the archive stands today, in numbers that must be nothing: what is missing, what is overdue.

CPCE L39-3 punishes both alike, so both are counted for each category: of what is sealed from the
archive's own files and not from its index, of what is not from the database's own rows.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

import asyncpg

from retention.categories import SEALED
from retention.ending import forgetting
from retention.ending.purge import Plan, fates_of, plan
from retention.holds.waiting import Waiting, first_end, load_waiting
from retention.keys.ceremonies import load_pairs
from retention.keys.key_register import KeyRegister
from retention.manifests import manifest, time_stamps
from retention.manifests.chain import Chain
from retention.manifests.manifest import EndedSegment, SealedSegment
from retention.sealing import index
from retention.sealing.archive import Places
from retention.sealing.slices import midnight
from retention.sealing.vault import VAULTED
from territory.database.components import Component
from territory.database.connect import open_pool
from territory.database.tables.columns import Category
from territory.errors import Unavailable
from territory.law.decisions import Coverage, coverage
from territory.law.durations import Law, end_of

STANDING: Final = (*SEALED, *VAULTED, Category.AUDIT, Category.CONSENT, Category.OPERATION)
"""All that has a term: what is sealed, and what only the database holds."""


@dataclass(frozen=True, slots=True)
class CategoryStanding:
    """One category's figures."""

    segments: int
    """Held."""
    missing_days: int
    """Days of which a segment or its key is gone, and no purge says so; or that have none."""
    overdue_records: int
    """Slices and rows whose legal end has come and that can still be read."""
    awaited_records: int = 0
    """Of segments that are over, and kept whole because a hold on them waits for its custodians: a
    setting (`retention.unexecuted_hold`), and no failure to erase."""


@dataclass(frozen=True, slots=True)
class InDatabase:
    """What the database itself says, of what no file tells."""

    first_held: date | None = None
    """The oldest day in it, which counts before the first is sealed; None: there is none."""
    overdue: Mapping[Category, int] = field(default_factory=dict)
    """Rows beyond their term."""
    missing_audit_days: frozenset[date] = frozenset()
    """Days whose signed end of the audit log is not in it any more."""
    waiting: tuple[Waiting, ...] = ()
    """Holds that wait for their two custodians."""
    overdue_drills: int = 0
    """Pairs of custodians who have not proved for a quarter that they can open."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The archive, as it stands."""

    last_day: date | None
    """The last sealed day; None before the first."""
    age_seconds: float
    """Since the end of the last sealed day; before the first, since the oldest held day began."""
    due_days: int
    """Days whose grace is over and that are not sealed."""
    categories: dict[Category, CategoryStanding]
    undecided: int
    """Segments kept because no decision on an injunction is recorded."""
    lost_from: date | None
    """The first day on which one of them would be lost if there were none."""
    known: Coverage
    """What is decided of injunctions, whatever is held."""
    hold_day_ends: date | None
    """When the first segment in the scope of a hold that waits must go; None: none waits."""
    undated_days: int
    """Days without a time-stamp, where an authority is set."""
    overdue_drills: int
    """Pairs of custodians whose drill is overdue."""


async def ask_database(url: str, places: Places, now: datetime) -> tuple[Law, InDatabase]:
    """Return the law in force with its recorded decisions, and what the database says at `now`.

    Raises:
        Unavailable: the database is away, or the chain is broken.
    """
    chain = await asyncio.to_thread(Chain.read, places.archive)
    heads = {link.day: link.audit_head for link in chain.days() if link.audit_head}
    pool = await open_pool(url, Component.RETENTION, max_size=1)
    try:
        async with pool.acquire() as db:
            law = places.read_law(await index.load_periods(db))
            horizon = forgetting.horizon_of(
                law, now, places.counts_years, places.read_grounds().register_kept
            )
            return law, InDatabase(
                await index.first_held_day(db),
                await forgetting.count_overdue(db, law, horizon, now.date()),
                frozenset(await index.missing_audit_days(db, heads)),
                tuple(await load_waiting(db, now.date())),
                sum(pair.is_overdue(now) for pair in await load_pairs(db)),
            )
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as fault:
        raise Unavailable(f"the archive was not looked at: {fault}") from fault
    finally:
        await pool.close()


def look(places: Places, law: Law, now: datetime, database: InDatabase | None = None) -> Standing:
    """Return how the archive stands at `now`; reads its folders, opens nothing.

    Args:
        places: where its parts lie.
        law: how long each category is kept.
        now: the present instant.
        database: what it says; None: it was not asked.
    """
    told = database or InDatabase()
    chain = Chain.read(places.archive)
    waiting = told.waiting if places.keeps_for_holds else ()
    planned, keys = plan(law, chain, now.date(), waiting), KeyRegister(places.keys).names()
    missing = _missing_days(places, law, now.date(), chain, keys)
    missing[Category.AUDIT].update(told.missing_audit_days)
    last, following = chain.last_day(), chain.next_day() or told.first_held
    return Standing(
        last_day=last,
        age_seconds=(now - midnight(following)).total_seconds() if following else 0.0,
        due_days=_due_days(following, now.date()),
        categories=_categories(chain, told, planned, missing, keys),
        undecided=len(planned.undecided),
        lost_from=planned.lost_from,
        known=coverage(law, now.date()),
        hold_day_ends=first_end(fates_of(law, chain), told.waiting),
        undated_days=len(time_stamps.missing(chain)) if places.authority else 0,
        overdue_drills=told.overdue_drills,
    )


def _due_days(following: date | None, today: date) -> int:
    """Return how many days from `following` on may be sealed today."""
    if following is None:
        return 0
    return max(0, (today - manifest.sealable_from(following)).days + 1)


def _categories(
    chain: Chain,
    told: InDatabase,
    planned: Plan,
    missing: Mapping[Category, set[date]],
    keys: set[str],
) -> dict[Category, CategoryStanding]:
    held = chain.held()
    over = (*planned.ended, *(ended for ended in chain.ended().values() if ended.object in keys))
    return {
        category: CategoryStanding(
            segments=sum(s.category == category for _, s in held),
            missing_days=len(missing[category]),
            overdue_records=told.overdue.get(category, 0)
            + _rows(s for s in over if s.category == category),
            awaited_records=_rows(s for _, s, _ in planned.waited_for if s.category == category),
        )
        for category in STANDING
    }


def _missing_days(
    places: Places, law: Law, today: date, chain: Chain, keys: set[str]
) -> dict[Category, set[date]]:
    """Return the days of which a segment or its key is gone, or that have none, by category."""
    openable = places.storage.listing().keys() & keys
    missing: dict[Category, set[date]] = {category: set() for category in STANDING}
    for day, segment, _ in fates_of(law, chain):
        if segment.object not in openable:
            missing[Category(segment.category)].add(day)
    for day, category in _never_sealed(chain):
        if not end_of(law, category, day).has_come(today):
            missing[category].add(day)
    return missing


def _never_sealed(chain: Chain) -> Iterator[tuple[date, Category]]:
    """Yield the days up to the last sealed one that have no segment of a daily category."""
    days = {link.day: {segment.category for segment in link.segments} for link in chain.days()}
    day, last = min(days, default=date.max), max(days, default=date.min)
    while day <= last:
        yield from ((day, c) for c in SEALED if c.value not in days.get(day, set()))
        day += timedelta(days=1)


def _rows(segments: Iterable[SealedSegment | EndedSegment]) -> int:
    return sum(segment.rows for segment in segments)
