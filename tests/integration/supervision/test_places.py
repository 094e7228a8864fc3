"""When a place may sleep, and where work is announced, as supervision's own role reads it."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncEngine

from supervision.places import Places
from territory.database.components import Component
from territory.database.connect import open_engine
from territory.database.tables import maintenance, site
from tests.integration.supervision.ground import describe_site
from tests.integration.supervision.test_fleet import execute

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)


@pytest.fixture
async def engine(role_url: Callable[[Component], str]) -> AsyncIterator[AsyncEngine]:
    """The database as supervision's own role opens it."""
    opened = open_engine(role_url(Component.SUPERVISION))
    yield opened
    await opened.dispose()


@pytest.fixture
async def town_hall(database_url: str) -> UUID:
    """A site that is open on weekdays from nine to five."""
    return (await describe_site(database_url, "mairie", hours="Mo-Fr 09:00-17:00")).site_id


async def test_a_place_may_sleep_while_it_is_closed_and_a_little_around(
    engine: AsyncEngine, town_hall: UUID
) -> None:
    """On France's clock; a quarter of an hour after opening and before closing too."""
    places = Places()
    assert not places.may_sleep(town_hall, NOW)
    await places.load(engine, NOW)
    expected = {
        "03:00": True,
        "09:14": True,
        "09:16": False,
        "12:00": False,
        "16:44": False,
        "16:46": True,
        "23:00": True,
    }
    at = {hour: datetime.fromisoformat(f"2026-11-20T{hour}:00+01:00") for hour in expected}
    assert {hour: places.may_sleep(town_hall, at[hour]) for hour in expected} == expected
    assert places.may_sleep(town_hall, datetime(2026, 11, 21, 12, tzinfo=UTC))  # a Saturday


async def test_what_is_changed_counts_from_the_next_round_on(
    engine: AsyncEngine, town_hall: UUID, database_url: str
) -> None:
    """Hours that are taken away, and hours that nobody can read, let nobody sleep."""
    places, night = Places(), NOW + timedelta(hours=10)
    for hours in (None, "no hours at all"):
        await execute(database_url, update(site).values(hours="Mo-Fr 09:00-17:00"))
        await places.load(engine, NOW)
        assert places.may_sleep(town_hall, night)
        await execute(database_url, update(site).values(hours=hours))
        await places.load(engine, NOW)
        assert not places.may_sleep(town_hall, night)


async def test_announced_work_is_known_until_it_ends(
    engine: AsyncEngine, town_hall: UUID, database_url: str
) -> None:
    """A window for the whole territory covers every site, by the instant that is asked about."""
    hour = timedelta(hours=1)
    window = {"begins_at": NOW + hour, "ends_at": NOW + 2 * hour, "asked_at": NOW}
    said = {"id": uuid4(), "why": "fibre", "asked_by": "tech@example.org"}
    await execute(database_url, insert(maintenance).values(window | said))
    places = Places()
    await places.load(engine, NOW)
    assert [places.planned(town_hall, NOW + n * hour) for n in range(3)] == [False, True, False]
