"""What text messages may cost at a site and to an organisation, and when the provider failed.

A territory's settings hold for all; a place where hundreds come at once states its own. A failure
is counted by day and reason, without the number it was meant for.
"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"

_DAY = "Parts of text messages a day; none: the settings'."
_MONTH = "Parts of text messages a month; none: the settings'."
_UNPROVEN = (
    "Codes within an hour that nobody typed, beyond which none is sent; none: the settings'."
)
_OWN = {
    "organisation": {"sms_a_day": _DAY, "sms_a_month": _MONTH},
    "site": {"sms_a_day": _DAY, "sms_a_month": _MONTH, "sms_unproven_an_hour": _UNPROVEN},
}
_RIGHTS = """
    GRANT SELECT, INSERT, UPDATE ON live.sms_failure TO socle_portal;
    GRANT SELECT (day), DELETE ON live.sms_failure TO socle_retention
"""


def upgrade() -> None:
    """Make the columns, the table and the rights."""
    for table, columns in _OWN.items():
        for name, meaning in columns.items():
            added = sa.Column(name, sa.Integer(), nullable=True, comment=f"[reference] {meaning}")
            op.add_column(table, added, schema="territory")
    _make_failure()
    for statement in _RIGHTS.split(";"):
        op.execute(statement)


def _make_failure() -> None:
    op.create_table(
        "sms_failure",
        sa.Column("site_id", sa.Uuid(), nullable=False, comment="[operation] Where."),
        sa.Column("day", sa.Date(), nullable=False, comment="[operation] In Europe/Paris."),
        sa.Column("reason", sa.Text(), nullable=False, comment="[operation] In our own words."),
        sa.Column("messages", sa.Integer(), nullable=False, comment="[operation] How many."),
        sa.Column(
            "last_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="[operation] The last of them.",
        ),
        sa.PrimaryKeyConstraint("site_id", "day", "reason", name=op.f("pk_sms_failure")),
        schema="live",
        comment="Text messages that the provider did not take; kept three months.",
    )
