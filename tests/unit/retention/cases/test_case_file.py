"""The first file of a case: what an older one says, and what the archive holds of what is asked."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from retention.cases.case_file import CaseFile, DayState, describe_days, objects_of
from retention.cases.question import AddressQuestion, ask, require
from retention.manifests.chain import Chain
from retention.manifests.manifest import DayLink, EndedSegment, Link, PurgeLink, SealedSegment
from territory.database.tables.columns import Category

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SPAN = {"since": "2026-11-16T00:00:00Z", "until": "2026-11-20T00:00:00Z"}
FORMAT_1: dict[str, Any] = {
    "format": "socle-case-1",
    "case": "0f4c1c37-42f5-4d5b-a2b3-3c1f3a1a7f10",
    "question": {
        "public_address": "192.0.2.10",
        "port": 40112,
        "at": "2026-11-17T10:15:00Z",
        "uncertainty_seconds": 0,
        "at_as_asked": "2026-11-17T11:15:00+01:00",
        "reference": "PV 2026/1234",
        "legal_ground": "CPP 77-1-1",
    },
    "prepared_at": "2026-11-21T09:00:00Z",
    "prepared_by": "anne",
    "first": {"login": "anne", "recipient": "age1a", "signing_key": None},
    "second": {"login": "bruno", "recipient": "age1b", "signing_key": "k"},
    "days": [{"day": "2026-11-17", "state": "sealed"}],
    "objects": ["2026-11-17.source.0.ab.parquet.age"],
    "sites": {"verdun": "Mairie"},
}


def sealed(day: int, category: Any, part: int = 0) -> SealedSegment:
    """Return a segment of a day of November 2026."""
    return SealedSegment(
        category=category,
        part=part,
        object=f"2026-11-{day}.{category}.{part}",
        octets=1,
        sha256="0" * 64,
        recipient="age1",
        rows=1,
    )


@pytest.fixture
def chain() -> Chain:
    """The 17th and 18th are sealed; the traffic data of the 17th is gone."""
    common = {"previous": None, "signed_at": NOW, "signed_by": "0" * 64}
    links: list[Link] = [
        DayLink(
            sequence=day,
            day=date(2026, 11, day),
            facts_received_before=NOW,
            segments=(sealed(day, "source"), sealed(day, "traffic")),
            **common,
        )
        for day in (17, 18)
    ]
    gone = sealed(17, "traffic")
    ended = EndedSegment(
        day=date(2026, 11, 17),
        category=gone.category,
        part=gone.part,
        object=gone.object,
        rows=gone.rows,
        end=date(2026, 11, 20),
        ground="g",
    )
    return Chain(Path(), [*links, PurgeLink(sequence=19, segments=(ended,), **common)])


def test_a_case_of_format_1_is_read_as_what_it_says() -> None:
    """A case prepared before the change is answered after it."""
    file = CaseFile.model_validate(FORMAT_1)
    (question,) = file.questions
    assert isinstance(question, AddressQuestion)
    assert (question.port, question.categories) == (40112, (Category.SOURCE,))
    assert (file.requisition.reference, file.requisition.allowed) == (
        "PV 2026/1234",
        (Category.SOURCE,),
    )
    assert CaseFile.model_validate_json(file.model_dump_json()) == file


def test_each_day_of_each_category_asked_is_told(chain: Chain) -> None:
    """Sealed, destroyed, not there yet, not yet begun: of what is asked and allowed alone."""
    question = ask(NOW, kind="site", site="verdun", categories=["source", "traffic"], **SPAN)
    act = require(reference="r", legal_ground="g", allowed=["source", "traffic"])
    told = {(d.day.day, d.category): d.state for d in describe_days(chain, [question], act)}
    assert [told[day, Category.SOURCE] for day in (16, 17, 18, 19)] == [
        DayState.ABSENT,
        DayState.SEALED,
        DayState.SEALED,
        DayState.UNSEALED,
    ]
    assert told[17, Category.TRAFFIC] is DayState.DESTROYED
    assert objects_of(chain, [question], act) == (
        "2026-11-17.source.0",
        "2026-11-18.source.0",
        "2026-11-18.traffic.0",
    )


def test_what_the_act_does_not_allow_does_not_travel(chain: Chain) -> None:
    """Traffic data asked without a ground for it stays where it is; nothing allowed: nothing."""
    question = ask(NOW, kind="site", site="verdun", categories=["source", "traffic"], **SPAN)
    narrow = require(reference="r", legal_ground="g")
    assert {d.category for d in describe_days(chain, [question], narrow)} == {Category.SOURCE}
    assert all("source" in name for name in objects_of(chain, [question], narrow))
    none = require(reference="r", legal_ground="g", allowed=[])
    assert objects_of(chain, [question], none) == ()
