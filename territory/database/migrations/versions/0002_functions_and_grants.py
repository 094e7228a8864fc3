"""Functions and rights: the audit chain, daily partitions, and what each component may touch."""

from alembic import op

revision = "0002"
down_revision = "0001"

_AUDIT_TEXT = """
    -- The exact text whose SHA-256, after the previous digest, is an audit entry's digest.
    CREATE FUNCTION audit.canonical(entry audit.entry) RETURNS text
    LANGUAGE sql IMMUTABLE AS $$
        SELECT concat_ws(chr(31),
            entry.number::text,
            to_char(entry.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
            coalesce(entry.operator_id::text, ''),
            entry.actor, entry.action, entry.subject, entry.detail::text)
    $$
"""

_AUDIT_APPEND = """
    CREATE FUNCTION audit.append(
        at timestamptz, operator_id uuid, actor text, action text, subject text, detail jsonb
    ) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
    DECLARE
        fresh audit.entry;
    BEGIN
        PERFORM pg_advisory_xact_lock(1096107604);  -- one writer: the chain has one end
        SELECT e.number, e.digest INTO fresh.number, fresh.previous_digest
            FROM audit.entry e ORDER BY e.number DESC LIMIT 1;
        fresh.number := coalesce(fresh.number, 0) + 1;
        fresh.previous_digest := coalesce(fresh.previous_digest, decode(repeat('00', 32), 'hex'));
        fresh.at := at;
        fresh.operator_id := operator_id;
        fresh.actor := actor;
        fresh.action := action;
        fresh.subject := subject;
        fresh.detail := detail;
        fresh.digest := sha256(
            fresh.previous_digest || convert_to(audit.canonical(fresh), 'UTF8'));
        INSERT INTO audit.entry SELECT fresh.*;
        RETURN fresh.number;
    END $$
"""

_AUDIT_REFUSE = """
    CREATE FUNCTION audit.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the audit log is append-only';
    END $$
"""

_ENSURE_DAYS = """
    CREATE FUNCTION live.ensure_days(first date, days integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
    DECLARE
        day date;
        parent text;
    BEGIN
        PERFORM pg_advisory_xact_lock(1096107605);
        FOR day IN SELECT generate_series(first, first + days - 1, '1 day')::date LOOP
            FOREACH parent IN ARRAY
                ARRAY['source.event', 'traffic.event', 'security.authentication'] LOOP
                EXECUTE format(
                    'CREATE TABLE IF NOT EXISTS %s_%s PARTITION OF %s FOR VALUES FROM (%L) TO (%L)',
                    parent, to_char(day, 'YYYYMMDD'), parent,
                    day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00');
            END LOOP;
        END LOOP;
    END $$
"""

_DROP_DAY = """
    CREATE FUNCTION live.drop_day(category text, day date) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
    DECLARE
        parent text := CASE category
            WHEN 'source' THEN 'source.event'
            WHEN 'traffic' THEN 'traffic.event'
            WHEN 'security' THEN 'security.authentication' END;
    BEGIN
        IF parent IS NULL THEN
            RAISE EXCEPTION 'no daily partitions for category %', category;
        END IF;
        EXECUTE format('DROP TABLE IF EXISTS %s_%s', parent, to_char(day, 'YYYYMMDD'));
    END $$
"""

_HELD_DAYS = """
    CREATE VIEW live.held_day AS
    SELECT n.nspname AS category, to_date(right(c.relname, 8), 'YYYYMMDD') AS day
    FROM pg_inherits i
    JOIN pg_class c ON c.oid = i.inhrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('source', 'traffic', 'security')
"""

_USAGE = """
    CREATE VIEW live.admission_usage AS
    SELECT admission_id,
        sum(session_seconds)::bigint AS session_seconds,
        sum(upload_octets)::bigint AS upload_octets,
        sum(download_octets)::bigint AS download_octets,
        count(*) FILTER (WHERE ended_at IS NULL) AS open_sessions
    FROM live.session WHERE admission_id IS NOT NULL GROUP BY admission_id
"""

