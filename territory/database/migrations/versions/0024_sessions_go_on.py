"""A device that comes back at a gateway without RADIUS goes on with the session that was concluded.

Such controllers count from when they let a device in, also over a time in which it was away, so
another session would be told again what the first one was. As with RADIUS, an end that was only
concluded gives way to what shows the session alive after it (`territory.rules.session`). The time
away is not counted: a session's seconds grow by what lies between two words of it, no longer by its
age.
"""

from alembic import op

revision = "0024"
down_revision = "0023"

_REOPEN = """
    -- The newest session of a right at a gateway goes on, if its end was concluded: whether it did.
    CREATE FUNCTION live.reopen_gateway_session(gateway uuid, the_admission uuid,
        the_device macaddr, the_address inet, now timestamptz) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        again live.session;
    BEGIN
        UPDATE live.session s SET ended_at = NULL, terminate_cause = NULL,
            last_seen_at = greatest(s.last_seen_at, now),
            address = coalesce(the_address, s.address)
        WHERE s.session_key = (
                SELECT newest.session_key FROM live.session newest
                WHERE newest.nas_id = gateway AND newest.device = the_device
                    AND newest.admission_id = the_admission
                ORDER BY newest.started_at DESC LIMIT 1)
            AND s.ended_at IS NOT NULL AND s.terminate_cause < 0
            AND s.nas_id IN (SELECT id FROM territory.gateway)
        RETURNING s.* INTO again;
        IF NOT FOUND THEN
            RETURN false;
        END IF;
        INSERT INTO source.event (received_at, session_key, kind, nas_id, site_id, admission_id,
            user_name, device, address, address6, session_seconds)
        VALUES (now, again.session_key, 3, again.nas_id, again.site_id, again.admission_id,
            again.user_name, again.device, again.address, again.address6, again.session_seconds);
        INSERT INTO traffic.event (received_at, session_key, kind, session_seconds, upload_octets,
            download_octets)
        VALUES (now, again.session_key, 3, again.session_seconds, again.upload_octets,
            again.download_octets);
        RETURN true;
    END $$
"""

_COUNT = """
    -- What a controller says of open sessions; counters never fall.
    CREATE OR REPLACE FUNCTION live.count_gateway_sessions(keys uuid[], uploads bigint[],
        downloads bigint[], now timestamptz) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        WITH kept AS (
            UPDATE live.session s SET last_seen_at = greatest(s.last_seen_at, now),
                session_seconds = s.session_seconds
                    + greatest(0, extract(epoch FROM now - s.last_seen_at)::bigint),
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
    CREATE OR REPLACE FUNCTION live.stop_gateway_session(the_key uuid, cause integer, upload bigint,
        download bigint, happened_at timestamptz, gateway_time timestamptz, now timestamptz)
    RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        ended live.session;
        happened integer := CASE WHEN cause < 0 THEN -1 ELSE 2 END;
        delay integer := greatest(0, extract(epoch FROM now - happened_at))::integer;
    BEGIN
        UPDATE live.session s SET
            ended_at = greatest(happened_at, s.started_at), terminate_cause = cause,
            last_seen_at = CASE WHEN cause < 0 THEN s.last_seen_at
                ELSE greatest(s.last_seen_at, now) END,
            session_seconds = s.session_seconds + greatest(0, extract(
                epoch FROM happened_at - greatest(s.last_seen_at, s.ended_at))::bigint),
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


def upgrade() -> None:
    """Make the one function, change the two."""
    for function in (_REOPEN, _COUNT, _STOP):
        op.execute(function)
    op.execute("REVOKE ALL ON FUNCTION live.reopen_gateway_session FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION live.reopen_gateway_session TO socle_portal")
