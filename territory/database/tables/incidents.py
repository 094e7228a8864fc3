"""What is broken and who was told of it: supervision writes it, the portal reads and acknowledges.

An incident, what was told of it and the message that says so are written in one transaction, so
that a process that ends between two sends forgets nothing and tells nothing twice.
"""

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from territory.database.tables.columns import Category, column, metadata

_OPERATION = Category.OPERATION
_INSTANT = DateTime(timezone=True)

incident = Table(
    "incident",
    metadata,
    column("id", Uuid, _OPERATION, "Opaque identifier.", primary_key=True),
    column("alert", Text, _OPERATION, "Name of its rule, as in alerts.yml."),
    column("labels", JSONB, _OPERATION, "What tells it from others of that rule."),
    column(
        "site_id",
        Uuid,
        _OPERATION,
        "Where; none: the base itself, or the whole territory.",
        ForeignKey("territory.site.id", ondelete="CASCADE"),
        nullable=True,
    ),
    column("severity", Text, _OPERATION, "critical or warning."),
    column("summary", Text, _OPERATION, "What is seen, in one line."),
    column("words", Text, _OPERATION, "Likely cause, and the first thing to try."),
    column("state", Text, _OPERATION, "pending, open, ending or over."),
    column("began_at", _INSTANT, _OPERATION, "First seen; after a return, seen again."),
    column("changed_at", _INSTANT, _OPERATION, "In this state since."),
    column("opened_at", _INSTANT, _OPERATION, "Held long enough at; none: not yet.", nullable=True),
    column("over_at", _INSTANT, _OPERATION, "No longer seen since; none: seen.", nullable=True),
    column("returns", Integer, _OPERATION, "How often it came back before its quiet time was up."),
    column("acknowledged_at", _INSTANT, _OPERATION, "Somebody works on it since.", nullable=True),
    column("acknowledged_by", Text, Category.STAFF, "Login of who said so.", nullable=True),
    column("acknowledgement", Text, _OPERATION, "What they said, in words.", nullable=True),
    CheckConstraint("severity IN ('critical', 'warning')", name="severity"),
    CheckConstraint("state IN ('pending', 'open', 'ending', 'over')", name="state"),
    schema="live",
    comment="What is or was broken, once for as long as it lasts or flaps: kept 13 months.",
)
Index("ix_incident_changed_at", incident.c.changed_at)
Index(
    "ix_incident_not_over",
    incident.c.alert,
    incident.c.labels,
    unique=True,
    postgresql_where=text("state <> 'over'"),
)

alert_message = Table(
    "alert_message",
    metadata,
    column("id", Uuid, _OPERATION, "Opaque; also what a receiver knows it by.", primary_key=True),
    column("recipient", Text, _OPERATION, "Name in the settings: no address."),
    column("urgency", Text, _OPERATION, "critical, warning or mended: of the worst it tells."),
    column("subject", Text, _OPERATION, "In one line."),
    column("body", Text, _OPERATION, "In lines."),
    column("link", Text, _OPERATION, "The console's page about it."),
    column("made_at", _INSTANT, _OPERATION, "Decided at."),
    column("next_try_at", _INSTANT, _OPERATION, "Not tried again before."),
    column("tries", Integer, _OPERATION, "Without success."),
    column("sent_at", _INSTANT, _OPERATION, "Taken by the relay or service at.", nullable=True),
    column("given_up_at", _INSTANT, _OPERATION, "Not tried any more since.", nullable=True),
    column("failure", Text, _OPERATION, "What the last try came to, in words.", nullable=True),
    schema="live",
    comment="Messages of alerts, sent or still to be sent: kept 90 days.",
)
Index("ix_alert_message_made_at", alert_message.c.made_at)

incident_telling = Table(
    "incident_telling",
    metadata,
    column(
        "incident_id",
        Uuid,
        _OPERATION,
        "Of which.",
        ForeignKey("live.incident.id", ondelete="CASCADE"),
    ),
    column("recipient", Text, _OPERATION, "Name in the settings."),
    column("what", Text, _OPERATION, "broken, mended, reminder or digest."),
    column("turn", Integer, _OPERATION, "At which of its returns."),
    column(
        "message_id",
        Uuid,
        _OPERATION,
        "By which message.",
        ForeignKey("live.alert_message.id", ondelete="CASCADE"),
    ),
    PrimaryKeyConstraint("incident_id", "recipient", "what", "turn"),
    schema="live",
    comment="Who was told what of an incident, written together with the message that says it.",
)
Index("ix_incident_telling_message_id", incident_telling.c.message_id)
