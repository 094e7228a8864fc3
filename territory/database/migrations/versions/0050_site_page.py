"""What a site's page tells of the last day: how sessions ended, how access requests were answered.

Both are counts, made by functions, so that the portal need read neither traffic data nor the
security log for them. A synthetic guest's are left out. Sessions are found by the NAS or gateway
that reported them; answers are looked for in one day's log, which has no index.
"""

from alembic import op

revision = "0050"
down_revision = "0049"

_ENDINGS = """
    CREATE FUNCTION live.site_endings(the_site uuid, since timestamptz)
    RETURNS TABLE (cause integer, sessions bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        SELECT coalesce(s.terminate_cause, 0), count(*)
        FROM (
            SELECT n.id FROM territory.nas n WHERE n.site_id = the_site
            UNION ALL SELECT g.id FROM territory.gateway g WHERE g.site_id = the_site
        ) reporter
        JOIN live.session s ON s.nas_id = reporter.id
        WHERE s.ended_at >= since
        GROUP BY 1
    $$
"""
_ANSWERS = """
    CREATE FUNCTION live.site_answers(the_site uuid, since timestamptz)
    RETURNS TABLE (nas_id uuid, outcome text, reason text, answers bigint, last_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        SELECT a.nas_id, a.outcome, a.reason, count(*), max(a.received_at)
        FROM security.authentication a
        WHERE a.received_at >= since AND a.site_id = the_site
            AND a.nas_id IN (SELECT n.id FROM territory.nas n WHERE n.site_id = the_site)
        GROUP BY a.nas_id, a.outcome, a.reason
    $$
"""
_RIGHTS = """
    REVOKE ALL ON FUNCTION live.site_endings, live.site_answers FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION live.site_endings, live.site_answers TO socle_portal
"""


def upgrade() -> None:
    """Make both functions; the portal may call them."""
    op.execute(_ENDINGS)
    op.execute(_ANSWERS)
    for statement in _RIGHTS.split(";"):
        op.execute(statement)
