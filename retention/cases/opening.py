"""The segments of a case as they are opened: one at a time, read, and forgotten before the next.

Memory holds one segment and what was found, however many days a question is about.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from retention.cases.case import Case, Vouched
from retention.cases.selection import Criterion, Row, select
from retention.keys import age
from territory.database.tables.columns import Category
from territory.errors import ConfigurationError, Fault

Told = tuple[Vouched, Row]
"""A row, and the segment that told it."""
_ENDS = frozenset({"until", "ended_at"})
"""The columns that say until when somebody was known: what is sealed later knows it better."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A case, and what opens its segments."""

    case: Case
    keys: Mapping[str, str]

    def through(
        self, category: Category, days: frozenset[object] | None = None
    ) -> Iterator[tuple[Vouched, bytes]]:
        """Yield the opened segments of a category, of these days or all, one at a time.

        Raises:
            ConfigurationError: a segment, or its key, is not what it should be.
        """
        for name, vouched in self.case.vouched.items():
            if vouched.category == category and (days is None or vouched.day in days):
                try:
                    yield vouched, age.open_sealed(self.case.sealed(name), self.keys[name])
                except age.CannotOpen as fault:
                    message = "its key does not open it"
                    raise ConfigurationError([Fault(f"case: {name}", message)]) from fault

    def gather(
        self, category: Category, criteria: Mapping[int, Criterion]
    ) -> dict[int, list[Told]]:
        """Return the rows of a question's days that meet its criterion, by the question's number.

        Each once a day: several holds may have preserved the same, and each one's segment travels.
        """
        found: dict[int, list[Told]] = {number: [] for number in criteria}
        for vouched, parquet in self.through(category) if criteria else ():
            touching = [number for number in criteria if vouched.day in self._days(number)]
            rows = select(parquet, [criteria[number] for number in touching])
            for number, met in zip(touching, rows, strict=True):
                found[number] += [(vouched, row) for row in met]
        return {number: _each_once(rows) for number, rows in found.items()}

    def gather_people(
        self, category: Category, criteria: Mapping[int, Criterion]
    ) -> dict[int, list[Told]]:
        """Return the rows of accounts or identities that meet each question's criterion.

        Of whatever day they ended. Each once, as it was told last: what a hold preserved, or the
        database still held, of somebody who had not ended is sealed again when they do.
        """
        found: dict[int, list[Told]] = {number: [] for number in criteria}
        for vouched, parquet in self.through(category) if criteria else ():
            rows = select(parquet, list(criteria.values()))
            for number, met in zip(criteria, rows, strict=True):
                found[number] += [(vouched, row) for row in met]
        return {number: as_told_last(rows) for number, rows in found.items()}

    def _days(self, number: int) -> frozenset[object]:
        return frozenset(self.case.file.questions[number].days)


def _each_once(rows: Iterable[Told]) -> list[Told]:
    """Return rows without those that say of their day what one of an earlier segment said."""
    first: dict[tuple[object, ...], Told] = {}
    for vouched, row in rows:
        values = (tuple(one) if isinstance(one, list) else one for one in row.values())
        first.setdefault((vouched.day, *values), (vouched, row))
    return list(first.values())


def as_told_last(rows: Iterable[Told]) -> list[Told]:
    """Return rows without those that a later day's segment tells too, until another day perhaps.

    Of a later day, not of a later link: a hold may be taken in weeks after its case was made.
    """
    last: dict[tuple[object, ...], Told] = {}
    for vouched, row in sorted(rows, key=lambda told: told[0].day or date.max):
        last[tuple(value for name, value in row.items() if name not in _ENDS)] = (vouched, row)
    return list(last.values())
