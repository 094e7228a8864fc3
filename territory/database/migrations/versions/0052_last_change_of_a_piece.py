"""The last change of a piece of equipment is found without its site's whole history."""

from alembic import op

revision = "0052"
down_revision = "0051"


def upgrade() -> None:
    """Make an index of what purge and availability ask for: a piece's changes, by time."""
    op.create_index(
        "ix_state_change_equipment_id",
        "state_change",
        ["equipment_id", "at"],
        schema="live",
    )
