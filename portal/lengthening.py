"""Makes a right last longer, and has the gateway told: both, or neither.

    extension.py decides -> live.admission -> live.command -> RADIUS -> CoA-Request -> gateway

RADIUS reads the row to know what to tell, so the row is written first. Where the gateway does not
take it, the row is put back: what the guest is told they have left is what their gateway grants.
Where we die in between, the guest is captive at the old end, and their right lets them in again.
"""

from datetime import datetime
from typing import Final

from portal.admission import Admission
from portal.reauthentication import ANSWER_SECONDS, BY
from portal.records import DEADLINE_SECONDS, Pool, reaching
from territory.database.commands import Outcome, Request, Target, ask_change, await_result

WAIT_SECONDS: Final = 8.0
"""A guest is waiting."""
_MOVE_END: Final = """
    UPDATE live.admission SET ends_at = $3
    WHERE id = $1 AND ends_at = $2 AND revoked_at IS NULL RETURNING true
"""


@reaching
async def lengthen(pool: Pool, held: Admission, longer: Admission, now: datetime) -> bool:
    """Make `held` last as long as `longer`; say whether its gateway was told.

    Raises:
        Unavailable: the database is away.
    """
    if not await _move(pool, held, longer):
        return False
    request = Request(BY, now, WAIT_SECONDS - ANSWER_SECONDS)
    command = await ask_change(pool, Target(admission_id=held.id), request)
    result = await await_result(pool, command, WAIT_SECONDS)
    if result is not None and result.outcome is Outcome.CHANGED:
        return True
    await _move(pool, longer, held)
    return False


async def _move(pool: Pool, of: Admission, to: Admission) -> bool:
    """Move the end of a right, unless it is another by now."""
    moved = await pool.fetchval(_MOVE_END, of.id, of.ends_at, to.ends_at, timeout=DEADLINE_SECONDS)
    return moved is True
