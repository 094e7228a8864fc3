"""An accounting record as the RADIUS server hands it over: one value, its times in Unix seconds.

A batch travels as an array of these. Numbers for times cost the driver a fraction of what dates
do, and an absent list of addresses costs nothing at all.
"""

from alembic import op

revision = "0014"
down_revision = "0013"

_TYPE = """
    CREATE TYPE live.record AS (
        session_key uuid,
        nas_id uuid,
        site_id uuid,
        nas_handle text,
        acct_session_id text,
        admission_id uuid,
        user_name text,
        device macaddr,
        address inet,
        address6 inet[],
        started_at double precision,
        last_seen_at double precision,
        ended_at double precision,
        session_seconds bigint,
        upload_octets bigint,
        download_octets bigint,
        terminate_cause bigint,
        first_key uuid,
        kind integer,
        nas_time double precision,
        delay_seconds integer
    )
"""
_COMMENT = """
    COMMENT ON TYPE live.record IS
        'A Start, Interim-Update or Stop on its way into live.session and the days'' events.'
"""


def upgrade() -> None:
    """Make the type; a value of it is never stored."""
    op.execute(_TYPE)
    op.execute(_COMMENT)
