"""Drills and re-wrappings of the segments' keys: asked of which two custodians, answered when."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"

_INSTANT = sa.DateTime(timezone=True)


def _column(
    name: str, type_: sa.types.TypeEngine[Any], meaning: str, *, nullable: bool = False
) -> sa.Column[Any]:
    return sa.Column(name, type_, nullable=nullable, comment=f"[audit] {meaning}")


_CEREMONY = (
    _column("id", sa.Uuid(), "Opaque identifier."),
    _column("kind", sa.Text(), "drill or rewrap."),
    _column("prepared_at", _INSTANT, "When."),
    _column("first_login", sa.Text(), "Opens the outer layers."),
    _column("second_login", sa.Text(), "Opens the inner layers, and answers."),
    _column("recipients", sa.ARRAY(sa.Text()), "The age keys they had, in that order."),
    _column("signing_key", sa.Text(), "With which the second has to answer; base64."),
    _column("challenge", sa.LargeBinary(), "SHA-256 of a drill's value; else none.", nullable=True),
    _column("answered_at", _INSTANT, "A right answer was recorded at.", nullable=True),
)
_RIGHTS = """
    GRANT SELECT, INSERT, DELETE ON archive.key_ceremony TO socle_retention;
    GRANT UPDATE (answered_at) ON archive.key_ceremony TO socle_retention;
    GRANT SELECT (created_at) ON staff.operator TO socle_retention;
    GRANT SELECT ON archive.key_ceremony TO socle_desk
"""


def upgrade() -> None:
    """Make the table and its rights."""
    op.create_table(
        "key_ceremony",
        *_CEREMONY,
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_ceremony")),
        schema="archive",
        comment="Drills and re-wrappings of the segments' keys by two custodians.",
    )
    for statement in _RIGHTS.split(";"):
        op.execute(statement)
