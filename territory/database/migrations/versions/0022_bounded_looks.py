"""What one guest or NAS can make a look-up cost is bounded; a device just let in counts as one.

`live.guest_used` and `live.guest_facts` look at 2 000 sessions of a guest at most, as a log-in does
of an admission, and so does `live.admission_usage`. What has been counted day by day is whole
whatever their number: beyond the bound, only what was told in the last minute can be missing.

Until when a session counts as live is one function now, so that whoever sweeps many sessions of one
NAS need not ask for each of them whether that NAS ever reports.
"""

from alembic import op

revision = "0022"
down_revision = "0021"

_LIVE_UNTIL = """
    -- territory/rules/session.py `live_until` in SQL; a test holds the two equal.
    CREATE FUNCTION live.live_until(reports boolean, last_seen_at timestamptz,
        started_at timestamptz, interim_seconds integer, ends_at timestamptz,
        session_seconds bigint) RETURNS timestamptz
    LANGUAGE sql STABLE PARALLEL SAFE AS $$
        SELECT CASE WHEN reports
            THEN last_seen_at + make_interval(secs => 3 * coalesce(interim_seconds, 600) + 300)
            ELSE greatest(last_seen_at, coalesce(ends_at,
                    started_at + make_interval(secs => coalesce(session_seconds, 0))))
                + interval '300 seconds'
            END
    $$
"""

_OPEN_SESSION = """
    CREATE OR REPLACE VIEW live.open_session AS
    SELECT s.session_key, s.nas_id, s.site_id, s.admission_id, s.user_name, s.device,
        s.started_at, s.last_seen_at,
        live.live_until(
            s.session_seconds > 0 OR EXISTS (
                SELECT FROM live.session o
                WHERE o.nas_id = s.nas_id AND o.ended_at IS NULL AND o.session_seconds > 0
            ), s.last_seen_at, s.started_at, plan.interim_seconds, admission.ends_at,
            plan.session_seconds) AS live_until
    FROM live.session s
    LEFT JOIN live.admission ON admission.id = s.admission_id
    LEFT JOIN territory.site ON site.id = s.site_id
    LEFT JOIN territory.plan ON plan.id = coalesce(admission.plan_id, site.plan_id)
    WHERE s.ended_at IS NULL
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
            FROM live.session WHERE admission_id = a.id LIMIT 2000
        ) counted HAVING count(*) > 0
    ) used
"""

_GUEST_USED = """
    -- What a guest has used today and this month: what is counted, and what is not yet.
    CREATE OR REPLACE FUNCTION live.guest_used(the_guest uuid, the_device macaddr, now timestamptz,
        OUT day_seconds bigint, OUT month_seconds bigint,
        OUT day_octets bigint, OUT month_octets bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    DECLARE
        today date := (now AT TIME ZONE 'Europe/Paris')::date;
        first date := date_trunc('month', today)::date;
    BEGIN
        SELECT coalesce(sum(u.seconds) FILTER (WHERE u.day = today), 0),
            coalesce(sum(u.seconds), 0),
            coalesce(sum(u.octets) FILTER (WHERE u.day = today), 0),
            coalesce(sum(u.octets), 0)
        INTO day_seconds, month_seconds, day_octets, month_octets
        FROM (
            SELECT d.day, d.seconds, d.octets FROM live.guest_day d
            WHERE d.guest = live.guest_key(the_guest, the_device) AND d.day >= first
            UNION ALL
            SELECT n.day, n.day_seconds, n.day_octets
            FROM (
                SELECT s.session_key, s.started_at, s.session_seconds,
                    s.upload_octets + s.download_octets AS octets
                FROM (
                    (SELECT a.id, a.plan_id FROM live.admission a
                    WHERE a.guest_id = the_guest LIMIT 2000)
                    UNION ALL
                    (SELECT a.id, a.plan_id
                    FROM live.binding b JOIN live.admission a ON a.id = b.admission_id
                    WHERE the_guest IS NULL AND b.device = the_device AND a.guest_id IS NULL
                    LIMIT 2000)
                ) a
                JOIN territory.plan p ON p.id = a.plan_id AND coalesce(
                    p.day_seconds, p.month_seconds, p.day_octets, p.month_octets) IS NOT NULL
                JOIN live.session s ON s.admission_id = a.id AND s.device IS NOT NULL
                LIMIT 2000
            ) s
            LEFT JOIN live.counted_session c ON c.session_key = s.session_key
            CROSS JOIN LATERAL live.split_by_day(s.started_at, coalesce(c.seconds, 0),
                s.session_seconds, coalesce(c.octets, 0), s.octets) n
            WHERE n.day >= first AND (c.session_key IS NULL
                OR s.session_seconds > c.seconds OR s.octets > c.octets)
        ) u;
    END $$
"""

