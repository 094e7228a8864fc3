"""Sessions at gateways that speak no RADIUS, told by the portal; and what such gateways wait for.

The portal may read no session and write none but through these functions, which touch nothing of
a NAS's: `nas_id` of such a session is its gateway's id, and `territory.reporter` knows the code of
both. Whoever begins a session at a gateway has left the one before. `live.waiting` is what
gateways that come and ask are to be told: a portal that starts reads it, another hears of it by
NOTIFY.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"

_REPORTER = """
    CREATE VIEW territory.reporter AS
    SELECT id, code FROM territory.nas UNION ALL SELECT id, code FROM territory.gateway
"""

_LEFT = """
    -- What a device had open at a gateway when it begins anew: nobody told when that ended, only
    -- that it had (Acct-Terminate-Cause 2, Lost-Carrier, concluded).
    CREATE FUNCTION live.leave_gateway_sessions(gateway uuid, the_device macaddr, now timestamptz)
    RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
        WITH ended AS (
            UPDATE live.session SET ended_at = now, terminate_cause = -2
            WHERE nas_id = gateway AND device = the_device AND ended_at IS NULL
            RETURNING *
        ), source_event AS (
            INSERT INTO source.event (received_at, session_key, kind, nas_id, site_id,
                admission_id, user_name, device, address, address6, session_seconds)
            SELECT now, session_key, -1, nas_id, site_id, admission_id, user_name, device, address,
                address6, session_seconds FROM ended
        )
        INSERT INTO traffic.event (received_at, session_key, kind, session_seconds, upload_octets,
            download_octets, terminate_cause)
        SELECT now, session_key, -1, session_seconds, upload_octets, download_octets,
            terminate_cause FROM ended
    $$
"""

_START = """
    -- A device was let in: whether that was news. Its right must be of the gateway's site, and its
    -- own.
    CREATE FUNCTION live.start_gateway_session(the_key uuid, gateway uuid, the_admission uuid,
        name text, the_device macaddr, the_address inet, now timestamptz) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
    DECLARE
        fresh live.session;
    BEGIN
        SELECT g.code, g.site_id, a.id, a.user_name
        INTO fresh.nas_handle, fresh.site_id, fresh.admission_id, fresh.user_name
        FROM territory.gateway g
        JOIN live.admission a ON a.site_id = g.site_id AND a.id = the_admission
        JOIN live.binding b ON b.admission_id = a.id AND b.device = the_device
        WHERE g.id = gateway;
        IF NOT FOUND OR EXISTS (SELECT FROM live.session WHERE session_key = the_key) THEN
            RETURN false;
        END IF;
        PERFORM live.leave_gateway_sessions(gateway, the_device, now);
        INSERT INTO live.session (session_key, nas_id, site_id, nas_handle, acct_session_id,
            admission_id, user_name, device, address, started_at, last_seen_at, session_seconds,
            upload_octets, download_octets)
        VALUES (the_key, gateway, fresh.site_id, fresh.nas_handle, name, fresh.admission_id,
            fresh.user_name, the_device, the_address, now, now, 0, 0, 0)
        ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN
            RETURN false;
        END IF;
        INSERT INTO source.event (received_at, session_key, kind, nas_id, site_id, admission_id,
            user_name, device, address, session_seconds)
        VALUES (now, the_key, 1, gateway, fresh.site_id, fresh.admission_id, fresh.user_name,
            the_device, the_address, 0);
        INSERT INTO traffic.event (received_at, session_key, kind, session_seconds, upload_octets,
            download_octets)
        VALUES (now, the_key, 1, 0, 0, 0);
        RETURN true;
    END $$
