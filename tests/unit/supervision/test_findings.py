"""What waits to be written, and what is told of evidence."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from supervision.facts import Evidence, SnmpFacts, Standing, Surroundings, Verdict
from supervision.findings import Backlog, Change, Finding, told
from supervision.fleet import Equipment, Kind
from territory.health.reasons import Reason
from territory.health.states import State

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
UP, DOWN = Verdict(State.UP, Reason.ANSWERS), Verdict(State.DOWN, Reason.SILENT)


def equipment(number: int = 1, standing: Standing | None = None) -> Equipment:
    """An access point."""
    return Equipment(
        Kind.ACCESS_POINT, UUID(int=number), "ap", UUID(int=9), "mairie", None, None, standing
    )


def test_every_change_waits_and_the_newest_state_alone() -> None:
    """Up, down and up again while nothing could be written: three changes, one state."""
    backlog, borne = Backlog(), equipment()
    for minutes, verdict in enumerate((UP, DOWN, DOWN, UP)):
        finding = Finding(borne, verdict, NOW + minutes * MINUTE, None, Evidence())
        backlog.add(finding)
        borne = replace(borne, standing=finding.standing)
    batch = backlog.batch()
    assert [change.previous for change in batch.changes] == [None, State.UP, State.DOWN]
    assert [each.verdict for each in batch.findings] == [UP]
    assert backlog.standings()[borne.key].since == NOW + 3 * MINUTE


def test_what_comes_while_a_batch_is_written_waits_on() -> None:
    """Only what was in the batch is forgotten: a newer state of the same piece stays."""
    backlog, borne = Backlog(), equipment()
    backlog.add(Finding(borne, UP, NOW, 0.1, Evidence()))
    batch = backlog.batch()
    newer = Finding(borne, DOWN, NOW + MINUTE, None, Evidence())
    backlog.add(newer)
    backlog.written(batch)
    assert backlog.batch().findings == (newer,)
    assert [change.finding for change in backlog.batch().changes] == [newer]


def test_too_many_changes_lose_the_oldest_and_say_so() -> None:
    """The bound is told each time it costs something."""
    backlog = Backlog(most_changes=2)
    kept = [backlog.add(Finding(equipment(n), UP, NOW, None, Evidence())) for n in range(3)]
    assert kept == [True, True, False]
    assert [c.finding.equipment.id.int for c in backlog.batch().changes] == [1, 2]


def test_a_change_has_one_name() -> None:
    """Named by what it is about and when, so that writing it twice writes it once."""
    finding = Finding(equipment(), UP, NOW, None, Evidence())
    assert Change(finding).id == Change(replace(finding)).id
    assert Change(finding).id != Change(replace(finding, checked_at=NOW + MINUTE)).id
    assert Change(finding).id != Change(replace(finding, equipment=equipment(2))).id


def test_standing_goes_on() -> None:
    """Since when, and whether it ever answered, survive what does not change them."""
    before = Standing(State.UP, answered_before=True, since=NOW - MINUTE)
    same = Finding(equipment(1, before), UP, NOW, None, Evidence()).standing
    assert (same.since, same.answered_before) == (NOW - MINUTE, True)
    other = Finding(equipment(1, before), DOWN, NOW, None, Evidence()).standing
    assert (other.since, other.reason) == (NOW, Reason.SILENT)


def test_evidence_is_told_without_what_says_nothing() -> None:
    """JSON, ages in seconds; what was absent or at rest is left out."""
    snmp = SnmpFacts(2, answered_before=True, restarts=1, restarted_at=NOW - MINUTE)
    around = Surroundings(router=State.DOWN, may_sleep=True)
    parts = told(Evidence((), None, around, snmp=snmp), NOW)
    assert json.loads(json.dumps(parts)) == {
        "snmp": {
            "misses": 2,
            "restarts": 1,
            "restarted_seconds_before": 60.0,
            "error_ratio": None,
        },
        "router": "down",
        "closed": True,
    }
    assert told(Evidence(), NOW) == {}
