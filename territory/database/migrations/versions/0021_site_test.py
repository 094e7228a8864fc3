"""What a site test reads: each gateway's last redirect, and how far its NAS's clock is off.

The portal writes the first. The second comes from source data: the function behind it tells a
number for each NAS and nothing of any device, so that the portal need not read source data for it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

_INSTANT = sa.DateTime(timezone=True)
_CLOCKS = """
    -- By the last record of each NAS's newest session, where it told its own time.
    CREATE FUNCTION live.nas_clocks(the_site uuid)
    RETURNS TABLE (nas_id uuid, heard_at timestamptz, offset_seconds double precision)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
        SELECT n.id, s.last_seen_at,
            extract(epoch FROM e.nas_time - s.last_seen_at
                + make_interval(secs => e.delay_seconds))::double precision
        FROM territory.nas n
        CROSS JOIN LATERAL (
            SELECT session_key, last_seen_at FROM live.session
            WHERE session.nas_id = n.id ORDER BY last_seen_at DESC LIMIT 1
        ) s
        CROSS JOIN LATERAL (
            SELECT nas_time, delay_seconds FROM source.event
            WHERE received_at = s.last_seen_at AND session_key = s.session_key
                AND nas_time IS NOT NULL LIMIT 1
        ) e
        WHERE n.site_id = the_site
    $$
"""
_RIGHTS = """
    GRANT SELECT, INSERT, UPDATE ON live.gateway_seen TO socle_portal;
    REVOKE EXECUTE ON FUNCTION live.nas_clocks FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION live.nas_clocks TO socle_portal
"""


def upgrade() -> None:
    """Make the table and the function."""
    op.create_table(
        "gateway_seen",
        sa.Column("gateway_id", sa.Uuid(), nullable=False, comment="[operation] Which."),
        sa.Column(
            "arrived_at",
            _INSTANT,
            nullable=True,
            comment="[operation] Last redirect that was believed.",
        ),
        sa.Column(
            "refused_at",
            _INSTANT,
            nullable=True,
            comment="[operation] Last redirect that was not.",
        ),
        sa.Column("refusal", sa.Text(), nullable=True, comment="[operation] Why that one was not."),
        sa.ForeignKeyConstraint(
            ["gateway_id"],
            ["territory.gateway.id"],
            name=op.f("fk_gateway_seen_gateway_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("gateway_id", name=op.f("pk_gateway_seen")),
        schema="live",
        comment="What the portal last saw of each gateway.",
    )
    op.execute(_CLOCKS)
    for statement in _RIGHTS.split(";"):
        op.execute(statement)