_GUEST_FACTS = """
    -- What a decision needs of a guest beyond their admission, for plans that limit more and for
    -- devices that come back by their MAC address. A session that has missed three interim
    -- records, and a margin (territory.rules.session), is stale: it holds nobody back. A device
    -- that was let in before this one, two minutes ago at most, counts though its Start has not
    -- come yet.
    CREATE OR REPLACE FUNCTION live.guest_facts(the_admission uuid, the_device macaddr,
        now timestamptz,
        OUT guest_id uuid, OUT method text, OUT terms_version text, OUT ssid text,
        OUT day_seconds bigint, OUT month_seconds bigint,
        OUT day_octets bigint, OUT month_octets bigint,
        OUT other_devices bigint, OUT is_elsewhere boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    DECLARE
        place uuid;
        still timestamptz;
        bound timestamptz;
    BEGIN
        SELECT a.guest_id, a.method, a.terms_version, n.ssid, a.site_id,
            now - (3 * p.interim_seconds + 300) * interval '1 second',
            coalesce(b.bound_at, 'infinity')
        INTO guest_id, method, terms_version, ssid, place, still, bound
        FROM live.admission a JOIN territory.plan p ON p.id = a.plan_id
        LEFT JOIN territory.network n ON n.id = a.network_id
        LEFT JOIN live.binding b ON b.admission_id = a.id
        WHERE a.id = the_admission;
        SELECT u.day_seconds, u.month_seconds, u.day_octets, u.month_octets
        INTO day_seconds, month_seconds, day_octets, month_octets
        FROM live.guest_used(guest_id, the_device, now) u;
        WITH theirs AS MATERIALIZED (
            SELECT a.id FROM live.admission a
            WHERE a.guest_id = guest_facts.guest_id LIMIT 2000
        )
        SELECT count(DISTINCT o.device) INTO other_devices
        FROM (
            SELECT s.device FROM (
                SELECT s.device, s.ended_at, s.last_seen_at
                FROM theirs JOIN live.session s ON s.admission_id = theirs.id LIMIT 2000
            ) s WHERE s.ended_at IS NULL AND s.last_seen_at > still
            UNION ALL
            SELECT b.device FROM theirs JOIN live.binding b ON b.admission_id = theirs.id
            WHERE b.bound_at > now - interval '2 minutes'
                AND (b.bound_at, b.admission_id) < (bound, the_admission)
                AND NOT EXISTS (SELECT FROM live.session s WHERE s.admission_id = theirs.id)
        ) o WHERE o.device <> the_device;
        SELECT EXISTS (
            SELECT FROM (
                SELECT s.device, s.site_id, s.ended_at, s.last_seen_at
                FROM live.binding b JOIN live.session s ON s.admission_id = b.admission_id
                WHERE b.device = the_device LIMIT 2000
            ) s
            WHERE s.device = the_device AND s.site_id <> place
                AND s.ended_at IS NULL AND s.last_seen_at > still
        ) INTO is_elsewhere;
    END $$
"""


def upgrade() -> None:
    """Make the function, then everything that asks it or was unbounded anew."""
    for statement in (_LIVE_UNTIL, _OPEN_SESSION, _USAGE, _GUEST_USED, _GUEST_FACTS):
        op.execute(statement)
