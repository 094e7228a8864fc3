"""Supervision's seam to the database, under its own role."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from supervision.fleet import (
    Equipment,
    Finding,
    Kind,
    ask_database,
    forget_strangers,
    load_fleet,
    record_findings,
)
from supervision.health import State, Verdict
from supervision.reasons import Reason
from territory.database.components import Component
from territory.database.connect import open_engine
from territory.database.tables import access_point, equipment_state, nas_seen, session
from territory.errors import Unavailable
from tests.integration.supervision.ground import DescribedSite, describe_site

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

RoleUrl = Callable[[Component], str]


@pytest.fixture
async def site(database_url: str) -> DescribedSite:
    """A site with a NAS on loopback and an access point on a network of its own."""
    return await describe_site(
        database_url, "mairie", access_point_address="198.18.0.2", interim_seconds=60
    )


@pytest.fixture
async def engine(role_url: RoleUrl, site: DescribedSite) -> Any:
    """The database as supervision's own role opens it."""
    opened = open_engine(role_url(Component.SUPERVISION))
    yield opened
    await opened.dispose()


async def execute(owner_url: str, *statements: Any) -> None:
    """Carry out statements as the owner, in the place of the component whose rows they are."""
    opened = open_engine(owner_url)
    async with opened.begin() as connection:
        for statement in statements:
            await connection.execute(statement)
    await opened.dispose()


def open_session(site: DescribedSite, last_seen_at: datetime) -> dict[str, Any]:
    """An open session, as RADIUS keeps it."""
    return {
        "session_key": uuid4(),
        "nas_id": site.nas_id,
        "site_id": site.site_id,
        "nas_handle": "nas",
        "acct_session_id": uuid4().hex,
        "started_at": last_seen_at,
        "last_seen_at": last_seen_at,
        "session_seconds": 0,
        "upload_octets": 0,
        "download_octets": 0,
    }


async def one(engine: AsyncEngine, kind: Kind, now: datetime = NOW) -> Equipment:
    """The only piece of equipment of that kind."""
    (found,) = [each for each in await load_fleet(engine, now) if each.kind is kind]
    return found


async def kept(engine: AsyncEngine, equipment_id: UUID) -> Any:
    """Its row of live.equipment_state."""
    query = select(equipment_state).where(equipment_state.c.equipment_id == equipment_id)
    async with engine.connect() as connection:
        return (await connection.execute(query)).one_or_none()


async def test_what_is_described_is_watched(engine: AsyncEngine, site: DescribedSite) -> None:
    """NAS first; a loopback address is not pinged, since this machine would answer for it."""
    nas, borne = await load_fleet(engine, NOW)
    assert (nas.kind, nas.id, nas.site_code, nas.address) == (
        Kind.NAS,
        site.nas_id,
        "mairie",
        None,
    )
    assert (borne.kind, borne.id, str(borne.address)) == (
        Kind.ACCESS_POINT,
        site.access_point_id,
        "198.18.0.2",
    )
    assert borne.radius is None
    assert nas.standing is None


async def test_a_nas_never_heard_has_no_facts(engine: AsyncEngine, site: DescribedSite) -> None:
    """Without a row of RADIUS's, nothing was heard and nothing is open."""
    facts = (await one(engine, Kind.NAS)).radius
    assert facts is not None
    assert (facts.last_heard_at, facts.open_sessions, facts.overdue_sessions) == (None, 0, 0)
    assert facts.patience == 2.5 * MINUTE


async def test_radius_facts_are_read(
    engine: AsyncEngine, site: DescribedSite, database_url: str
) -> None:
    """The latest of both kinds of request; ended sessions do not count, quiet ones are overdue."""
    seen = {
        "nas_id": site.nas_id,
        "last_access_at": NOW - 9 * MINUTE,
        "last_accounting_at": NOW - MINUTE,
        "unsigned_packets": 0,
        "accepts": 1,
        "rejects": 0,
    }
    await execute(
        database_url,
        insert(nas_seen).values(seen),
        insert(session).values(open_session(site, NOW - MINUTE)),
        insert(session).values(open_session(site, NOW - 3 * MINUTE)),
        insert(session).values(open_session(site, NOW - 3 * MINUTE) | {"ended_at": NOW}),
    )
    facts = (await one(engine, Kind.NAS)).radius
    assert facts is not None
    assert facts.last_heard_at == NOW - MINUTE
    assert (facts.open_sessions, facts.overdue_sessions) == (2, 1)


async def test_since_moves_only_when_the_state_changes(
    engine: AsyncEngine, site: DescribedSite
) -> None:
    """Judged again and again in one state: the same since, a fresh check, the last round trip."""
    steps = (
        (NOW, State.UP, Reason.ANSWERS, 0.02),
        (NOW + MINUTE, State.UP, Reason.ANSWERS, 0.03),
        (NOW + 2 * MINUTE, State.DOWN, Reason.SILENT, None),
        (NOW + 3 * MINUTE, State.DOWN, Reason.SITE_SILENT, None),
    )
    since = []
    for at, state, reason, seconds in steps:
        borne = await one(engine, Kind.ACCESS_POINT)
        await record_findings(engine, [Finding(borne, Verdict(state, reason), at, seconds)])
        since.append((await kept(engine, borne.id)).since)
    assert since == [NOW, NOW, NOW + 2 * MINUTE, NOW + 2 * MINUTE]
    row = await kept(engine, site.access_point_id)
    assert (row.state, row.checked_at) == ("down", NOW + 3 * MINUTE)
    assert row.reason == str(Reason.SITE_SILENT.value)
    assert row.round_trip_seconds == 0.03


async def test_the_kept_state_is_where_a_new_start_begins(
    engine: AsyncEngine, site: DescribedSite
) -> None:
    """The standing is read back, with whether it ever answered a ping."""
    borne = await one(engine, Kind.ACCESS_POINT)
    verdict = Verdict(State.DEGRADED, Reason.SLOW)
    await record_findings(engine, [Finding(borne, verdict, NOW, 0.7)])
    standing = (await one(engine, Kind.ACCESS_POINT)).standing
    assert standing is not None
    assert (standing.state, standing.answered_before) == (State.DEGRADED, True)


async def test_what_is_no_longer_described_is_forgotten(
    engine: AsyncEngine, site: DescribedSite, database_url: str
) -> None:
    """A state outlives its equipment by one round at the most; the others stay."""
    verdict = Verdict(State.UP, Reason.ANSWERS)
    fleet = await load_fleet(engine, NOW)
    await record_findings(engine, [Finding(each, verdict, NOW, None) for each in fleet])
    await execute(database_url, delete(access_point))
    await forget_strangers(engine)
    assert await kept(engine, site.access_point_id) is None
    assert await kept(engine, site.nas_id) is not None


async def test_a_database_that_is_away_is_unavailable(role_url: RoleUrl) -> None:
    """Whatever the driver raises, the caller sees one kind of failure, in words."""
    away = open_engine("postgresql://socle_supervision@127.0.0.1:1/socle")
    with pytest.raises(Unavailable, match=r"database\.url"):
        await ask_database(away)
    await away.dispose()
