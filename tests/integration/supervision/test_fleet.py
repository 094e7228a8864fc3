"""Supervision's seam to the database, under its own role."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from supervision.fleet import Equipment, Kind, load_fleet
from territory.database.components import Component
from territory.database.connect import open_engine
from territory.database.tables import nas_seen, session
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
