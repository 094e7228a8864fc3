"""Blocks and commands: each component keeps the rights that it uses.

RADIUS and retention need not know why somebody is blocked, nor who decided it; what was asked of a
NAS is not for who answers it to rewrite.
"""

from alembic import op

revision = "0016"
down_revision = "0015"

_RIGHTS = """
    REVOKE SELECT ON live.block FROM socle_radius;
    GRANT SELECT (kind, device, subject_id, until) ON live.block TO socle_radius;
    REVOKE SELECT ON live.block FROM socle_retention;
    GRANT SELECT (until) ON live.block TO socle_retention;
    REVOKE UPDATE ON live.command FROM socle_radius;
    GRANT UPDATE (claimed_until, result, finished_at) ON live.command TO socle_radius
"""


def upgrade() -> None:
    """Take back, and give by column."""
    for statement in _RIGHTS.split(";"):
        op.execute(statement)
