"""Data that an authority has preserved beyond its day (CPCE L34-1 III bis).

The desk registers and moves its end; retention notes that two custodians have resealed it, reads
which days are still in the scope of one that waits, and deletes those that ended long ago.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0057"
down_revision = "0056"

_INSTANT = sa.DateTime(timezone=True)


def _column(
    name: str, type_: sa.types.TypeEngine[Any], meaning: str, *, nullable: bool = False
) -> sa.Column[Any]:
    return sa.Column(name, type_, nullable=nullable, comment=f"[audit] {meaning}")


_HOLD = (
    _column("id", sa.Uuid(), "Opaque identifier, as in the chain."),
    _column("requisition_id", sa.Uuid(), "The act; none: on the command line.", nullable=True),
    _column("first_day", sa.Date(), "First UTC day in its scope."),
    _column("last_day", sa.Date(), "Last UTC day in its scope."),
    _column("ends_on", sa.Date(), "First day on which what it preserves may not exist."),
    _column("registered_at", _INSTANT, "Entered at."),
    _column("registered_by", sa.Text(), "Login of the custodian who entered it."),
    _column("content", postgresql.JSONB(), "Its case file: scope and custodians."),
    _column("executed_at", _INSTANT, "Its segments are in the archive since.", nullable=True),
)
_RIGHTS = """
    GRANT SELECT, INSERT ON archive.hold TO socle_desk;
    GRANT UPDATE (ends_on) ON archive.hold TO socle_desk;
    GRANT SELECT, INSERT, DELETE ON archive.hold TO socle_retention;
    GRANT UPDATE (ends_on, executed_at) ON archive.hold TO socle_retention
"""


def upgrade() -> None:
    """Make the table of holds and its rights."""
    op.create_table(
        "hold",
        *_HOLD,
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
        sa.ForeignKeyConstraint(
            ["requisition_id"],
            ["archive.requisition.id"],
            name=op.f("fk_hold_requisition_id"),
            ondelete="SET NULL",
        ),
        schema="archive",
        comment="What an authority has preserved beyond its day.",
    )
    for statement in _RIGHTS.split(";"):
        op.execute(statement)
