"""What an agent handed on because a gendarme came: written by the console, read by the desk."""

from sqlalchemy import (
    DateTime,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from territory.database.tables.columns import Category, column, metadata

_AUDIT = Category.AUDIT
_INSTANT = DateTime(timezone=True)

transmission = Table(
    "transmission",
    metadata,
    column("id", Uuid, _AUDIT, "Opaque identifier.", primary_key=True),
    column("year", Integer, _AUDIT, "Year it was sent, at Paris."),
    column("number", Integer, _AUDIT, "1, 2, 3... in that year, without a gap."),
    column("sent_at", _INSTANT, _AUDIT, "When."),
    column("operator_id", Uuid, _AUDIT, "Who sent it."),
    column("login", Text, _AUDIT, "Their login."),
    column(
        "organisation_id",
        Uuid,
        _AUDIT,
        "Whose agent; none: the territory's.",
        nullable=True,
    ),
    column("site", Text, _AUDIT, "Code of the place where it was handed over; empty: not told."),
    column("content_sealed", LargeBinary, _AUDIT, "JSON: who asks, what, the act; sealed."),
    column("document_sha256", LargeBinary, _AUDIT, "Of the act; none: no scan.", nullable=True),
    column("received_at", _INSTANT, _AUDIT, "Taken in at the desk at.", nullable=True),
    column("received_by", Text, _AUDIT, "By this custodian's login.", nullable=True),
    UniqueConstraint("year", "number"),
    schema="live",
    comment="A requisition that an agent was handed and handed on; its content is the desk's.",
)
