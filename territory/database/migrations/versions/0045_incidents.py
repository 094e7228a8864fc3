"""Incidents, who was told of them, and the messages that say so: alerts without Prometheus.

Supervision writes all three. The portal reads what is broken, and may write nothing but that
somebody works on it.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0045"
down_revision = "0044"

_INSTANT = sa.DateTime(timezone=True)


def _column(
    name: str, type_: sa.types.TypeEngine[Any], comment: str, *, nullable: bool = False
) -> sa.Column[Any]:
    return sa.Column(name, type_, nullable=nullable, comment=f"[operation] {comment}")


_INCIDENT = (
    _column("id", sa.Uuid(), "Opaque identifier."),
    _column("alert", sa.Text(), "Name of its rule, as in alerts.yml."),
    _column("labels", postgresql.JSONB(), "What tells it from others of that rule."),
    _column(
        "site_id",
        sa.Uuid(),
        "Where; none: the base itself, or the whole territory.",
        nullable=True,
    ),
    _column("severity", sa.Text(), "critical or warning."),
    _column("summary", sa.Text(), "What is seen, in one line."),
    _column("words", sa.Text(), "Likely cause, and the first thing to try."),
    _column("state", sa.Text(), "pending, open, ending or over."),
    _column("began_at", _INSTANT, "First seen; after a return, seen again."),
    _column("changed_at", _INSTANT, "In this state since."),
    _column("opened_at", _INSTANT, "Held long enough at; none: not yet.", nullable=True),
    _column("over_at", _INSTANT, "No longer seen since; none: seen.", nullable=True),
    _column("returns", sa.Integer(), "How often it came back before its quiet time was up."),
    _column("acknowledged_at", _INSTANT, "Somebody works on it since.", nullable=True),
    sa.Column("acknowledged_by", sa.Text(), nullable=True, comment="[staff] Login of who said so."),
    _column("acknowledgement", sa.Text(), "What they said, in words.", nullable=True),
)
_MESSAGE = (
    _column("id", sa.Uuid(), "Opaque; also what a receiver knows it by."),
    _column("recipient", sa.Text(), "Name in the settings: no address."),
    _column("urgency", sa.Text(), "critical, warning or mended: of the worst it tells."),
    _column("subject", sa.Text(), "In one line."),
    _column("body", sa.Text(), "In lines."),
    _column("link", sa.Text(), "The console's page about it."),
    _column("made_at", _INSTANT, "Decided at."),
    _column("next_try_at", _INSTANT, "Not tried again before."),
    _column("tries", sa.Integer(), "Without success."),
    _column("sent_at", _INSTANT, "Taken by the relay or service at.", nullable=True),
    _column("given_up_at", _INSTANT, "Not tried any more since.", nullable=True),
    _column("failure", sa.Text(), "What the last try came to, in words.", nullable=True),
)
_TELLING = (
    _column("incident_id", sa.Uuid(), "Of which."),
    _column("recipient", sa.Text(), "Name in the settings."),
    _column("what", sa.Text(), "broken, mended, reminder or digest."),
    _column("turn", sa.Integer(), "At which of its returns."),
    _column("message_id", sa.Uuid(), "By which message."),
)
_RIGHTS = """
    GRANT SELECT, INSERT, DELETE ON live.incident, live.alert_message, live.incident_telling
        TO socle_supervision;
    GRANT UPDATE (severity, summary, words, state, began_at, changed_at, opened_at, over_at,
        returns) ON live.incident TO socle_supervision;
    GRANT UPDATE (next_try_at, tries, sent_at, given_up_at, failure) ON live.alert_message
        TO socle_supervision;
    GRANT SELECT ON live.incident, live.alert_message, live.incident_telling TO socle_portal;
    GRANT UPDATE (acknowledged_at, acknowledged_by, acknowledgement) ON live.incident
        TO socle_portal
"""


def upgrade() -> None:
    """Make the three tables and their rights."""
    op.create_table(
        "incident",
        *_INCIDENT,
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["territory.site.id"],
            name=op.f("fk_incident_site_id"),
            ondelete="CASCADE",
        ),
        sa.CheckConstraint(
            "severity IN ('critical', 'warning')", name=op.f("ck_incident_severity")
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'open', 'ending', 'over')", name=op.f("ck_incident_state")
        ),
        schema="live",
        comment="What is or was broken, once for as long as it lasts or flaps: kept 13 months.",
    )
    op.create_index("ix_incident_changed_at", "incident", ["changed_at"], schema="live")
    op.create_index(
        "ix_incident_not_over",
        "incident",
        ["alert", "labels"],
        unique=True,
        schema="live",
        postgresql_where=sa.text("state <> 'over'"),
    )
    op.create_table(
        "alert_message",
        *_MESSAGE,
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_message")),
        schema="live",
        comment="Messages of alerts, sent or still to be sent: kept 90 days.",
    )
    op.create_index("ix_alert_message_made_at", "alert_message", ["made_at"], schema="live")
    _create_telling()
    for statement in _RIGHTS.split(";"):
        op.execute(statement)


def _create_telling() -> None:
    keys = ("incident_id", "recipient", "what", "turn")
    op.create_table(
        "incident_telling",
        *_TELLING,
        sa.PrimaryKeyConstraint(*keys, name=op.f("pk_incident_telling")),
        *(
            sa.ForeignKeyConstraint(
                [column],
                [f"live.{table}.id"],
                name=op.f(f"fk_incident_telling_{column}"),
                ondelete="CASCADE",
            )
            for column, table in (("incident_id", "incident"), ("message_id", "alert_message"))
        ),
        schema="live",
        comment="Who was told what of an incident, written together with the message that says it.",
    )
    op.create_index(
        "ix_incident_telling_message_id", "incident_telling", ["message_id"], schema="live"
    )
