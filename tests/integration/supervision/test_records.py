"""What supervision keeps: states with their changes, samples, what is purged; as its own role."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Table, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from supervision.facts import Evidence, RadiusFacts, Reading, Verdict
from supervision.findings import Backlog, Finding
from supervision.fleet import Equipment, Kind, load_fleet
from supervision.records import (
    CHANGES_KEPT,
    SAMPLES_KEPT,
    Sample,
    ask_database,
    forget_strangers,
    forget_unwatched,
    purge,
    record,
    record_samples,
)
from supervision.sampling import sample
from territory.database.components import Component
from territory.database.connect import open_engine
from territory.database.tables import (
    access_point,
    equipment_state,
    maintenance,
    site_sample,
    state_change,
)
from territory.database.tables import session as sessions
from territory.errors import Unavailable
from territory.health.reasons import Reason
from territory.health.states import State
from tests.integration.supervision.ground import DescribedSite, describe_site
from tests.integration.supervision.test_fleet import execute, one, open_session

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RADIUS = RadiusFacts(NOW - MINUTE, 3, 1, 5 * MINUTE)
SILENCE = Evidence((Reading(NOW - MINUTE, 0.0201, 1), Reading(NOW, None, 3)), RADIUS)

RoleUrl = Callable[[Component], str]


@pytest.fixture
async def site(database_url: str) -> DescribedSite:
    """A site with a NAS on loopback and an access point on a network of its own."""
    return await describe_site(database_url, "mairie", access_point_address="198.18.0.2")


@pytest.fixture
async def engine(role_url: RoleUrl, site: DescribedSite) -> AsyncIterator[AsyncEngine]:
    """The database as supervision's own role opens it."""
    opened = open_engine(role_url(Component.SUPERVISION))
    yield opened
    await opened.dispose()


async def rows(engine: AsyncEngine, table: Table, *order: Any) -> Sequence[Any]:
    """All of a table."""
    async with engine.connect() as connection:
        return (await connection.execute(select(table).order_by(*order))).all()


async def kept(engine: AsyncEngine, equipment_id: UUID) -> Any:
    """Its row of live.equipment_state."""
    query = select(equipment_state).where(equipment_state.c.equipment_id == equipment_id)
    async with engine.connect() as connection:
        return (await connection.execute(query)).one_or_none()


def found(
    equipment: Equipment, reason: Reason, state: State, at: datetime, *, planned: bool = False
) -> Finding:
    """A judgement of a piece of equipment, with some evidence."""
    seconds = None if state is State.DOWN else 0.03
    return Finding(equipment, Verdict(state, reason), at, seconds, SILENCE, planned)


async def test_since_moves_only_when_the_state_changes(
    engine: AsyncEngine, site: DescribedSite
) -> None:
    """Judged again and again in one state: one change, the same since, the last round trip."""
    steps = (
        (NOW, State.UP, Reason.ANSWERS),
        (NOW + MINUTE, State.UP, Reason.SNMP_SILENT),
        (NOW + 2 * MINUTE, State.DOWN, Reason.SILENT),
        (NOW + 3 * MINUTE, State.DOWN, Reason.SITE_SILENT),
    )
    since = []
    for at, state, reason in steps:
        backlog = Backlog()
        backlog.add(found(await one(engine, Kind.ACCESS_POINT), reason, state, at))
        await record(engine, backlog.batch())
        since.append((await kept(engine, site.access_point_id)).since)
    assert since == [NOW, NOW, NOW + 2 * MINUTE, NOW + 2 * MINUTE]
    row = await kept(engine, site.access_point_id)
    assert (row.state, row.checked_at) == ("down", NOW + 3 * MINUTE)
    assert (row.reason_code, row.reason) == ("site_silent", str(Reason.SITE_SILENT.value))
    assert (row.consequence, row.planned, row.round_trip_seconds) == (True, False, 0.03)
    changes = await rows(engine, state_change, state_change.c.number)
    assert [(c.previous, c.state, c.reason, c.at) for c in changes] == [
        (None, "up", "answers", NOW),
        ("up", "down", "silent", NOW + 2 * MINUTE),
    ]


