"""Has a gateway present a device once more, by a command that RADIUS works off.

    way_back -> live.command -> RADIUS -> CoA-Request -> gateway -> Access-Request -> its new answer

The guest's browser waits meanwhile, so the deadline is short.
"""

from datetime import datetime
from typing import Final

from portal.gateways.vocabulary import CoaBack
from portal.records import Pool, reaching
from territory.database.commands import (
    Presentation,
    Request,
    Result,
    ask_reauthentication,
    await_result,
)
from territory.identifiers import MacAddress

DEADLINE_SECONDS: Final = 8.0
"""A guest is waiting."""
ANSWER_SECONDS: Final = 1.0
"""Kept for RADIUS to write what came of it."""
BY: Final = "portal"
"""Who asks, in a command's row."""


@reaching
async def reauthenticate(
    pool: Pool, back: CoaBack, device: MacAddress, now: datetime
) -> Result | None:
    """Return what came of it; None: no RADIUS server has worked it off in time.

    Raises:
        Unavailable: the database is away.
    """
    presented = Presentation(back.nas_id, device, back.session)
    request = Request(BY, now, DEADLINE_SECONDS - ANSWER_SECONDS)
    command = await ask_reauthentication(pool, presented, request)
    return await await_result(pool, command, DEADLINE_SECONDS)
