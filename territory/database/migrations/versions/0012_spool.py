"""How far a RADIUS process has replayed its spool, and what it must forget of its memory."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

# A record whose commit was under way when the database went is looked up before it is entered:
# by these three columns, which name nobody, and by no other.
_RIGHTS = """
    GRANT SELECT, INSERT, UPDATE, DELETE ON live.spool_position TO socle_radius;
    GRANT SELECT (received_at, session_key, kind) ON source.event TO socle_radius
"""


def upgrade() -> None:
    """Make the table, the index and the rights."""
    op.create_table(
        "spool_position",
        sa.Column(
            "reel_id",
            sa.Uuid(),
            nullable=False,
            comment="[operation] Which file of a spool.",
        ),
        sa.Column(
            "sequence",
            sa.BigInteger(),
            nullable=False,
            comment="[operation] Its records up to this number are entered.",
        ),
        sa.Column(
            "noted_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="[operation] Last moved at.",
        ),
        sa.PrimaryKeyConstraint("reel_id", name=op.f("pk_spool_position")),
        schema="live",
        comment="How far each file of a RADIUS spool is replayed: moves with what it entered.",
    )
    op.create_index(
        "ix_admission_revoked_at",
        "admission",
        ["revoked_at"],
        schema="live",
        postgresql_where=sa.text("revoked_at IS NOT NULL"),
    )
    for statement in _RIGHTS.split(";"):
        op.execute(statement)
