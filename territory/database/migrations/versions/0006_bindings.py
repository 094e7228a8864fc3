"""The device an admission is bound to becomes a row of its own.

Binding is what an Access-Accept waits for. As a column of the admission it rewrote the row and an
entry in each of its indexes; as a narrow row it is one insert, and of two devices at the same
instant the primary key lets one in.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"

_MOVE = """
    INSERT INTO live.binding (admission_id, device, site_id, bound_at)
    SELECT id, device, site_id, coalesce(bound_at, created_at) FROM live.admission
    WHERE device IS NOT NULL
"""
_RIGHTS = """
    GRANT SELECT, INSERT ON live.binding TO socle_radius;
    GRANT SELECT, INSERT ON live.binding TO socle_portal;
    GRANT SELECT, DELETE ON live.binding TO socle_retention;
    REVOKE UPDATE ON live.admission FROM socle_radius
"""


def upgrade() -> None:
    """Make the table, move what is bound, drop the columns."""
    op.create_table(
        "binding",
        sa.Column(
            "admission_id", sa.Uuid(), nullable=False, comment="[source] The right that is used."
        ),
        sa.Column(
            "device",
            postgresql.MACADDR(),
            nullable=False,
            comment="[source] Device of the first use.",
        ),
        sa.Column("site_id", sa.Uuid(), nullable=False, comment="[source] Where."),
        sa.Column(
            "bound_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="[source] First used at.",
        ),
        sa.PrimaryKeyConstraint("admission_id", name=op.f("pk_binding")),
        schema="live",
        comment="Which device an admission belongs to, from its first use on.",
    )
    op.create_index("ix_binding_device", "binding", ["device", "site_id"], schema="live")
    op.execute(_MOVE)
    op.drop_column("admission", "device", schema="live")
    op.drop_column("admission", "bound_at", schema="live")
    for statement in _RIGHTS.split(";"):
        op.execute(statement)
