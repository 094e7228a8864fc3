"""What happened at each site each day, as counts: no person is in them, and they outlive sessions.

The portal adds what it counts of visits; retention adds the sessions that leave, in the statement
that deletes them. `live.site_use` gives both halves of the latter: each session is in one of them.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"


def _column(name: str, type_: sa.types.TypeEngine[Any], comment: str) -> sa.Column[Any]:
    return sa.Column(name, type_, nullable=False, comment=f"[operation] {comment}")


_DAILY_COUNT = (
    _column("day", sa.Date(), "In Europe/Paris."),
    _column("site_id", sa.Uuid(), "Where."),
    _column("step", sa.Text(), "arrived, begun, identified, admitted, online or refused."),
    _column("method", sa.Text(), "Identification method; empty: none yet."),
    _column("language", sa.Text(), "Of the pages."),
    _column("reason", sa.Text(), "Of a refusal, one of our words; else empty."),
    _column("visits", sa.BigInteger(), "How many came so far."),
)
_SITE_DAY = (
    _column("day", sa.Date(), "In Europe/Paris."),
    _column("site_id", sa.Uuid(), "Where."),
    _column("sessions", sa.BigInteger(), "Begun on that day."),
    _column("seconds", sa.BigInteger(), "Spent online on that day, in all sessions."),
)

_SITE_USE = """
    -- Sessions and time online by site and day: of those that left, and of those still known; a
    -- synthetic guest's are nobody's.
    CREATE FUNCTION live.site_use(first_day date, last_day date)
    RETURNS TABLE (site_id uuid, day date, sessions bigint, seconds bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        SELECT part.site_id, part.day, sum(part.sessions)::bigint, sum(part.seconds)::bigint
        FROM (
            SELECT d.site_id, d.day, d.sessions, d.seconds FROM live.site_day d
            WHERE d.day BETWEEN first_day AND last_day
            UNION ALL
            SELECT s.site_id, cut.day,
                (cut.day = (s.started_at AT TIME ZONE 'Europe/Paris')::date)::int, cut.day_seconds
            FROM live.session s
            CROSS JOIN LATERAL live.split_by_day(s.started_at, 0, s.session_seconds, 0, 0) cut
            WHERE s.started_at < ((last_day + 1)::timestamp AT TIME ZONE 'Europe/Paris')
                AND s.last_seen_at >= (first_day::timestamp AT TIME ZONE 'Europe/Paris')
                AND cut.day BETWEEN first_day AND last_day
                AND NOT EXISTS (SELECT FROM territory.probe p WHERE p.id = s.nas_id)
        ) part
        GROUP BY part.site_id, part.day
    $$
"""
_RIGHTS = """
    REVOKE ALL ON FUNCTION live.site_use FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION live.site_use TO socle_portal;
    GRANT SELECT, INSERT, UPDATE (visits) ON live.daily_count TO socle_portal;
    GRANT SELECT (day), DELETE ON live.daily_count TO socle_retention;
    GRANT SELECT, INSERT, UPDATE, DELETE ON live.site_day TO socle_retention
"""


def upgrade() -> None:
    """Make both tables, what reads the second, and their rights."""
    _create(
        "daily_count",
        _DAILY_COUNT,
        "How far visits came, by site and day: kept for years, no person in it.",
        ("day", "site_id", "step", "method", "language", "reason"),
    )
    _create(
        "site_day",
        _SITE_DAY,
        "Sessions that left, by site and day: kept for years, no person in it.",
        ("day", "site_id"),
    )
    op.execute(_SITE_USE)
    for statement in _RIGHTS.split(";"):
        op.execute(statement)


def _create(
    name: str, columns: tuple[sa.Column[Any], ...], comment: str, key: tuple[str, ...]
) -> None:
    op.create_table(
        name,
        *columns,
        sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{name}")),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["territory.site.id"],
            name=op.f(f"fk_{name}_site_id"),
            ondelete="CASCADE",
        ),
        schema="live",
        comment=comment,
    )
