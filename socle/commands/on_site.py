"""What a command works with where the archive is: its places, the database, the time."""

import asyncio
import getpass
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from datetime import datetime

    import pyarrow as pa
    from sqlalchemy.ext.asyncio import AsyncConnection

    from retention.sealing.archive import Places, Runner
    from retention.sealing.clock_guard import ClockGuard
    from territory.access.audit import Act
    from territory.database.tables.columns import Category

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Site:
    """What a command on the server works with."""

    url: str
    places: "Places"
    now: "datetime"
    is_demo: bool

    def guard(self, after_long_stop: bool) -> "ClockGuard":
        """Return how far the clock is believed."""
        from retention.sealing.clock_guard import ClockGuard

        if self.is_demo:
            return ClockGuard.NONE
        return ClockGuard.AFTER_LONG_STOP if after_long_stop else ClockGuard.FULL

    @property
    def arguments(self) -> "tuple[str, Places, datetime]":
        """Whose archive, and when: what each of its works begins with."""
        return self.url, self.places, self.now


def on_site(
    settings_file: Path | None, work: Callable[[Site], Coroutine[Any, Any, Result]]
) -> Result:
    """Return what `work` does on the server of these settings."""
    from retention.sealing.archive import Places
    from socle.base import clock_of, lay_ground
    from territory.database.components import Component
    from territory.settings import load_settings

    known = load_settings(settings_file)

    async def inside() -> Result:
        ground = await lay_ground(known)
        try:
            url = ground.urls[Component.RETENTION]
            places = replace(Places.of(known), keyring=ground.keyring)
            return await work(Site(url, places, clock_of(known).now(), known.demo))
        finally:
            ground.close()

    return asyncio.run(inside())


def as_only_runner(
    settings_file: Path | None, work: "Callable[[Runner], Coroutine[Any, Any, Result]]"
) -> Result:
    """Return what `work` does while no other run may touch the archive."""
    from retention.sealing.archive import only_runner, unwatched

    async def alone(site: Site) -> Result:
        async with only_runner(*site.arguments, unwatched, site.guard(False)) as runner:
            return await work(runner)

    return on_site(settings_file, alone)


@asynccontextmanager
async def with_accounts(
    site: Site,
) -> "AsyncIterator[tuple[AsyncConnection, Mapping[Category, pa.Table]]]":
    """Give the database, and what it still holds of accounts, as the desk may not read it."""
    from retention.cases.prepare import NOTHING_HELD
    from retention.sealing.vault import load_held
    from territory.database.components import Component
    from territory.database.connect import open_engine, open_pool

    engine, pool = open_engine(site.url), await open_pool(site.url, Component.RETENTION)
    try:
        async with pool.acquire() as connection, engine.connect() as db:
            keyring = site.places.keyring
            yield db, await load_held(connection, keyring) if keyring else NOTHING_HELD
    finally:
        await pool.close()
        await engine.dispose()


async def tell(site: Site, db: "AsyncConnection", act: "Act") -> None:
    """Write an audit line, and commit it: before what it tells of can be taken."""
    from territory.access.audit import append

    await append(db, site.now, None, getpass.getuser(), act)
    await db.commit()
