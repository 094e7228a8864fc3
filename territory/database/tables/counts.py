"""What happened at each site each day, as counts: no person is in them, and they outlive sessions.

The portal writes how far visits came; retention writes the sessions that it deletes, in the same
statement. Kept for years (`indicators.kept_years`) for the territory's evaluation; what is printed
of them hides small counts (`territory.indicators.suppression`).
"""

from sqlalchemy import BigInteger, Date, ForeignKey, PrimaryKeyConstraint, Table, Text, Uuid

from territory.database.tables.columns import Category, column, metadata

_OPERATION = Category.OPERATION


def _site() -> ForeignKey:
    return ForeignKey("territory.site.id", ondelete="CASCADE")


daily_count = Table(
    "daily_count",
    metadata,
    column("day", Date, _OPERATION, "In Europe/Paris."),
    column("site_id", Uuid, _OPERATION, "Where.", _site()),
    column("step", Text, _OPERATION, "arrived, begun, identified, admitted, online or refused."),
    column("method", Text, _OPERATION, "Identification method; empty: none yet."),
    column("language", Text, _OPERATION, "Of the pages."),
    column("reason", Text, _OPERATION, "Of a refusal, one of our words; else empty."),
    column("visits", BigInteger, _OPERATION, "How many came so far."),
    PrimaryKeyConstraint("day", "site_id", "step", "method", "language", "reason"),
    schema="live",
    comment="How far visits came, by site and day: kept for years, no person in it.",
)

site_day = Table(
    "site_day",
    metadata,
    column("day", Date, _OPERATION, "In Europe/Paris."),
    column("site_id", Uuid, _OPERATION, "Where.", _site()),
    column("sessions", BigInteger, _OPERATION, "Begun on that day."),
    column("seconds", BigInteger, _OPERATION, "Spent online on that day, in all sessions."),
    PrimaryKeyConstraint("day", "site_id"),
    schema="live",
    comment="Sessions that left, by site and day: kept for years, no person in it.",
)