async def test_a_change_is_kept_with_what_led_to_it(
    engine: AsyncEngine, site: DescribedSite
) -> None:
    """Readings and RADIUS's facts, by their age at the change; told as planned where it was."""
    nas = await one(engine, Kind.NAS)
    backlog = Backlog()
    backlog.add(found(nas, Reason.SILENT, State.DOWN, NOW, planned=True))
    await record(engine, backlog.batch())
    (change,) = await rows(engine, state_change)
    assert (change.kind, change.equipment_id, change.site_id) == ("nas", nas.id, site.site_id)
    assert (change.consequence, change.planned) == (False, True)
    assert change.evidence == {
        "readings": [
            {"seconds_before": 60.0, "round_trip_seconds": 0.0201, "tries": 1},
            {"seconds_before": 0.0, "round_trip_seconds": None, "tries": 3},
        ],
        "radius": {"heard_seconds_before": 60.0, "open_sessions": 3, "overdue_sessions": 1},
    }


async def test_an_outage_while_the_database_was_away_is_told_once_it_is_back(
    engine: AsyncEngine, site: DescribedSite
) -> None:
    """Down then up between two writings: both changes, in order, and the state is the last one.

    Written once more, after an answer that never came: nothing more.
    """
    backlog, borne = Backlog(), await one(engine, Kind.ACCESS_POINT)
    away = open_engine("postgresql://socle_supervision@127.0.0.1:1/socle")
    steps = ((State.UP, Reason.ANSWERS), (State.DOWN, Reason.SILENT), (State.UP, Reason.ANSWERS))
    for minutes, (state, reason) in enumerate(steps):
        finding = found(borne, reason, state, NOW + minutes * MINUTE)
        backlog.add(finding)
        borne = replace(borne, standing=finding.standing)
        with pytest.raises(Unavailable):
            await record(away, backlog.batch())
    await away.dispose()
    batch = backlog.batch()
    await record(engine, batch)
    await record(engine, batch)
    backlog.written(batch)
    assert len(backlog) == 0
    changes = await rows(engine, state_change, state_change.c.number)
    assert [(c.previous, c.state) for c in changes] == [
        (None, "up"),
        ("up", "down"),
        ("down", "up"),
    ]
    row = await kept(engine, borne.id)
    assert (row.state, row.since) == ("up", NOW + 2 * MINUTE)


async def test_a_site_that_is_gone_holds_nothing_up(
    engine: AsyncEngine, site: DescribedSite
) -> None:
    """What is about it is left out, and all the rest of the batch is kept."""
    nas, borne = await load_fleet(engine, NOW)
    backlog = Backlog()
    backlog.add(found(replace(nas, site_id=uuid4()), Reason.SILENT, State.DOWN, NOW))
    backlog.add(found(borne, Reason.SILENT, State.DOWN, NOW))
    await record(engine, backlog.batch())
    (change,) = await rows(engine, state_change)
    assert change.equipment_id == borne.id


async def test_what_is_no_longer_described_is_forgotten(
    engine: AsyncEngine, site: DescribedSite, database_url: str
) -> None:
    """A state outlives its equipment by one round at the most; the others stay, and so does what
    was told of it.
    """
    backlog = Backlog()
    for each in await load_fleet(engine, NOW):
        backlog.add(found(each, Reason.ANSWERS, State.UP, NOW))
    await record(engine, backlog.batch())
    await execute(database_url, delete(access_point))
    await forget_strangers(engine)
    assert await kept(engine, site.access_point_id) is None
    assert await kept(engine, site.nas_id) is not None
    assert len(await rows(engine, state_change)) == 2


