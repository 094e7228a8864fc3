"""Commands are taken by a lease and told at once: no connection waits with a NAS.

The advisory lock says which RADIUS server watches the sessions that must end.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_TELL = """
    CREATE FUNCTION live.tell_command() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_notify('command', '');
        RETURN NULL;
    END $$
"""


def upgrade() -> None:
    """Add the lease, an index for what is open and what is recent, the trigger, and the right."""
    op.add_column(
        "command",
        sa.Column(
            "claimed_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="[operation] A server works on it until; none: free.",
        ),
        schema="live",
    )
    op.create_index("ix_command_requested_at", "command", ["requested_at"], schema="live")
    op.execute(_TELL)
    op.execute(
        "CREATE TRIGGER tell AFTER INSERT ON live.command"
        " FOR EACH STATEMENT EXECUTE FUNCTION live.tell_command()"
    )
    op.execute("GRANT INSERT ON live.command TO socle_radius")
