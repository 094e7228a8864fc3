"""A NAS's secret is renewed by one function, for the command line and for the console alike.

The portal may ask for each step, and reads no secret for it: a next one is sealed before it comes
here, and taken into use unread. Each step writes its own audit line, and tells every component.
"""

from alembic import op

revision = "0044"
down_revision = "0043"

_ROTATE = """
    -- `step`: begun, finished or abandoned, the audit log's own words. False: not possible now.
    CREATE FUNCTION territory.rotate_secret(step text, the_nas text, sealed bytea,
        asked_at timestamptz, operator_id uuid, actor text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        changed uuid;
    BEGIN
        CASE step
        WHEN 'begun' THEN
            UPDATE territory.nas n SET next_secret_sealed = sealed, rotation_began_at = asked_at
            WHERE n.code = the_nas AND n.tls_name IS NULL AND n.next_secret_sealed IS NULL
            RETURNING n.id INTO changed;
            UPDATE live.nas_seen s SET old_secret_at = NULL, next_secret_at = NULL
            WHERE s.nas_id = changed;
        WHEN 'finished' THEN
            UPDATE territory.nas n SET shared_secret_sealed = n.next_secret_sealed,
                next_secret_sealed = NULL, rotation_began_at = NULL
            WHERE n.code = the_nas AND n.next_secret_sealed IS NOT NULL
            RETURNING n.id INTO changed;
        WHEN 'abandoned' THEN
            UPDATE territory.nas n SET next_secret_sealed = NULL, rotation_began_at = NULL
            WHERE n.code = the_nas AND n.next_secret_sealed IS NOT NULL
            RETURNING n.id INTO changed;
        END CASE;
        IF changed IS NULL THEN
            RETURN false;
        END IF;
        PERFORM audit.append(
            asked_at, operator_id, actor, 'nas.rotation_' || step, the_nas, '{}');
        PERFORM pg_notify('territory', '');
        RETURN true;
    END $$
"""


def upgrade() -> None:
    """Make the function; the portal may call it, the owner does."""
    op.execute(_ROTATE)
    op.execute("REVOKE ALL ON FUNCTION territory.rotate_secret FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION territory.rotate_secret TO socle_portal")
