"""Port blocks count from when the gateway applies them, which somebody tells; not from before."""

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0061"
_TOLD = "Since when the gateway applies them; none, or before valid_from: nobody told."


def upgrade() -> None:
    """Add the instant; of the blocks there are, nobody has told it."""
    column = sa.Column("in_force_since", sa.DateTime(timezone=True), comment=f"[reference] {_TOLD}")
    op.add_column("port_blocks", column, schema="territory")
