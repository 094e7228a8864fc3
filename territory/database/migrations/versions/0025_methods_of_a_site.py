"""How guests may identify themselves at a site, in the order in which they are offered."""

from alembic import op
from sqlalchemy import Column, Text
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0025"
down_revision = "0024"

_METHODS: Column[list[str]] = Column(
    "methods",
    ARRAY(Text),
    nullable=True,
    comment="[reference] Identification methods offered, in order; none: its plan's.",
)


def upgrade() -> None:
    """Add the column."""
    op.add_column("site", _METHODS, schema="territory")
