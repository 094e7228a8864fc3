"""A session's end no longer moves its row: its NAS is indexed, open or not.

The index of open sessions had the end in its condition, so every Stop rewrote an entry in each
index of the table. Rows leave after some days, so those of one NAS stay few.
"""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Replace the index."""
    op.drop_index("ix_session_open", "session", schema="live")
    op.create_index("ix_session_nas_id", "session", ["nas_id"], schema="live")
