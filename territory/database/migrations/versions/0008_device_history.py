"""Which sessions count as online, said in one place; one device's history, read with a trace."""

from alembic import op

revision = "0008"
down_revision = "0007"

# territory/rules/session.py `live_until` in SQL; a test holds the two equal. No instant is read
# here: whoever asks compares `live_until` with the time of the question.
_OPEN_SESSION = """
    CREATE VIEW live.open_session AS
    SELECT s.session_key, s.nas_id, s.site_id, s.admission_id, s.user_name, s.device,
        s.started_at, s.last_seen_at,
        CASE WHEN s.session_seconds > 0 OR EXISTS (
            SELECT FROM live.session o
            WHERE o.nas_id = s.nas_id AND o.ended_at IS NULL AND o.session_seconds > 0
        )
        THEN s.last_seen_at
            + make_interval(secs => 3 * coalesce(plan.interim_seconds, 600) + 300)
        ELSE greatest(s.last_seen_at, coalesce(admission.ends_at,
                s.started_at + make_interval(secs => coalesce(plan.session_seconds, 0))))
            + interval '300 seconds'
        END AS live_until
    FROM live.session s
    LEFT JOIN live.admission ON admission.id = s.admission_id
    LEFT JOIN territory.site ON site.id = s.site_id
    LEFT JOIN territory.plan ON plan.id = coalesce(admission.plan_id, site.plan_id)
    WHERE s.ended_at IS NULL
"""

# Of tables that later migrations make (live.block) it needs to know when it is called only.
# The only way for pages and commands to what single devices did: one address at a time, its audit
# line written by the same call. `organisation`: whose sites are shown; none: all.
_DEVICE_HISTORY = """
    CREATE FUNCTION live.device_history(
        asked_at timestamptz, operator_id uuid, actor text, asked macaddr, organisation uuid
    ) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
    DECLARE
        sites uuid[];
        keys text[];
        rights text[];
        told jsonb;
    BEGIN
        PERFORM audit.append(asked_at, operator_id, actor, 'device.explained', '', '{}');
        SELECT array_agg(id) INTO sites FROM territory.site
            WHERE organisation IS NULL OR organisation_id = organisation;
        SELECT array_agg(session_key::text) INTO keys FROM live.session
            WHERE device = asked AND site_id = ANY(sites);
        SELECT array_agg(id::text) || array_agg(guest_id::text) INTO rights
            FROM live.binding b JOIN live.admission a ON a.id = b.admission_id
            WHERE b.device = asked AND a.site_id = ANY(sites);
        WITH admission AS (
            SELECT a.created_at AS granted_at, a.ends_at, site.name AS site, plan.name AS plan,
                a.method, b.bound_at, a.revoked_at, a.revoked_reason
            FROM live.binding b JOIN live.admission a ON a.id = b.admission_id
            JOIN territory.site ON site.id = a.site_id
            JOIN territory.plan ON plan.id = a.plan_id
            WHERE b.device = asked AND a.site_id = ANY(sites)
            ORDER BY a.created_at DESC LIMIT 100
        ), answer AS (
            SELECT e.received_at AS at, site.name AS site, nas.code AS nas, e.outcome, e.reason,
                e.nas_id
            FROM security.authentication e
            JOIN territory.site ON site.id = e.site_id
            JOIN territory.nas ON nas.id = e.nas_id
            WHERE e.device = asked AND e.site_id = ANY(sites)
            ORDER BY e.received_at DESC LIMIT 500
        ), session AS (
            SELECT s.started_at, s.last_seen_at, s.ended_at,
                coalesce(o.live_until, s.last_seen_at) AS live_until, site.name AS site,
                nas.code AS nas, s.session_seconds, s.upload_octets, s.download_octets,
                s.terminate_cause, s.nas_id
            FROM live.session s
            LEFT JOIN live.open_session o ON o.session_key = s.session_key
            JOIN territory.site ON site.id = s.site_id
            JOIN territory.nas ON nas.id = s.nas_id
            WHERE s.device = asked AND s.site_id = ANY(sites)
            ORDER BY s.last_seen_at DESC LIMIT 100
        ), seen AS (
            SELECT nas_id FROM answer UNION SELECT nas_id FROM session
        ), discard AS (
            SELECT d.first_at, d.last_at, host(d.source_address) AS address, nas.code AS nas,
                d.reason, d.packets
            FROM live.discard d
            LEFT JOIN territory.nas ON nas.source_address = d.source_address
            WHERE d.last_at > asked_at - interval '2 days'
                AND CASE WHEN nas.id IS NULL
                    THEN organisation IS NULL AND NOT EXISTS (SELECT FROM seen)
                    ELSE nas.site_id = ANY(sites)
                        AND (nas.id IN (SELECT nas_id FROM seen) OR NOT EXISTS (SELECT FROM seen))
                    END
            ORDER BY d.last_at DESC LIMIT 50
        ), block AS (
            SELECT b.created_at AS since, b.until, b.reason, b.author AS by
            FROM live.block b
            WHERE b.device = asked OR b.subject_id::text = ANY(rights)
            ORDER BY b.created_at DESC LIMIT 50
        ), command AS (
            SELECT c.requested_at AS at, c.kind, c.requested_by AS by,
                c.result ->> 'outcome' AS outcome, c.result ->> 'words' AS words
            FROM live.command c
            WHERE c.payload ->> 'session_key' = ANY(keys)
                OR c.payload ->> 'admission_id' = ANY(rights)
                OR c.payload ->> 'device' = asked::text
            ORDER BY c.requested_at DESC LIMIT 50
        )
        SELECT jsonb_build_object(
            'admissions', (SELECT coalesce(jsonb_agg(to_jsonb(a)), '[]') FROM admission a),
            'answers', (SELECT coalesce(jsonb_agg(to_jsonb(a) - 'nas_id'), '[]') FROM answer a),
            'sessions', (SELECT coalesce(jsonb_agg(to_jsonb(s) - 'nas_id'), '[]') FROM session s),
            'discards', (SELECT coalesce(jsonb_agg(to_jsonb(d)), '[]') FROM discard d),
            'blocks', (SELECT coalesce(jsonb_agg(to_jsonb(b)), '[]') FROM block b),
            'commands', (SELECT coalesce(jsonb_agg(to_jsonb(c)), '[]') FROM command c)
        ) INTO told;
        RETURN told;
    END $$
"""

_RIGHTS = """
    REVOKE ALL ON FUNCTION live.device_history FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION live.device_history TO socle_portal;
    GRANT SELECT ON live.open_session TO socle_radius;
    GRANT SELECT (session_key, nas_id, site_id, admission_id, started_at, last_seen_at, live_until)
        ON live.open_session TO socle_portal, socle_supervision
"""


def upgrade() -> None:
    """Make the view and the function, and say who may use them."""
    op.execute(_OPEN_SESSION)
    op.execute(_DEVICE_HISTORY)
    for statement in _RIGHTS.split(";"):
        op.execute(statement)
