"""Each change of state with its evidence, samples of each site, and announced maintenance.

Supervision alone writes the first two and deletes what is too old of all three. The portal
announces maintenance, and ends it early by moving its end: a window that served stays told.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0043"
down_revision = "0042"

_INSTANT = sa.DateTime(timezone=True)


def _column(
    name: str, type_: sa.types.TypeEngine[Any], comment: str, *more: Any, nullable: bool = False
) -> sa.Column[Any]:
    return sa.Column(name, type_, *more, nullable=nullable, comment=f"[operation] {comment}")


_CHANGE = (
    _column("id", sa.Uuid(), "Drawn where it was found: written once."),
    _column(
        "number",
        sa.BigInteger(),
        "In the order of writing: a reader goes on from the last it has.",
        sa.Identity(always=True),
    ),
    _column("kind", sa.Text(), "access_point or nas."),
    _column("equipment_id", sa.Uuid(), "Which."),
    _column("site_id", sa.Uuid(), "Where it stood."),
    _column("previous", sa.Text(), "State before; none: its first judgement.", nullable=True),
    _column("state", sa.Text(), "State since: up, degraded, down, unknown or asleep."),
    _column("reason", sa.Text(), "Why, as a code of supervision's reasons."),
    _column("consequence", sa.Boolean(), "Not its own fault: what it hangs on is down."),
    _column("planned", sa.Boolean(), "During announced maintenance: nothing is told."),
    _column("at", _INSTANT, "Judged at; it may be written much later."),
    _column("evidence", postgresql.JSONB(), "Readings, RADIUS and SNMP facts that led to it."),
)
_SAMPLE = (
    _column("site_id", sa.Uuid(), "Which."),
    _column("at", _INSTANT, "A whole multiple of five minutes, UTC."),
    _column("open_sessions", sa.Integer(), "Sessions open."),
    _column(
        "round_trip_seconds",
        sa.Double(),
        "Median of its equipment's last answers; none: nothing answers pings.",
        nullable=True,
    ),
    _column("state", sa.Text(), "Of the site: up, degraded, down, unknown or asleep."),
)
_MAINTENANCE = (
    _column("id", sa.Uuid(), "Opaque identifier."),
    _column("site_id", sa.Uuid(), "Which site; none: the whole territory.", nullable=True),
    _column("begins_at", _INSTANT, "From."),
    _column("ends_at", _INSTANT, "Until, itself not included."),
    _column("why", sa.Text(), "What is done, in words."),
    sa.Column("asked_by", sa.Text(), nullable=False, comment="[staff] Login of who announced it."),
    _column("asked_at", _INSTANT, "Announced at."),
)
_STATE: tuple[sa.Column[Any], ...] = (
    _column("reason_code", sa.Text(), "Why, as a code of supervision's reasons.", nullable=True),
    sa.Column(
        "consequence",
        sa.Boolean(),
        nullable=False,
        server_default="false",
        comment="[operation] Not its own fault: what it hangs on is down.",
    ),
    sa.Column(
        "planned",
        sa.Boolean(),
        nullable=False,
        server_default="false",
        comment="[operation] During announced maintenance: nothing is told.",
    ),
)
_RIGHTS = """
    GRANT SELECT, INSERT, DELETE ON live.state_change, live.site_sample TO socle_supervision;
    GRANT SELECT, DELETE ON territory.maintenance TO socle_supervision;
    GRANT SELECT ON live.state_change, live.site_sample, territory.maintenance TO socle_portal;
    GRANT INSERT, UPDATE (ends_at) ON territory.maintenance TO socle_portal
"""


def upgrade() -> None:
    """Make the three tables and their rights, and let a state say whose fault it is."""
    _create(
        "live",
        "state_change",
        _CHANGE,
        "Each change of state of a piece of equipment: kept 13 months for availability.",
        sa.PrimaryKeyConstraint("id", name=op.f("pk_state_change")),
        sa.UniqueConstraint("number", name=op.f("uq_state_change_number")),
    )
    op.create_index("ix_state_change_at", "state_change", ["at"], schema="live")
    op.create_index("ix_state_change_site_id", "state_change", ["site_id", "at"], schema="live")
    _create(
        "live",
        "site_sample",
        _SAMPLE,
        "How each site was every five minutes: kept 8 days for the dashboard.",
        sa.PrimaryKeyConstraint("site_id", "at", name=op.f("pk_site_sample")),
    )
    op.create_index("ix_site_sample_at", "site_sample", ["at"], schema="live")
    _create(
        "territory",
        "maintenance",
        _MAINTENANCE,
        "Announced work: state is still judged, nothing is told, availability leaves it out.",
        sa.PrimaryKeyConstraint("id", name=op.f("pk_maintenance")),
        sa.CheckConstraint("begins_at <= ends_at", name=op.f("ck_maintenance_in_order")),
    )
    op.create_index("ix_maintenance_ends_at", "maintenance", ["ends_at"], schema="territory")
    for each in _STATE:
        op.add_column("equipment_state", each, schema="live")
    for statement in _RIGHTS.split(";"):
        op.execute(statement)


def _create(
    schema: str, name: str, columns: tuple[sa.Column[Any], ...], comment: str, *more: sa.Constraint
) -> None:
    where = sa.ForeignKeyConstraint(
        ["site_id"], ["territory.site.id"], name=op.f(f"fk_{name}_site_id"), ondelete="CASCADE"
    )
    op.create_table(name, *columns, where, *more, schema=schema, comment=comment)
