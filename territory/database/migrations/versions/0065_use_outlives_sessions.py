"""What a right has used outlives its sessions: these leave once their days are sealed, as all do.

`live.right_use` gives both halves: each session is in one of them. Whatever sums up a right's use,
for its quota or its guest, reads it there.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0065"
down_revision = "0064"


def _column(name: str, type_: sa.types.TypeEngine[Any], comment: str) -> sa.Column[Any]:
    return sa.Column(name, type_, nullable=False, comment=comment)


_SEALED_USE = (
    _column("admission_id", sa.Uuid(), "[source] The right, which still lives."),
    _column("session_seconds", sa.BigInteger(), "[traffic] Time online."),
    _column("upload_octets", sa.BigInteger(), "[traffic] From the guest."),
    _column("download_octets", sa.BigInteger(), "[traffic] To the guest."),
)

_RIGHT_USE = """
    -- What rights have used: a row a session that is known, and one of all that left.
    CREATE VIEW live.right_use AS
    SELECT admission_id, session_seconds, upload_octets, download_octets, ended_at
    FROM live.session
    UNION ALL
    SELECT admission_id, session_seconds, upload_octets, download_octets,
        '-infinity'::timestamptz
    FROM live.sealed_use
"""

# As `AUTHENTICATE` counts (radius/statements.py): so many sessions have used whatever a plan gives.
_USAGE = """
    CREATE OR REPLACE VIEW live.admission_usage AS
    SELECT a.id AS admission_id, used.session_seconds, used.upload_octets, used.download_octets,
        used.open_sessions
    FROM live.admission a CROSS JOIN LATERAL (
        SELECT sum(session_seconds)::bigint AS session_seconds,
            CASE WHEN count(*) < 2000 THEN sum(upload_octets)::bigint
                ELSE 4611686018427387904 END AS upload_octets,
            sum(download_octets)::bigint AS download_octets,
            count(*) FILTER (WHERE ended_at IS NULL) AS open_sessions
        FROM (
            SELECT session_seconds, upload_octets, download_octets, ended_at
            FROM live.right_use WHERE admission_id = a.id LIMIT 2000
        ) counted HAVING count(*) > 0
    ) used
