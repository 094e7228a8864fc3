"""The doctor tells before the school holidays that hours name are no longer known."""

from datetime import UTC, datetime

from sqlalchemy import update

from socle.commands.hours_findings import of_hours
from territory.database.connect import open_engine
from territory.database.tables import plan, site
from territory.keyring import Keyring
from tests.servers.territory import SitePlan, lay


async def test_school_holidays_are_looked_at_where_somebody_keeps_to_them(
    database_url: str, keyring: Keyring
) -> None:
    """Nothing where nobody does; well while an order is known; a note three months before."""
    here = SitePlan("mairie", "coovachilli", "10.1.0.1:3990", "http://portal.example/")
    await lay(database_url, keyring, [here])
    today, later = datetime(2026, 11, 20, tzinfo=UTC), datetime(2028, 5, 1, tzinfo=UTC)
    engine = open_engine(database_url)
    async with engine.begin() as db:
        await db.execute(update(site).values(hours="Mo-Fr 09:00-17:00; PH off"))
        assert await of_hours(db, today) == []
        await db.execute(update(plan).values(hours="SH Mo-Fr 10:00-16:00"))
        (well,) = await of_hours(db, today)
        (note,) = await of_hours(db, later)
    await engine.dispose()
    assert (well.well, well.says) == (True, "known until 2028-07-03")
    assert (note.well, note.stops) == (False, False)
