"""Retention no longer sees how requisitions stand: the desk counts them, where they are read."""

from alembic import op

revision = "0064"
down_revision = "0063"


def upgrade() -> None:
    """Take back what only the counting needed."""
    op.execute(
        "REVOKE SELECT (state, urgency, deadline_at) ON archive.requisition FROM socle_retention"
    )
