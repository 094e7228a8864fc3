"""What the archive holds and until when, for people: the command line, the desk, the metrics."""

from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from retention.manifests.chain import Chain
from territory.database.tables.columns import Category
from territory.law.durations import End, Law, end_of


@dataclass(frozen=True, slots=True)
class HeldDay:
    """One category of one sealed day, its supplements included."""

    day: date
    category: str
    rows: int
    segments: int
    kept_until: date | None
    """The first day on which it may not exist; None: unknown, or destroyed."""
    ground: str
    destroyed: bool

    @property
    def fate(self) -> str:
        """What becomes of it, in words."""
        if self.destroyed:
            return "destroyed"
        return f"until {self.kept_until}" if self.kept_until else "kept: injunction unknown"

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        until = str(self.kept_until) if self.kept_until else None
        return {**asdict(self), "day": str(self.day), "kept_until": until}


def describe_days(archive: Path, law: Law) -> list[HeldDay]:
    """Return every sealed day's categories, oldest first."""
    chain = Chain.read(archive)
    ended = chain.ended()
    rows: dict[tuple[date, str], list[int]] = {}
    for day, sealed in chain.segments():
        gone = sealed.object in ended
        counts = rows.setdefault((day, sealed.category), [0, 0, 0])
        for place, amount in enumerate((sealed.rows, 1, int(gone))):
            counts[place] += amount
    return [_held(law, *key, counts) for key, counts in sorted(rows.items())]


def _held(law: Law, day: date, category: str, counts: list[int]) -> HeldDay:
    rows, segments, gone = counts
    end: End = end_of(law, Category(category), day)
    destroyed = gone == segments
    return HeldDay(
        day=day,
        category=category,
        rows=rows,
        segments=segments,
        kept_until=None if destroyed else end.on,
        ground=end.ground,
        destroyed=destroyed,
    )
