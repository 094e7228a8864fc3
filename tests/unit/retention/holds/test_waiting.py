"""When the first day that a waiting hold is about must go."""

from datetime import date
from typing import Any
from uuid import UUID

from retention.holds.waiting import Waiting, first_end
from retention.manifests.manifest import SealedSegment
from territory.database.tables.columns import Category
from territory.law.durations import end_of, load_law

HOLD = Waiting(UUID(int=1), date(2025, 11, 17), date(2025, 11, 18))


def segment(category: str) -> SealedSegment:
    """Return a segment of that category."""
    content: dict[str, Any] = {"category": category, "part": 0, "object": "x", "octets": 1}
    return SealedSegment(**content, sha256="0" * 64, recipient="age1", rows=1)


def test_the_first_end_in_scope() -> None:
    """Of daily categories, of the days in scope; none waits, none ends."""
    held = [
        (date(2025, 11, 16), segment("security")),
        (date(2025, 11, 17), segment("source")),
        (date(2025, 11, 18), segment("security")),
        (date(2025, 11, 18), segment("account")),
    ]
    law = load_law()
    fates = [(day, s, end_of(law, Category(s.category), day)) for day, s in held]
    assert first_end(fates, [HOLD]) == date(2026, 2, 19)
    assert first_end(fates, []) is None
    assert not HOLD.keeps(date(2025, 11, 19), segment("source"))
    assert not HOLD.keeps(date(2025, 11, 18), segment("account"))
