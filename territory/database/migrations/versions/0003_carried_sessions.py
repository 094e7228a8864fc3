"""Sessions that go on after the last sealed day, with the addresses they then had."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

# A filter on `day` may be tried on tables that are no partitions: their names hold no date.
_HELD_DAYS = r"""
    CREATE OR REPLACE VIEW live.held_day AS
    SELECT n.nspname AS category,
        CASE WHEN c.relname ~ '_[0-9]{8}$' THEN to_date(right(c.relname, 8), 'YYYYMMDD') END AS day
    FROM pg_inherits i
    JOIN pg_class c ON c.oid = i.inhrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('source', 'traffic', 'security')
"""


def upgrade() -> None:
    """Make the table; only retention uses it."""
    op.create_table(
        "carried_session",
        sa.Column("session_key", sa.Uuid(), nullable=False, comment="[source] Which session."),
        sa.Column(
            "seen_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="[source] Last known of it by the end of the last sealed day.",
        ),
        sa.Column(
            "nas_time",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="[source] The NAS's own time then.",
        ),
        sa.Column("site", sa.Text(), nullable=True, comment="[source] Code of the site."),
        sa.Column("nas", sa.Text(), nullable=True, comment="[source] Code of the NAS."),
        sa.Column("user_name", sa.Text(), nullable=True, comment="[source] Opaque User-Name."),
        sa.Column(
            "device", postgresql.MACADDR(), nullable=True, comment="[source] The guest's device."
        ),
        sa.Column(
            "address", postgresql.INET(), nullable=True, comment="[source] Private IPv4 address."
        ),
        sa.Column(
            "address6",
            sa.ARRAY(postgresql.INET()),
            server_default="{}",
            nullable=False,
            comment="[source] IPv6 addresses.",
        ),
        sa.PrimaryKeyConstraint("session_key", name=op.f("pk_carried_session")),
        schema="source",
        comment="Sessions that went on after the last sealed day, as they then were.",
    )
    op.execute(_HELD_DAYS)
    op.execute("GRANT SELECT, INSERT, DELETE ON source.carried_session TO socle_retention")
    # The archive's daily manifest vouches for the end of the audit log.
    op.execute("GRANT SELECT (number, digest) ON audit.entry TO socle_retention")
