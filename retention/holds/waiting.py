"""What retention asks of the register of holds: which wait for two custodians, and until when.

A hold that waits shows the day on which the first segment in its scope must go. The alert begins
thirty days before; what then happens is a setting (`retention.unexecuted_hold`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from retention.cases.case_file import CaseFile
from retention.categories import SEALED
from retention.holds.scope import vaults_of
from retention.manifests.manifest import SealedSegment
from retention.sealing.facts import Connection
from territory.database.injunctions import Row
from territory.database.tables.columns import Category
from territory.law.durations import End

_WAITING = """
    SELECT id, first_day, last_day, content FROM archive.hold
    WHERE executed_at IS NULL AND ends_on > $1 ORDER BY first_day, id
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A hold that no two custodians have executed yet."""

    hold: UUID
    first_day: date
    last_day: date
    """The last UTC day in its scope."""
    vaults: frozenset[Category] = frozenset()
    """Those that it reaches: whoever it is about may have ended on any day since the first."""

    def keeps(self, day: date, sealed: SealedSegment) -> bool:
        """Whether a segment may have rows in its scope."""
        if sealed.category in SEALED:
            return self.first_day <= day <= self.last_day
        return self.first_day <= day and sealed.category in self.vaults


async def load_waiting(connection: Connection, today: date) -> list[Waiting]:
    """Return the holds that still wait for two custodians, the oldest day first."""
    rows = await connection.fetch(_WAITING, today)
    return [_waiting(row) for row in rows]


def _waiting(row: Row) -> Waiting:
    questions = CaseFile.model_validate_json(row["content"]).questions
    return Waiting(row["id"], row["first_day"], row["last_day"], vaults_of(questions))


async def load_ends(connection: Connection) -> dict[UUID, date]:
    """Return the end of each hold as the desk last decided it."""
    rows = await connection.fetch("SELECT id, ends_on FROM archive.hold")
    return {row["id"]: row["ends_on"] for row in rows}


Fate = tuple[date, SealedSegment, End]
"""A segment that is held, the day it is about, and what is known of its end."""


def first_end(fates: Iterable[Fate], waiting: Sequence[Waiting]) -> date | None:
    """Return the day on which the first segment in the scope of a waiting hold must go."""
    ends = (
        end.last for day, sealed, end in fates if any(scope.keeps(day, sealed) for scope in waiting)
    )
    return min((end for end in ends if end), default=None)
