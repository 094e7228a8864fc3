"""Where a site's public address comes from: a description that states it, or its own guests."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column; addresses held so far count as observed until a description is applied."""
    op.add_column(
        "site_public_address",
        sa.Column(
            "origin",
            sa.Text(),
            server_default="observed",
            nullable=False,
            comment="[source] stated: by the territory's description; observed: by the portal.",
        ),
        schema="source",
    )
