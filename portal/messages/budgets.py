"""Budgets' rows: a message is counted against all of its budgets at once, or not at all."""

from collections.abc import Sequence
from datetime import date, datetime
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
# A code that did not go out was set back before its own beginning (`challenges.sending`).
_UNPROVEN = """
    SELECT count(*) FROM live.challenge
    WHERE site_id = $1 AND created_at > $2::timestamptz - interval '1 hour'
        AND method = 'sms_code' AND sends > 0 AND proven_at IS NULL AND sent_at >= created_at
"""
_GIVE_BACK = """
    UPDATE live.message_budget b SET parts = greatest(0, b.parts - $5)
    FROM (SELECT * FROM live.message_budget
        JOIN unnest($1::text[], $2::bytea[], $3::text[], $4::date[])
            AS asked(scope, who, span, began_on) USING (scope, who, span, began_on)
        ORDER BY scope, who, span, began_on FOR UPDATE OF message_budget) AS held
    WHERE (b.scope, b.who, b.span, b.began_on)
        = (held.scope, held.who, held.span, held.began_on)
"""
_FAILED = """
    INSERT INTO live.sms_failure AS f (site_id, day, reason, messages, last_at)
    VALUES ($1, $2, $3, 1, $4) ON CONFLICT (site_id, day, reason)
    DO UPDATE SET messages = f.messages + 1, last_at = greatest(f.last_at, excluded.last_at)
"""


class _Gone(Exception):
    def __init__(self, budget: Budget) -> None:
        super().__init__(budget.scope)
        self.budget = budget


@reaching
async def count_message(
    pool: Pool, key: bytes, budgets: Sequence[Budget], parts: int, now: datetime
) -> Budget | None:
    """Count a message's parts against its budgets; return the one that it would pass.

    Then nothing was counted; None: it may be sent. `key` makes the digests of whose they are.
    """
    try:
        async with pool.acquire(timeout=DEADLINE_SECONDS) as connection, connection.transaction():
            columns = _columns(key, budgets, now)
            told = await connection.fetch(_COUNT, *columns, parts, timeout=DEADLINE_SECONDS)
            spent = {(Scope(r["scope"]), Span(r["span"])): r["parts"] for r in told}
            for budget in budgets:
                if spent[budget.scope, budget.span] > budget.most:
                    raise _Gone(budget)
    except _Gone as gone:
        return gone.budget
    return None


@reaching
async def give_back(
    pool: Pool, key: bytes, budgets: Sequence[Budget], parts: int, now: datetime
) -> None:
    """Take back from budgets what `count_message` counted, of a message that nobody took.

    Its source's stay as they are: they count who asks, so that an outage lets nobody ask for ever.
    """
    spent = [one for one in budgets if one.scope is not Scope.SOURCE]
    columns = _columns(key, spent, now)
    await pool.execute(_GIVE_BACK, *columns, parts, timeout=DEADLINE_SECONDS)


def _columns(
    key: bytes, budgets: Sequence[Budget], now: datetime
) -> tuple[list[Scope], list[bytes], list[Span], list[date]]:
    """Return the rows' keys, a list for each column."""
    return (
        [one.scope for one in budgets],
        [digest(key, one.scope, one.who) for one in budgets],
        [one.span for one in budgets],
        [begins_on(one.span, now) for one in budgets],
    )


@reaching
async def count_unproven(pool: Pool, site_id: UUID, now: datetime) -> int:
    """Return how many codes texted at a site within an hour nobody has typed."""
    return int(await pool.fetchval(_UNPROVEN, site_id, now, timeout=DEADLINE_SECONDS))


@reaching
async def record_failure(pool: Pool, site_id: UUID, reason: str, now: datetime) -> None:
    """Count a message that the provider did not take; `reason` names nobody."""
    day = begins_on(Span.DAY, now)
    await pool.execute(_FAILED, site_id, day, reason, now, timeout=DEADLINE_SECONDS)
