"""What agents hand on to the desk when a gendarme comes.

The console writes a row and reads back that it did; what the row holds is read by the desk alone.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"

_INSTANT = sa.DateTime(timezone=True)


def _column(
    name: str, type_: sa.types.TypeEngine[Any], meaning: str, *, nullable: bool = False
) -> sa.Column[Any]:
    return sa.Column(name, type_, nullable=nullable, comment=f"[audit] {meaning}")


_TRANSMISSION = (
    _column("id", sa.Uuid(), "Opaque identifier."),
    _column("year", sa.Integer(), "Year it was sent, at Paris."),
    _column("number", sa.Integer(), "1, 2, 3... in that year, without a gap."),
    _column("sent_at", _INSTANT, "When."),
    _column("operator_id", sa.Uuid(), "Who sent it."),
    _column("login", sa.Text(), "Their login."),
    _column("organisation_id", sa.Uuid(), "Whose agent; none: the territory's.", nullable=True),
    _column("site", sa.Text(), "Code of the place where it was handed over; empty: not told."),
    _column("content_sealed", sa.LargeBinary(), "JSON: who asks, what, the act; sealed."),
    _column("document_sha256", sa.LargeBinary(), "Of the act; none: no scan.", nullable=True),
    _column("received_at", _INSTANT, "Taken in at the desk at.", nullable=True),
    _column("received_by", sa.Text(), "By this custodian's login.", nullable=True),
)
_RIGHTS = """
    GRANT INSERT ON live.transmission TO socle_portal;
    GRANT SELECT (id, year, number, sent_at, operator_id, login, organisation_id, site,
        document_sha256, received_at) ON live.transmission TO socle_portal;
    GRANT SELECT ON live.transmission TO socle_desk;
    GRANT UPDATE (received_at, received_by) ON live.transmission TO socle_desk;
    GRANT SELECT (sent_at), DELETE ON live.transmission TO socle_retention
"""


def upgrade() -> None:
    """Make the table and its rights."""
    op.create_table(
        "transmission",
        *_TRANSMISSION,
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transmission")),
        sa.UniqueConstraint("year", "number", name=op.f("uq_transmission_year")),
        schema="live",
        comment="A requisition that an agent was handed and handed on; its content is the desk's.",
    )
    for statement in _RIGHTS.split(";"):
        op.execute(statement)
