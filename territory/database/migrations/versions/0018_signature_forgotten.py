"""The console's button to let a NAS learn anew whether it signs, as `socle nas unlearn` does.

The portal may write that and nothing else of what RADIUS saw of a NAS.
"""

from alembic import op

revision = "0018"
down_revision = "0017"

_RIGHTS = """
    GRANT INSERT (nas_id, unsigned_packets, accepts, rejects, signed_since, unlearned_at)
        ON live.nas_seen TO socle_portal;
    GRANT UPDATE (signed_since, unlearned_at) ON live.nas_seen TO socle_portal
"""


def upgrade() -> None:
    """Give by column."""
    for statement in _RIGHTS.split(";"):
        op.execute(statement)
