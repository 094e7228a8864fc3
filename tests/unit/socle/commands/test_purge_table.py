"""A purge's plan as lines: what goes, what is kept, and why."""

from datetime import date
from typing import Any

from retention.ending.purge import Plan
from retention.manifests.manifest import EndedSegment, SealedSegment
from socle.commands.purge_table import as_json, as_table, lines
from territory.law.durations import End


def ended(day: int, ground: str = "R10-13 IV") -> EndedSegment:
    """Return a source segment of November 2025 that is over."""
    content: dict[str, Any] = {"category": "source", "part": 0, "object": f"x{day}", "rows": 10}
    last = date(2026, 11, day + 1)
    return EndedSegment(**content, day=date(2025, 11, day), octets=500, end=last, ground=ground)


def test_segments_of_one_ground_are_one_line() -> None:
    """Days, counts and the last end are told together; kept ones say what they wait for."""
    kept: dict[str, Any] = {"category": "traffic", "part": 0, "object": "y", "octets": 7, "rows": 3}
    sealed = SealedSegment(**kept, sha256="0" * 64, recipient="age1")
    unknown = End(None, "aucune décision", lost_from=date(2027, 2, 18))
    over = End(date(2026, 11, 18), "décret 2025-980")
    plan = Plan(
        (ended(16), ended(17), ended(18, "autre")),
        ((date(2026, 11, 17), sealed, unknown),),
        ((date(2025, 11, 17), sealed, over),),
    )
    told = [
        (line.ground, line.segments, line.slices, line.octets, line.end) for line in lines(plan)
    ]
    assert told == [
        ("R10-13 IV", 2, 20, 1000, date(2026, 11, 18)),
        ("autre", 1, 10, 500, date(2026, 11, 19)),
        ("aucune décision", 1, 3, 7, None),
        ("décret 2025-980", 1, 3, 7, date(2026, 11, 18)),
    ]
    assert [row[0].partition(":")[0] for row in as_table(plan)] == [
        *("what", "over", "over", "kept", "kept whole")
    ]
    content = as_json(plan)
    assert content["undecided_from"] == "2027-02-18"
    assert [line["first_day"] for line in content["lines"]][:2] == ["2025-11-16", "2025-11-18"]
