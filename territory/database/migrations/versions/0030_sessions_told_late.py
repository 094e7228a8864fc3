"""A gateway without RADIUS may tell late, and count on; a link's word ends what guests had shown.

* A notice that a client left finds its session also where its end was concluded before: a told end
  stands over a concluded one. It dates the end by its coming, or by the device's next beginning.
* A controller counts from its own beginning, of a pass or of an association. What sessions before
  told of that is theirs: a session counts what is beyond it.
* Where a tunnel tells another public address, what guests were seen to come from ends with it.
"""

from alembic import op

revision = "0030"
down_revision = "0029"

_FIND = """
    -- The newest session of a device that a gateway knows by this mark, if its end is still to be
    -- told; and when the device began anew there since.
    CREATE FUNCTION live.gateway_session_to_end(gateway uuid, the_device macaddr, mark text)
    RETURNS TABLE (session_key uuid, began_anew_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        SELECT newest.session_key,
            (SELECT min(later.started_at) FROM live.session later
                WHERE later.nas_id = gateway AND later.device = the_device
                    AND later.started_at > newest.started_at)
        FROM (SELECT s.* FROM live.session s
            WHERE s.nas_id = gateway AND s.device = the_device
                AND starts_with(s.acct_session_id, mark || '-')
                AND s.nas_id IN (SELECT id FROM territory.gateway)
            ORDER BY s.started_at DESC LIMIT 1) newest
        WHERE newest.ended_at IS NULL OR newest.terminate_cause < 0
    $$
"""

_COUNT = """
    -- What a controller says of open sessions since its own beginning of each; counters never fall.
    -- What the device's sessions before told of the same beginning is left to them; an end within
    -- seconds of it is of the one before.
    CREATE FUNCTION live.count_gateway_sessions(keys uuid[], uploads bigint[],
        downloads bigint[], sinces timestamptz[], now timestamptz) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        WITH told AS (
            SELECT t.session_key, t.upload - coalesce(sum(e.upload_octets), 0) AS upload,
                t.download - coalesce(sum(e.download_octets), 0) AS download
            FROM unnest(keys, uploads, downloads, sinces) AS t(session_key, upload, download, since)
            JOIN live.session s ON s.session_key = t.session_key
            LEFT JOIN live.session e ON e.nas_id = s.nas_id AND e.device = s.device
                AND e.started_at < s.started_at AND e.ended_at > t.since + interval '5 seconds'
            GROUP BY t.session_key, t.upload, t.download
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

_NOTE_ADDRESS = """
    CREATE OR REPLACE FUNCTION live.note_link_address(site uuid, seen inet, at timestamptz)
    RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
    DECLARE
        stated boolean;
        known boolean;
    BEGIN
        PERFORM pg_advisory_xact_lock(hashtextextended(site::text, 0));
        SELECT coalesce(bool_or(origin = 'stated'), false),
            coalesce(bool_or(origin = 'link' AND address = seen), false)
        INTO stated, known FROM source.site_public_address
        WHERE site_id = site AND valid_until IS NULL;
        UPDATE source.site_public_address SET valid_until = greatest(valid_from, at)
        WHERE site_id = site AND valid_until IS NULL AND origin = 'link'
            AND (stated OR address <> seen);
        IF stated OR known THEN
            RETURN false;
        END IF;
        UPDATE source.site_public_address SET valid_until = greatest(valid_from, at)
        WHERE site_id = site AND valid_until IS NULL AND origin = 'observed' AND address <> seen;
        INSERT INTO source.site_public_address (id, site_id, address, valid_from, origin)
        VALUES (gen_random_uuid(), site, seen, at, 'link');
        RETURN true;
    END $$
"""
_RIGHTS = """
    REVOKE ALL ON FUNCTION live.gateway_session_to_end FROM PUBLIC;
    REVOKE ALL ON FUNCTION live.count_gateway_sessions FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION live.gateway_session_to_end, live.count_gateway_sessions
        TO socle_portal
"""


def upgrade() -> None:
    """Make the one function, and change the two."""
    op.execute("DROP FUNCTION live.count_gateway_sessions(uuid[], bigint[], bigint[], timestamptz)")
    for statement in (_FIND, _COUNT, _NOTE_ADDRESS, *_RIGHTS.split(";")):
        op.execute(statement)
