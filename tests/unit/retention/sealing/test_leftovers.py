"""What a killed run may have left, and what only a lost manifest explains."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from retention.manifests.chain import Chain
from retention.manifests.manifest import (
    DayLink,
    EndedSegment,
    PurgeLink,
    SealedSegment,
    SupplementLink,
)
from retention.sealing.leftovers import IndexedSegment, contradiction, unexplained

NOW = datetime(2026, 11, 20, tzinfo=UTC)
FIRST = date(2026, 11, 16)


def name(day: int, part: int = 0, category: str = "source") -> str:
    """Return an object's name, of a day of November."""
    return f"2026-11-{day}.{category}.{part}.0123456789abcdef.parquet.age"


def sealed(day: int, part: int = 0) -> SealedSegment:
    """Return a segment as the chain knows it."""
    return SealedSegment(
        category="source",
        part=part,
        object=name(day, part),
        octets=1,
        sha256="a" * 64,
        recipient="age1",
        rows=1,
    )


def chain(*segments: SealedSegment) -> Chain:
    """Return a chain of those segments, each in a link of its day."""
    made = Chain(Path())
    common = {"previous": None, "signed_at": NOW, "signed_by": "b" * 64}
    for number, each in enumerate(segments, 1):
        link = {**common, "sequence": number, "day": each.object[:10], "segments": [each]}
        if each.part:
            made.links.append(SupplementLink.model_validate({**link, "received_on": "2026-11-19"}))
        else:
            made.links.append(DayLink.model_validate({**link, "facts_received_before": NOW}))
    return made


EMPTY, TWO_DAYS = chain(), chain(sealed(16), sealed(17))


@pytest.mark.parametrize(
    ("known", "stray", "is_explained"),
    [
        (EMPTY, name(16), True),
        (EMPTY, name(17), False),
        (EMPTY, name(16, 1), False),
        (TWO_DAYS, name(18), True),
        (TWO_DAYS, name(18, category="traffic"), True),
        (TWO_DAYS, name(19), False),
        (TWO_DAYS, name(17), False),
        (TWO_DAYS, name(16, 1), True),
        (TWO_DAYS, name(16, 2), False),
        (chain(sealed(16), sealed(16, 1)), name(16, 1), False),
        (chain(sealed(16), sealed(16, 1)), name(16, 2), True),
        (TWO_DAYS, "2026-11-18.source.0.parquet.age", False),
        (TWO_DAYS, "2026-99-99.source.0.0123456789abcdef.parquet.age", False),
    ],
)
def test_a_killed_run_leaves_the_next_day_or_the_next_part(
    known: Chain, stray: str, is_explained: bool
) -> None:
    """Anything else was named by a manifest that is gone: its key is evidence."""
    assert (unexplained(known, [stray], FIRST) == []) is is_explained


def test_a_hold_leaves_several_parts() -> None:
    """Those that follow the last one named, without a gap."""
    assert unexplained(TWO_DAYS, [name(16, 2), name(16, 1)], FIRST) == []
    assert unexplained(TWO_DAYS, [name(16, 1), name(16, 3)], FIRST) == [name(16, 3)]


def test_without_a_database_nothing_explains_a_key() -> None:
    """An empty chain, and no day held: whatever lies there was sealed before."""
    assert unexplained(EMPTY, [name(16)], None) == [name(16)]


def test_the_index_is_never_ahead_of_the_chain() -> None:
    """An object that only the index names, or a destruction that the chain has not decided."""
    held = IndexedSegment(name(17), is_purged=False)
    assert contradiction(TWO_DAYS, [held]) is None
    assert contradiction(EMPTY, [held]) == name(17)
    assert contradiction(TWO_DAYS, [IndexedSegment(name(18), is_purged=False)]) == name(18)
    purged = IndexedSegment(name(17), is_purged=True)
    assert contradiction(TWO_DAYS, [purged]) == name(17)
    ended = EndedSegment(
        day=date(2026, 11, 17),
        category="source",
        part=0,
        object=name(17),
        rows=1,
        end=date(2027, 11, 18),
        ground="g",
    )
    decided = chain(sealed(16), sealed(17))
    decided.links.append(
        PurgeLink(sequence=3, previous=None, signed_at=NOW, signed_by="b" * 64, segments=(ended,))
    )
    assert contradiction(decided, [purged]) is None
