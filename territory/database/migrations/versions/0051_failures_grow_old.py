"""A synthetic guest's failures say until when they count: untried, they prove nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"


def upgrade() -> None:
    """Add the column; what was kept before counts no more."""
    column: sa.Column[object] = sa.Column(
        "counts_until",
        sa.DateTime(timezone=True),
        nullable=False,
        server_default="-infinity",
        comment="[operation] Its failures count until then: it is tried again before.",
    )
    op.add_column("synthetic_visit", column, schema="live")
    op.alter_column("synthetic_visit", "counts_until", server_default=None, schema="live")
