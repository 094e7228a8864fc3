"""How the archive stands today, in numbers that must be nothing: what is missing, what is overdue.

CPCE L39-3 punishes both alike, so both are counted for each category, from the archive's own files
and not from its index.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from retention import manifest
from retention.archive import Places
from retention.categories import SEALED
from retention.chain import Chain, segment_path
from retention.key_register import KeyRegister
from retention.manifest import SealedSegment
from retention.slices import midnight
from territory.database.tables.columns import Category
from territory.law.durations import Law, end_of

_Held = tuple[date, SealedSegment]


@dataclass(frozen=True, slots=True)
class CategoryStanding:
    """One category's figures."""

    segments: int
    """Held."""
    missing_segments: int
    """Gone, or their keys are, and no purge says so."""
    missing_days: int
    """The days they are about."""
    overdue_records: int
    """Slices whose legal end has come and that still exist."""


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


def look(places: Places, law: Law, now: datetime, first_held: date | None = None) -> Standing:
    """Return how the archive stands at `now`; reads its folders, opens nothing.

    Args:
        places: where its parts lie.
        law: how long each category is kept.
        now: the present instant.
        first_held: the oldest day in the database, which counts before the first is sealed.
    """
    chain = Chain.read(places.archive)
    register = KeyRegister(places.keys)
    held = chain.held()
    gone = {
        s.object
        for _, s in held
        if not (segment_path(places.archive, s.object).exists() and register.has(s.object))
    }
    ends = [(day, end_of(law, Category(s.category), day)) for day, s in held]
    undecided = [end for _, end in ends if end.on is None]
    last, following = chain.last_day(), chain.next_day() or first_held
    return Standing(
        last_day=last,
        age_seconds=(now - midnight(following)).total_seconds() if following else 0.0,
        due_days=_due_days(following, now.date()),
        categories={c: _category(law, c, held, gone, now.date()) for c in SEALED},
        undecided=len(undecided),
        lost_from=min((end.lost_from for end in undecided if end.lost_from), default=None),
    )


def _due_days(following: date | None, today: date) -> int:
    """Return how many days from `following` on may be sealed today."""
    if following is None:
        return 0
    return max(0, (today - manifest.sealable_from(following)).days + 1)


def _category(
    law: Law, category: Category, held: Iterable[_Held], gone: set[str], today: date
) -> CategoryStanding:
    own = [(day, s) for day, s in held if s.category == category.value]
    return CategoryStanding(
        segments=len(own),
        missing_segments=sum(s.object in gone for _, s in own),
        missing_days=len({day for day, s in own if s.object in gone}),
        overdue_records=sum(s.rows for d, s in own if end_of(law, category, d).has_come(today)),
    )