_EVERYONE = """
    GRANT USAGE ON SCHEMA territory, live, audit TO
        socle_portal, socle_radius, socle_supervision, socle_retention, socle_desk;
    GRANT EXECUTE ON FUNCTION audit.append, audit.canonical, live.ensure_days TO
        socle_portal, socle_radius, socle_supervision, socle_retention, socle_desk;
    GRANT SELECT ON territory.organisation, territory.plan, territory.site, territory.network,
        territory.gateway, territory.access_point, territory.alembic_version TO
        socle_portal, socle_radius, socle_supervision, socle_retention, socle_desk;
    GRANT SELECT (id, site_id, gateway_id, code, source_address, identifier,
        require_message_authenticator, limit_proxy_state, coa_port, attribute_sets)
        ON territory.nas TO socle_portal, socle_supervision, socle_retention, socle_desk
"""

_PORTAL = """
    GRANT USAGE ON SCHEMA staff, source TO socle_portal;
    GRANT SELECT, INSERT, UPDATE ON live.admission, live.command TO socle_portal;
    GRANT DELETE ON live.admission TO socle_portal;
    GRANT SELECT ON live.admission_usage, live.nas_seen, live.discard, live.equipment_state
        TO socle_portal;
    GRANT SELECT (id, received_at, nas_id, reason) ON live.set_aside TO socle_portal;
    GRANT SELECT (session_key, nas_id, site_id, started_at, last_seen_at, ended_at)
        ON live.session TO socle_portal;
    GRANT SELECT, INSERT ON source.site_public_address TO socle_portal;
    GRANT UPDATE (valid_until) ON source.site_public_address TO socle_portal;
    GRANT SELECT, INSERT, UPDATE ON staff.operator TO socle_portal;
    GRANT SELECT, INSERT, UPDATE, DELETE ON staff.sign_in, staff.sign_in_link TO socle_portal;
    GRANT SELECT ON audit.entry TO socle_portal
"""

_RADIUS = """
    GRANT USAGE ON SCHEMA source, traffic, security TO socle_radius;
    GRANT SELECT ON territory.nas TO socle_radius;
    GRANT SELECT, UPDATE ON live.admission, live.command TO socle_radius;
    GRANT SELECT, INSERT, UPDATE ON live.session, live.nas_seen, live.discard TO socle_radius;
    GRANT INSERT ON live.set_aside TO socle_radius;
    GRANT INSERT ON source.event, traffic.event, security.authentication TO socle_radius
"""

_SUPERVISION = """
    GRANT SELECT ON live.nas_seen, live.discard TO socle_supervision;
    GRANT SELECT (session_key, nas_id, site_id, started_at, last_seen_at, ended_at)
        ON live.session TO socle_supervision;
    GRANT SELECT, INSERT, UPDATE, DELETE ON live.equipment_state TO socle_supervision
"""

_RETENTION = """
    GRANT USAGE ON SCHEMA source, traffic, security, staff, archive TO socle_retention;
    GRANT EXECUTE ON FUNCTION live.drop_day TO socle_retention;
    GRANT SELECT ON source.event, source.site_public_address, traffic.event,
        security.authentication, live.held_day, live.admission TO socle_retention;
    GRANT DELETE ON live.admission TO socle_retention;
    GRANT SELECT, DELETE ON live.session, live.set_aside, live.discard TO socle_retention;
    GRANT DELETE ON source.site_public_address TO socle_retention;
    GRANT SELECT (id, login, display_name, role, age_recipient, signing_key, disabled_at)
        ON staff.operator TO socle_retention;
    GRANT SELECT, INSERT, UPDATE ON archive.segment, archive.case TO socle_retention
"""

_DESK = """
    GRANT USAGE ON SCHEMA staff, archive TO socle_desk;
    GRANT SELECT, UPDATE ON staff.operator TO socle_desk;
    GRANT SELECT, INSERT, UPDATE, DELETE ON staff.sign_in, staff.sign_in_link TO socle_desk;
    GRANT SELECT ON archive.segment TO socle_desk;
    GRANT SELECT, INSERT, UPDATE ON archive.case TO socle_desk
"""


def upgrade() -> None:
    """Make the functions and views, then grant each role what its component needs."""
    for statement in (_AUDIT_TEXT, _AUDIT_APPEND, _AUDIT_REFUSE):
        op.execute(statement)
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.entry"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse()"
    )
    for statement in (_ENSURE_DAYS, _DROP_DAY, _HELD_DAYS, _USAGE):
        op.execute(statement)
    for function in ("audit.append", "live.ensure_days", "live.drop_day"):
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
    for rights in (_EVERYONE, _PORTAL, _RADIUS, _SUPERVISION, _RETENTION, _DESK):
        for statement in rights.split(";"):
            op.execute(statement)
