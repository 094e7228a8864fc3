"""Agreements are used up: once a hold's end is moved, those that were given for its ends go."""

from alembic import op

revision = "0061"
down_revision = "0060"


def upgrade() -> None:
    """Let the desk take agreements away; the audit log keeps who gave them."""
    op.execute("GRANT DELETE ON archive.approval TO socle_desk")
