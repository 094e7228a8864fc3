"""Budgets' rows: a message is counted against all of its budgets at once, or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from portal.identification.budget import Budget, Scope, Span, begins_on
from portal.identification.challenge import digest
from portal.records import DEADLINE_SECONDS, Pool, reaching

# In the order of the key: two processes never wait for each other crosswise.
_COUNT = """
    INSERT INTO live.message_budget AS b (scope, who, span, began_on, parts)
    SELECT scope, who, span, began_on, $5 FROM unnest($1::text[], $2::bytea[], $3::text[],
        $4::date[]) AS asked(scope, who, span, began_on)
    ORDER BY scope, who, span, began_on
    ON CONFLICT (scope, who, span, began_on) DO UPDATE SET parts = b.parts + excluded.parts
    RETURNING scope, span, parts
"""
_UNPROVEN = """
    SELECT count(*) FROM live.challenge
    WHERE site_id = $1 AND created_at > $2::timestamptz - interval '1 hour'
        AND method = 'sms_code' AND sends > 0 AND proven_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Counted:
    """What came of counting a message."""

    gone: Budget | None = None
    """The budget that would be passed: nothing was counted; None: it may be sent."""
    parts: Mapping[tuple[Scope, Span], int] = field(default_factory=dict)
    """What each budget has now spent."""


class _Gone(Exception):
    def __init__(self, budget: Budget) -> None:
        super().__init__(budget.scope)
        self.budget = budget


@reaching
async def count_message(
    pool: Pool, key: bytes, budgets: Sequence[Budget], parts: int, now: datetime
) -> Counted:
    """Count a message's parts against its budgets, unless one of them would be passed.

    `key` makes the digests of whose they are.
    """
    rows = [(b.scope, digest(key, b.scope, b.who), b.span, begins_on(b.span, now)) for b in budgets]
    try:
        async with pool.acquire(timeout=DEADLINE_SECONDS) as connection, connection.transaction():
            columns = zip(*rows, strict=True)
            told = await connection.fetch(_COUNT, *columns, parts, timeout=DEADLINE_SECONDS)
            spent = {(Scope(r["scope"]), Span(r["span"])): r["parts"] for r in told}
            for budget in budgets:
                if spent[budget.scope, budget.span] > budget.most:
                    raise _Gone(budget)
    except _Gone as gone:
        return Counted(gone=gone.budget)
    return Counted(parts=spent)


@reaching
async def count_unproven(pool: Pool, site_id: UUID, now: datetime) -> int:
    """Return how many codes texted at a site within an hour nobody has typed."""
    return int(await pool.fetchval(_UNPROVEN, site_id, now, timeout=DEADLINE_SECONDS))