async def test_what_nobody_watched_is_not_known(engine: AsyncEngine, site: DescribedSite) -> None:
    """From when its next look was due until it is judged anew; what was watched stays."""
    nas, borne = await load_fleet(engine, NOW)
    backlog = Backlog()
    backlog.add(found(nas, Reason.ANSWERS, State.UP, NOW))
    backlog.add(found(borne, Reason.SILENT, State.DOWN, NOW - 3 * MINUTE))
    await record(engine, backlog.batch())
    for _ in range(2):
        await forget_unwatched(engine, NOW - MINUTE, MINUTE)
    row = await kept(engine, borne.id)
    assert (row.state, row.reason_code, row.since) == ("unknown", "not_watched", NOW - 2 * MINUTE)
    assert (await kept(engine, nas.id)).state == "up"
    *_, last = await rows(engine, state_change, state_change.c.number)
    assert (last.equipment_id, last.site_id) == (borne.id, site.site_id)
    assert (last.previous, last.state, last.at) == ("down", "unknown", NOW - 2 * MINUTE)
    assert last.consequence
    assert len(await rows(engine, state_change)) == 3


async def test_samples_count_open_sessions_and_are_kept_once(
    engine: AsyncEngine, site: DescribedSite, database_url: str
) -> None:
    """One row a site and instant, with its open sessions; the second of an instant is dropped."""
    ended = open_session(site, NOW) | {"ended_at": NOW}
    here = open_session(site, NOW)
    await execute(database_url, insert(sessions).values(here), insert(sessions).values(ended))
    await sample(engine, [Sample(site.site_id, 0, 0.02, State.UP)], NOW)
    await record_samples(engine, [Sample(site.site_id, 9, None, State.DOWN)], NOW)
    (row,) = await rows(engine, site_sample)
    assert (row.site_id, row.at, row.state) == (site.site_id, NOW, "up")
    assert (row.open_sessions, row.round_trip_seconds) == (1, 0.02)


async def test_what_is_old_is_purged(
    engine: AsyncEngine, site: DescribedSite, database_url: str
) -> None:
    """Samples after eight days, changes and maintenance after thirteen months; nothing sooner.

    The last change of a piece stays, however old: it says how it has been since.
    """
    nas, borne = await load_fleet(engine, NOW)
    backlog = Backlog()
    for at in (NOW - CHANGES_KEPT - MINUTE, NOW - CHANGES_KEPT + MINUTE):
        backlog.add(found(borne, Reason.ANSWERS, State.UP, at))
    for minutes in (3, 2):
        backlog.add(found(nas, Reason.ANSWERS, State.UP, NOW - CHANGES_KEPT - minutes * MINUTE))
    await record(engine, backlog.batch())
    for at in (NOW - SAMPLES_KEPT - MINUTE, NOW - SAMPLES_KEPT + MINUTE):
        await record_samples(engine, [Sample(site.site_id, 0, None, State.UP)], at)
    window = {"why": "fibre", "asked_by": "tech@example.org", "asked_at": NOW}
    ends = (NOW - CHANGES_KEPT - MINUTE, NOW - CHANGES_KEPT + MINUTE)
    await execute(
        database_url,
        *(
            insert(maintenance).values(window | {"id": uuid4(), "begins_at": at, "ends_at": at})
            for at in ends
        ),
    )
    await purge(engine, NOW)
    changes = await rows(engine, state_change, state_change.c.number)
    assert [(row.equipment_id, row.at) for row in changes] == [
        (borne.id, NOW - CHANGES_KEPT + MINUTE),
        (nas.id, NOW - CHANGES_KEPT - 2 * MINUTE),
    ]
    assert [row.at for row in await rows(engine, site_sample)] == [NOW - SAMPLES_KEPT + MINUTE]
    assert [row.ends_at for row in await rows(engine, maintenance)] == [ends[1]]


async def test_a_database_that_is_away_is_unavailable() -> None:
    """Whatever the driver raises, the caller sees one kind of failure, in words."""
    away = open_engine("postgresql://socle_supervision@127.0.0.1:1/socle")
    with pytest.raises(Unavailable, match=r"database\.url"):
        await ask_database(away)
    await away.dispose()
