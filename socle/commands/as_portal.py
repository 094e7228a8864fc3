"""What commands do in the database with the rights of the pages, never more: one transaction each.

Heavy imports wait inside, so that `--help` answers at once.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from territory.settings import Settings

Result = TypeVar("Result")


def run_as_portal(
    settings: "Settings", work: Callable[["AsyncConnection"], Awaitable[Result]]
) -> Result:
    """Do the work in one transaction, with the portal's rights, and return what it returns."""
    from socle.base import lay_ground
    from territory.database.components import Component
    from territory.database.connect import open_engine

    async def inside() -> Result:
        ground = await lay_ground(settings)
        engine = open_engine(ground.urls[Component.PORTAL])
        try:
            async with engine.begin() as db:
                return await work(db)
        finally:
            await engine.dispose()
            ground.close()

    return asyncio.run(inside())
