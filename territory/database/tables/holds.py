"""What an authority has preserved beyond its day (CPCE L34-1 III bis)."""

from sqlalchemy import Date, DateTime, ForeignKey, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from territory.database.tables.columns import Category, column, metadata

_AUDIT = Category.AUDIT
_INSTANT = DateTime(timezone=True)

hold = Table(
    "hold",
    metadata,
    column("id", Uuid, _AUDIT, "Opaque identifier, as in the chain.", primary_key=True),
    column(
        "requisition_id",
        Uuid,
        _AUDIT,
        "The act; none: on the command line.",
        ForeignKey("archive.requisition.id", ondelete="SET NULL"),
        nullable=True,
    ),
    column("first_day", Date, _AUDIT, "First UTC day in its scope."),
    column("last_day", Date, _AUDIT, "Last UTC day in its scope."),
    column("ends_on", Date, _AUDIT, "First day on which what it preserves may not exist."),
    column("registered_at", _INSTANT, _AUDIT, "Entered at."),
    column("registered_by", Text, _AUDIT, "Login of the custodian who entered it."),
    column("content", JSONB, _AUDIT, "Its case file: scope and custodians."),
    column(
        "executed_at", _INSTANT, _AUDIT, "Its segments are in the archive since.", nullable=True
    ),
    schema="archive",
    comment="What an authority has preserved beyond its day.",
)
