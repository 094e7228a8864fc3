"""How the archive stands: what is missing and what is overdue are counted for each category."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from uuid import UUID

import pytest
from prometheus_client import generate_latest

from retention import durable
from retention.categories import SEALED
from retention.holds.waiting import Waiting
from retention.keys import age
from retention.keys.key_register import Custodian, KeyRegister, wrap
from retention.manifests.chain import Chain, segment_path
from retention.manifests.manifest import DayLink
from retention.manifests.signing import SigningKey
from retention.metrics import Metrics
from retention.overview import describe_days
from retention.sealing import segment
from retention.sealing.archive import Places
from retention.sealing.columns import SECURITY_SLICES, SOURCE_SLICES, TRAFFIC_SLICES
from retention.standing import InDatabase, Standing, look
from territory.database.tables.columns import Category
from territory.law.durations import load_law

DAY = date(2025, 11, 17)
SEALED_AT = datetime(2025, 11, 20, tzinfo=UTC)
LAW = load_law()
SCHEMAS = dict(zip(SEALED, (SOURCE_SLICES, TRAFFIC_SLICES, SECURITY_SLICES), strict=True))


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """An archive of one day with a slice of each category."""
    made = Places(tmp_path / "a", tmp_path / "k", tmp_path / "s.pem", tmp_path / "law.toml")
    recipients = [Custodian(login, age.recipient_of(age.new_identity())) for login in "ab"]
    records = []
    for category, schema in SCHEMAS.items():
        table = schema.empty_table().from_pylist([{}], schema=schema)
        fresh = segment.seal(table, DAY, category.value, 0)
        durable.write(segment_path(made.archive, fresh.record.object), fresh.sealed)
        KeyRegister(made.keys).add(fresh.record.object, wrap(fresh.identity, recipients))
        records.append(fresh.record)
    Chain(made.archive).append(
        DayLink,
        SigningKey.generate(),
        SEALED_AT,
        day=DAY,
        facts_received_before=SEALED_AT,
        segments=tuple(records),
    )
    return made


def standing(places: Places, year: int, month: int, day: int) -> Standing:
    """Return how it stands at a date."""
    return look(places, LAW, datetime(year, month, day, tzinfo=UTC))


def test_all_is_well_on_the_day_it_is_sealed(places: Places) -> None:
    """Nothing missing, nothing overdue, nothing due."""
    now = standing(places, 2025, 11, 20)
    assert (now.last_day, now.due_days, now.undecided) == (DAY, 0, 0)
    assert now.age_seconds == 2 * 86_400
    for figures in now.categories.values():
        assert (figures.missing_days, figures.overdue_records) == (0, 0)
    assert [now.categories[category].segments for category in SEALED] == [1, 1, 1]


def test_a_day_whose_segment_or_key_is_gone_is_missing(places: Places) -> None:
    """Either makes it unreadable: both are what L39-3 punishes."""
    held = {s.category: s.object for _, s in Chain.read(places.archive).held()}
    segment_path(places.archive, held["source"]).unlink()
    KeyRegister(places.keys).destroy(held["traffic"])
    categories = standing(places, 2025, 11, 20).categories
    missing = {category: figures.missing_days for category, figures in categories.items()}
    assert {category for category, days in missing.items() if days} == {
        Category.SOURCE,
        Category.TRAFFIC,
    }


def test_what_has_outlived_its_term_is_overdue(places: Places) -> None:
    """Security from its 3 months on, source and traffic from their year on."""
    early = standing(places, 2026, 2, 18).categories
    late = standing(places, 2026, 11, 18).categories
    assert [early[category].overdue_records for category in SEALED] == [0, 0, 1]
    assert [late[category].overdue_records for category in SEALED] == [1, 1, 1]


def test_what_a_waiting_hold_keeps_is_told_apart(places: Places) -> None:
    """By counsel's setting it is no failure to erase, and it is seen; by the other one it is; and
    what no hold is about is overdue all the same."""
    hold = Waiting(UUID(int=1), DAY, DAY)
    told, late = InDatabase(waiting=(hold,)), datetime(2026, 11, 18, tzinfo=UTC)
    kept = look(places, LAW, late, told)
    figures = [kept.categories[category] for category in SEALED]
    assert [(one.overdue_records, one.awaited_records) for one in figures] == [(0, 1)] * 3
    assert kept.hold_day_ends == date(2026, 2, 18)
    shown = Metrics()
    shown.show(kept, late)
    name, labels = "socle_retention_records_kept_for_holds", {"category": "source"}
    assert shown.registry.get_sample_value(name, labels) == 1

    purged = look(replace(places, keeps_for_holds=False), LAW, late, told).categories
    elsewhere = InDatabase(waiting=(replace(hold, first_day=date(2026, 1, 1)),))
    for seen in (purged, look(places, LAW, late, elsewhere).categories):
        figures = [seen[category] for category in SEALED]
        assert [(one.overdue_records, one.awaited_records) for one in figures] == [(1, 0)] * 3


def test_days_whose_grace_is_over_are_due(places: Places) -> None:
    """Sealing that stands still is seen."""
    assert standing(places, 2025, 11, 21).due_days == 1
    assert standing(places, 2025, 11, 30).due_days == 10


def test_an_empty_archive_stands_at_nothing(tmp_path: Path) -> None:
    """Before the first day there is nothing to miss."""
    nothing = Places(tmp_path, tmp_path, tmp_path / "s", tmp_path / "l")
    assert (standing(nothing, 2026, 1, 1).last_day, standing(nothing, 2026, 1, 1).due_days) == (
        None,
        0,
    )
    assert describe_days(tmp_path, LAW) == []


@pytest.mark.parametrize(("day", "due"), [(19, 0), (20, 1), (22, 3)])
def test_before_the_first_seal_the_held_days_count(tmp_path: Path, day: int, due: int) -> None:
    """Two custodians are missing and nothing is ever sealed: age and due days grow all the same."""
    nothing = Places(tmp_path, tmp_path, tmp_path / "s", tmp_path / "l")
    now = look(nothing, LAW, datetime(2025, 11, day, tzinfo=UTC), InDatabase(DAY))
    assert (now.last_day, now.due_days) == (None, due)
    assert now.age_seconds == (day - 17) * 86_400


def test_people_read_the_same_by_day(places: Places) -> None:
    """Each category with its count and its end."""
    rows = describe_days(places.archive, LAW)
    assert [(row.category, row.rows, row.fate) for row in rows] == [
        ("security", 1, "until 2026-02-18"),
        ("source", 1, "until 2026-11-18"),
        ("traffic", 1, "until 2026-11-18"),
    ]
    assert rows[0].as_dict()["kept_until"] == "2026-02-18"


def test_metrics_carry_the_figures_by_category(places: Places) -> None:
    """The two that must be nothing are named as the law's check names them."""
    metrics = Metrics()
    now = datetime(2026, 2, 18, tzinfo=UTC)
    metrics.show(look(places, LAW, now), now)
    metrics.show_run("seal", True, 2.0)
    text = generate_latest(metrics.registry).decode()
    assert 'socle_overdue_purge_records{category="security"} 1.0' in text
    assert 'socle_missing_retention_days{category="source"} 0.0' in text
    assert 'socle_retention_failing{task="seal"} 1.0' in text
    assert 'socle_retention_task_seconds_sum{task="seal"} 2.0' in text
    until = datetime.combine(LAW.decided_until(now.date()), time(), UTC).timestamp()
    told = metrics.registry.get_sample_value("socle_retention_injunction_ends_timestamp_seconds")
    assert told == until