"""

_GATEWAY_SESSIONS = """
    -- Open sessions at gateways without RADIUS, and what the rules need of each: all, or those of
    -- one gateway, or of one device.
    CREATE OR REPLACE FUNCTION live.gateway_sessions(now timestamptz, one_gateway uuid,
        one_device macaddr)
    RETURNS TABLE (session_key uuid, gateway_id uuid, name text, device text, address text,
        site_id uuid, admission_id uuid,
        plan_id uuid, started_at timestamptz, last_seen_at timestamptz, ends_at timestamptz,
        revoked_at timestamptz, revoked_reason text, is_blocked boolean, session_octets bigint,
        used_octets bigint, used_day_seconds bigint, used_month_seconds bigint,
        used_day_octets bigint, used_month_octets bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        SELECT s.session_key, s.nas_id, s.acct_session_id, s.device::text, host(s.address),
            s.site_id, a.id, a.plan_id, s.started_at, s.last_seen_at, a.ends_at, a.revoked_at,
            a.revoked_reason,
            EXISTS (SELECT FROM live.block b WHERE (b.until IS NULL OR b.until > now)
                AND (b.device = s.device OR b.subject_id IN (a.id, a.guest_id))),
            p.session_octets,
            (SELECT coalesce(sum(u.upload_octets + u.download_octets), 0)::bigint
                FROM live.right_use u WHERE u.admission_id = a.id),
            f.day_seconds, f.month_seconds, f.day_octets, f.month_octets
        FROM live.session s
        JOIN territory.gateway g ON g.id = s.nas_id
        JOIN live.admission a ON a.id = s.admission_id
        JOIN territory.plan p ON p.id = a.plan_id
        LEFT JOIN LATERAL (
            SELECT facts.* FROM (SELECT WHERE coalesce(p.day_seconds, p.month_seconds,
                p.day_octets, p.month_octets) IS NOT NULL OFFSET 0) needed
            CROSS JOIN LATERAL live.guest_facts(a.id, s.device, now) facts
        ) f ON true
        WHERE s.ended_at IS NULL AND (one_gateway IS NULL OR s.nas_id = one_gateway)
            AND (one_device IS NULL OR s.device = one_device)
        ORDER BY s.started_at
    $$
"""

_COUNT = """
    -- What a controller says of open sessions since its own beginning of each; counters never fall.
    -- What the device's sessions before told of the same beginning is left to them; an end within
    -- seconds of it is of the one before. Those that left are no longer told apart: where it counts
    -- from before the oldest day that is held, and from before this session, they are all of it.
    CREATE OR REPLACE FUNCTION live.count_gateway_sessions(keys uuid[], uploads bigint[],
        downloads bigint[], sinces timestamptz[], now timestamptz) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        WITH told AS (
            SELECT t.session_key,
                t.upload - coalesce(sum(e.upload_octets), 0) - coalesce(u.upload_octets, 0)
                    AS upload,
                t.download - coalesce(sum(e.download_octets), 0) - coalesce(u.download_octets, 0)
                    AS download
            FROM unnest(keys, uploads, downloads, sinces) AS t(session_key, upload, download, since)
            JOIN live.session s ON s.session_key = t.session_key
            LEFT JOIN live.session e ON e.nas_id = s.nas_id AND e.device = s.device
                AND e.started_at < s.started_at AND e.ended_at > t.since + interval '5 seconds'
            LEFT JOIN live.sealed_use u ON u.admission_id = s.admission_id
                AND t.since + interval '5 seconds' < s.started_at
                AND t.since < (SELECT min(day) FROM live.held_day) AT TIME ZONE 'UTC'
            GROUP BY t.session_key, t.upload, t.download, u.upload_octets, u.download_octets
        ), kept AS (
            UPDATE live.session s SET last_seen_at = greatest(s.last_seen_at, now),
                session_seconds = s.session_seconds
                    + greatest(0, extract(epoch FROM now - s.last_seen_at)::bigint),
                upload_octets = greatest(s.upload_octets, told.upload::bigint),
                download_octets = greatest(s.download_octets, told.download::bigint)
            FROM told
            WHERE s.session_key = told.session_key AND s.ended_at IS NULL
                AND s.nas_id IN (SELECT id FROM territory.gateway)
            RETURNING s.*
        ), source_event AS (
            INSERT INTO source.event (received_at, session_key, kind, nas_id, site_id,
                admission_id, user_name, device, address, address6, session_seconds)
            SELECT now, session_key, 3, nas_id, site_id, admission_id, user_name, device, address,
                address6, session_seconds FROM kept
        )
        INSERT INTO traffic.event (received_at, session_key, kind, session_seconds, upload_octets,
            download_octets)
        SELECT now, session_key, 3, session_seconds, upload_octets, download_octets FROM kept
    $$
"""

_RIGHTS = """
    GRANT SELECT ON live.right_use TO socle_radius;
    GRANT SELECT, INSERT, UPDATE, DELETE ON live.sealed_use TO socle_retention;
    GRANT EXECUTE ON FUNCTION live.count_guests TO socle_retention
"""


def upgrade() -> None:
    """Make the table and the view, and have every reader of a right's use read there."""
    op.create_table(
        "sealed_use",
        *_SEALED_USE,
        sa.PrimaryKeyConstraint("admission_id", name=op.f("pk_sealed_use")),
        schema="live",
        comment="What each right has used in sessions that left: no device, time or place of them.",
    )
    for statement in (_RIGHT_USE, _USAGE, _GATEWAY_SESSIONS, _COUNT, *_RIGHTS.split(";")):
        op.execute(statement)
