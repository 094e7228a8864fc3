"""What the territory has decided on injunctions to keep traffic data (CPCE L34-1 III), by date.

Each decision stays as it was recorded, with who took it and where it is published or filed; one
that was wrong is withdrawn, never changed. Whoever resolves an end reads them beside law.toml.
"""

from sqlalchemy import CheckConstraint, Date, DateTime, Table, Text, Uuid

from territory.database.tables.columns import Category, column, metadata

_REFERENCE = Category.REFERENCE
_STAFF = Category.STAFF
_INSTANT = DateTime(timezone=True)

injunction = Table(
    "injunction",
    metadata,
    column("id", Uuid, _REFERENCE, "Opaque identifier.", primary_key=True),
    column("state", Text, _REFERENCE, "in force, or ended: none covers these days."),
    column("first_day", Date, _REFERENCE, "First day covered."),
    column("until_day", Date, _REFERENCE, "First day no longer covered."),
    column("ground", Text, _REFERENCE, "The decree's number, or the decision."),
    column("source", Text, _REFERENCE, "Where it is published or filed."),
    column("decided_by", Text, _STAFF, "Who decided, as a professional."),
    column("decided_on", Date, _REFERENCE, "When."),
    column("recorded_by", Text, _STAFF, "Login, or the command line."),
    column("recorded_at", _INSTANT, _REFERENCE, "When it was entered."),
    column(
        "withdrawn_at",
        _INSTANT,
        _REFERENCE,
        "Counts no more since; none: it does.",
        nullable=True,
    ),
    column("withdrawn_by", Text, _STAFF, "By whom.", nullable=True),
    CheckConstraint("state IN ('in force', 'ended')", name="state"),
    CheckConstraint("until_day > first_day", name="days"),
    schema="territory",
    comment="What the territory has decided on injunctions to keep traffic data, by date.",
)
