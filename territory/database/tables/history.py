"""What became of the equipment, and when work on it was announced; no person but who announced it.

Supervision writes the changes and the samples and deletes what is too old; pages, alerts and
reports read them. A change carries what led to it, so that it can be told long after.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from territory.database.tables.columns import Category, column, metadata

_OPERATION = Category.OPERATION
_INSTANT = DateTime(timezone=True)

state_change = Table(
    "state_change",
    metadata,
    column("id", Uuid, _OPERATION, "Drawn where it was found: written once.", primary_key=True),
    column(
        "number",
        BigInteger,
        _OPERATION,
        "In the order of writing: a reader goes on from the last it has.",
        Identity(always=True),
        unique=True,
    ),
    column("kind", Text, _OPERATION, "access_point or nas."),
    column("equipment_id", Uuid, _OPERATION, "Which."),
    column(
        "site_id",
        Uuid,
        _OPERATION,
        "Where it stood.",
        ForeignKey("territory.site.id", ondelete="CASCADE"),
    ),
    column("previous", Text, _OPERATION, "State before; none: its first judgement.", nullable=True),
    column("state", Text, _OPERATION, "State since: up, degraded, down, unknown or asleep."),
    column("reason", Text, _OPERATION, "Why, as a code of supervision's reasons."),
    column("consequence", Boolean, _OPERATION, "Not its own fault: what it hangs on is down."),
    column("planned", Boolean, _OPERATION, "During announced maintenance: nothing is told."),
    column("at", _INSTANT, _OPERATION, "Judged at; it may be written much later."),
    column("evidence", JSONB, _OPERATION, "Readings, RADIUS and SNMP facts that led to it."),
    schema="live",
    comment="Each change of state of a piece of equipment: kept 13 months for availability.",
)
Index("ix_state_change_at", state_change.c.at)
Index("ix_state_change_equipment_id", state_change.c.equipment_id, state_change.c.at)
Index("ix_state_change_site_id", state_change.c.site_id, state_change.c.at)

site_sample = Table(
    "site_sample",
    metadata,
    column(
        "site_id",
        Uuid,
        _OPERATION,
        "Which.",
        ForeignKey("territory.site.id", ondelete="CASCADE"),
    ),
    column("at", _INSTANT, _OPERATION, "A whole multiple of five minutes, UTC."),
    column("open_sessions", Integer, _OPERATION, "Sessions open."),
    column(
        "round_trip_seconds",
        Double,
        _OPERATION,
        "Median of its equipment's last answers; none: nothing answers pings.",
        nullable=True,
    ),
    column("state", Text, _OPERATION, "Of the site: up, degraded, down, unknown or asleep."),
    PrimaryKeyConstraint("site_id", "at"),
    schema="live",
    comment="How each site was every five minutes: kept 8 days for the dashboard.",
)
Index("ix_site_sample_at", site_sample.c.at)

maintenance = Table(
    "maintenance",
    metadata,
    column("id", Uuid, _OPERATION, "Opaque identifier.", primary_key=True),
    column(
        "site_id",
        Uuid,
        _OPERATION,
        "Which site; none: the whole territory.",
        ForeignKey("territory.site.id", ondelete="CASCADE"),
        nullable=True,
    ),
    column("begins_at", _INSTANT, _OPERATION, "From."),
    column("ends_at", _INSTANT, _OPERATION, "Until, itself not included."),
    column("why", Text, _OPERATION, "What is done, in words."),
    column("asked_by", Text, Category.STAFF, "Login of who announced it."),
    column("asked_at", _INSTANT, _OPERATION, "Announced at."),
    CheckConstraint("begins_at <= ends_at", name="in_order"),
    schema="territory",
    comment="Announced work: state is still judged, nothing is told, availability leaves it out.",
)
Index("ix_maintenance_ends_at", maintenance.c.ends_at)