"""

_COUNT = """
    -- What a controller says of open sessions; counters never fall.
    CREATE FUNCTION live.count_gateway_sessions(keys uuid[], uploads bigint[], downloads bigint[],
        now timestamptz) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
        WITH kept AS (
            UPDATE live.session s SET last_seen_at = greatest(s.last_seen_at, now),
                session_seconds = greatest(s.session_seconds,
                    extract(epoch FROM now - s.started_at)::bigint),
                upload_octets = greatest(s.upload_octets, told.upload),
                download_octets = greatest(s.download_octets, told.download)
            FROM unnest(keys, uploads, downloads) AS told(session_key, upload, download)
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

_STOP = """
    -- A session ended: told (a cause of RFC 2866 §5.10), or concluded by the base (the cause below
    -- nought). A told end stands over a concluded one. Returns whether anything changed.
    CREATE FUNCTION live.stop_gateway_session(the_key uuid, cause integer, upload bigint,
        download bigint, happened_at timestamptz, gateway_time timestamptz, now timestamptz)
    RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
    DECLARE
        ended live.session;
        happened integer := CASE WHEN cause < 0 THEN -1 ELSE 2 END;
        delay integer := greatest(0, extract(epoch FROM now - happened_at))::integer;
    BEGIN
        UPDATE live.session s SET
            ended_at = greatest(happened_at, s.started_at), terminate_cause = cause,
            last_seen_at = CASE WHEN cause < 0 THEN s.last_seen_at
                ELSE greatest(s.last_seen_at, now) END,
            session_seconds = greatest(s.session_seconds,
                extract(epoch FROM happened_at - s.started_at)::bigint),
            upload_octets = greatest(s.upload_octets, upload),
            download_octets = greatest(s.download_octets, download)
        WHERE s.session_key = the_key AND s.nas_id IN (SELECT id FROM territory.gateway)
            AND (s.ended_at IS NULL OR s.terminate_cause < 0 AND cause >= 0)
        RETURNING s.* INTO ended;
        IF NOT FOUND THEN
            RETURN false;
        END IF;
        INSERT INTO source.event (received_at, session_key, kind, nas_id, site_id, admission_id,
            user_name, device, address, address6, nas_time, delay_seconds, session_seconds)
        VALUES (now, the_key, happened, ended.nas_id, ended.site_id, ended.admission_id,
            ended.user_name, ended.device, ended.address, ended.address6, gateway_time, delay,
            ended.session_seconds);
        INSERT INTO traffic.event (received_at, session_key, kind, session_seconds, upload_octets,
            download_octets, terminate_cause)
        VALUES (now, the_key, happened, ended.session_seconds, ended.upload_octets,
            ended.download_octets, cause);
        RETURN true;
    END $$
"""

_OPEN = """
    -- Open sessions at gateways without RADIUS, and what the rules need of each: all, or those of
    -- one gateway, or of one device.
    CREATE FUNCTION live.gateway_sessions(now timestamptz, one_gateway uuid, one_device macaddr)
    RETURNS TABLE (session_key uuid, gateway_id uuid, name text, device text, address text,
        site_id uuid, admission_id uuid,
        plan_id uuid, started_at timestamptz, last_seen_at timestamptz, ends_at timestamptz,
        revoked_at timestamptz, revoked_reason text, is_blocked boolean, session_octets bigint,
        used_octets bigint, used_day_seconds bigint, used_month_seconds bigint,
        used_day_octets bigint, used_month_octets bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
        SELECT s.session_key, s.nas_id, s.acct_session_id, s.device::text, host(s.address),
            s.site_id, a.id, a.plan_id, s.started_at, s.last_seen_at, a.ends_at, a.revoked_at,
            a.revoked_reason,
            EXISTS (SELECT FROM live.block b WHERE (b.until IS NULL OR b.until > now)
                AND (b.device = s.device OR b.subject_id IN (a.id, a.guest_id))),
            p.session_octets,
            (SELECT coalesce(sum(u.upload_octets + u.download_octets), 0)::bigint
                FROM live.session u WHERE u.admission_id = a.id),
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

_AT_GATEWAYS = """
    -- Whether a command is about open sessions at gateways without RADIUS that the portal has not
    -- dealt with yet: such a command is the portal's before it is RADIUS's.
    CREATE FUNCTION live.is_for_portal(payload jsonb) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
        SELECT NOT payload ? 'gateways' AND payload ?| ARRAY['session_key', 'admission_id',
            'device', 'site_id'] AND EXISTS (
            SELECT FROM live.session s JOIN territory.gateway g ON g.id = s.nas_id
            WHERE s.ended_at IS NULL
                AND coalesce(s.session_key::text = payload ->> 'session_key', true)
                AND coalesce(s.admission_id::text = payload ->> 'admission_id',
                    payload ->> 'admission_id' IS NULL)
                AND coalesce(s.device::text = payload ->> 'device', payload ->> 'device' IS NULL)
                AND coalesce(s.site_id::text = payload ->> 'site_id', true))
    $$
"""

_FUNCTIONS = (_LEFT, _START, _COUNT, _STOP, _OPEN, _AT_GATEWAYS)

_TELL = """
    CREATE FUNCTION live.tell_waiting() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_notify('waiting', '');
        RETURN NULL;
    END $$
"""

_RIGHTS = """
    REVOKE ALL ON FUNCTION live.leave_gateway_sessions, live.start_gateway_session,
        live.count_gateway_sessions, live.stop_gateway_session, live.gateway_sessions,
        live.is_for_portal FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION live.start_gateway_session, live.count_gateway_sessions,
        live.stop_gateway_session, live.gateway_sessions TO socle_portal;
    GRANT EXECUTE ON FUNCTION live.is_for_portal TO socle_portal, socle_radius;
    GRANT SELECT ON territory.reporter TO
        socle_portal, socle_radius, socle_supervision, socle_retention, socle_desk;
    GRANT SELECT, INSERT, UPDATE, DELETE ON live.waiting TO socle_portal
"""


def upgrade() -> None:
    """Make view, functions and table; the device's history knows gateways as well as NAS."""
    op.execute(_REPORTER)
    op.execute(
        "COMMENT ON COLUMN live.session.nas_id IS"
        " '[source] Who reported it: a NAS, or a gateway without RADIUS.'"
    )
    for function in _FUNCTIONS:
        op.execute(function)
    _make_waiting()
    op.execute(_TELL)
    op.execute(
        "CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON live.waiting"
        " FOR EACH STATEMENT EXECUTE FUNCTION live.tell_waiting()"
    )
    for statement in _RIGHTS.split(";"):
        op.execute(statement)
    _explain_gateways()


def _explain_gateways() -> None:
    """Have `live.device_history` find a session's reporter in place of its NAS."""
    connection = op.get_bind()
    known = "SELECT pg_get_functiondef('live.device_history'::regproc)"
    text = str(connection.scalar(sa.text(known)))
    found = "JOIN territory.nas ON nas.id = s.nas_id"
    if found not in text:
        raise RuntimeError("live.device_history does not read as 0008 wrote it")
    changed = text.replace(found, "JOIN territory.reporter nas ON nas.id = s.nas_id")
    connection.exec_driver_sql(changed)


def _make_waiting() -> None:
    op.create_table(
        "waiting",
        sa.Column(
            "token",
            sa.Text(),
            nullable=False,
            comment="[source] The gateway's own name of the client (rhid).",
        ),
        sa.Column("gateway_id", sa.Uuid(), nullable=False, comment="[source] Who is to be told."),
        sa.Column(
            "admission_id", sa.Uuid(), nullable=False, comment="[source] The right it goes by."
        ),
        sa.Column("device", postgresql.MACADDR(), nullable=False, comment="[source] The device."),
        sa.Column(
            "address",
            postgresql.INET(),
            nullable=True,
            comment="[source] Its private IPv4 address, where told.",
        ),
        sa.Column(
            "rights",
            sa.Text(),
            nullable=False,
            comment="[operation] Minutes, kbit/s and kByte, as the gateway is told them.",
        ),
        sa.Column(
            "asked_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="[source] The guest was admitted at.",
        ),
        sa.Column(
            "acknowledged_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="[source] The gateway said that it let it in; none: not yet.",
        ),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_waiting")),
        schema="live",
        comment="Who was admitted at a gateway that comes and asks, for a few minutes.",
    )
