"""What the funnel counts reaches the database as daily counts: added, once, without a person."""

from typing import Any

import asyncpg

from portal.app import create_app
from portal.daily_counts import DailyCounts
from portal.guest.parts import Portal
from territory.rules.quotas import day_of
from tests.integration.portal.conftest import Guest, Radius, Seed, serve, user_name_in
from tests.servers.outage import DatabaseOutage

READ = """
    SELECT step, method, language, reason, visits FROM live.daily_count
    WHERE site_id = $1 AND day = $2 ORDER BY step
"""


async def counted(owner: Any, portal: Portal, seed: Seed) -> list[tuple[Any, ...]]:
    """Return what is written of the town hall today."""
    rows = await owner.fetch(READ, seed.town_hall, day_of(portal.now()))
    return [tuple(row) for row in rows]


async def test_visits_are_added_and_written_at_the_end(
    portal: Portal, radius: Radius, owner: Any, seed: Seed
) -> None:
    """A guest whose session RADIUS tells of is online, though they never saw our page; what was
    counted since the last time is written when the portal stops."""
    counts = DailyCounts(portal.metrics.funnel, portal.pool, portal.now)
    async with serve(create_app(portal, https_only=False)) as guest:
        page = await guest.arrive()
        right = await radius.bind(user_name_in(await guest.post("/visite", visit=page.visit)))
        await counts.flush()
        way = ("click_through", "fr", "")
        expected = [
            ("admitted", *way, 1),
            ("arrived", "", "fr", "", 1),
            ("begun", *way, 1),
            ("identified", *way, 1),
        ]
        assert await counted(owner, portal, seed) == expected
        await radius.account(right, 1000)
        await counts.flush()
        await counts.flush()
        expected.append(("online", *way, 1))
        assert await counted(owner, portal, seed) == expected
        await guest.arrive(res="failed", challenge=None)
        await guest.arrive()
    expected[1] = ("arrived", "", "fr", "", 2)
    expected.append(("refused", "", "fr", "other", 1))
    assert await counted(owner, portal, seed) == expected


async def test_an_outage_loses_no_count(
    guest: Guest, portal: Portal, seed: Seed, database_url: str
) -> None:
    """What cannot be written waits, of its own day, and is written once."""
    counts = DailyCounts(portal.metrics.funnel, portal.pool, portal.now)
    await guest.arrive()
    outage = DatabaseOutage(database_url)
    await outage.begin()
    await counts.try_flush()
    await guest.arrive()
    await counts.try_flush()
    await outage.end()
    await counts.try_flush()
    await counts.try_flush()
    owner = await asyncpg.connect(database_url)
    found = await counted(owner, portal, seed)
    await owner.close()
    assert found == [("arrived", "", "fr", "", 2)]
