"""Synthetic guests, and what more RADIUS shows of each NAS: refusals in a row, pace, clock.

Supervision describes its own probes, and chooses nothing of them but their address: RADIUS and
portal derive their secrets from the master key. `territory.reporter` knows them by their NAS's code
and a mark that no code can hold, so that a record of theirs says whose it is.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0048"
down_revision = "0047"

_INSTANT = sa.DateTime(timezone=True)
_REPORTER = """
    CREATE OR REPLACE VIEW territory.reporter AS
    SELECT id, code FROM territory.nas UNION ALL SELECT id, code FROM territory.gateway
    UNION ALL SELECT probe.id, nas.code || '~probe' FROM territory.probe
        JOIN territory.nas ON nas.id = probe.nas_id
"""
_RIGHTS = """
    GRANT SELECT ON territory.probe
        TO socle_portal, socle_radius, socle_supervision, socle_retention, socle_desk;
    GRANT INSERT, DELETE ON territory.probe TO socle_supervision;
    GRANT SELECT, INSERT, UPDATE, DELETE ON live.synthetic_visit TO socle_supervision;
    GRANT SELECT ON live.synthetic_visit TO socle_portal
"""


def _column(
    name: str, type_: sa.types.TypeEngine[Any], meaning: str, kind: str = "operation", **more: Any
) -> sa.Column[Any]:
    return sa.Column(name, type_, comment=f"[{kind}] {meaning}", **{"nullable": False, **more})


_PROBE = (
    _column("id", sa.Uuid(), "Opaque identifier: `nas_id` of its sessions.", "reference"),
    _column("nas_id", sa.Uuid(), "The NAS that it speaks for.", "reference"),
    _column(
        "source_address",
        postgresql.INET(),
        "Of the machine that probes: where its packets and its phone come from.",
        "reference",
    ),
)
_VISIT = (
    _column("nas_id", sa.Uuid(), "The NAS that was spoken for."),
    _column("began_at", _INSTANT, "The last log-in began."),
    _column("outcome", sa.Text(), "online or failed."),
    _column(
        "failed_step",
        sa.Text(),
        "The first step that was not reached; none: all were.",
        nullable=True,
    ),
    _column("said", sa.Text(), "What was seen, likely cause, first thing to try; or how."),
    _column("steps", postgresql.JSONB(), "Steps reached in order: step, seconds."),
    _column("failures", sa.Integer(), "In a row, up to the last."),
    _column("last_good_at", _INSTANT, "The last that came through.", nullable=True),
)
_SEEN = (
    _column("last_accept_at", _INSTANT, "Last Access-Accept.", nullable=True),
    _column(
        "refused_in_row",
        sa.BigInteger(),
        "Access-Rejects since then, devices presented by their MAC left out.",
        server_default="0",
    ),
    _column("refused_since", _INSTANT, "The first of these.", nullable=True),
    _column("replies", sa.BigInteger(), "Access-Requests answered.", server_default="0"),
    _column(
        "reply_seconds", sa.Double(), "Sum from their receipt to their reply.", server_default="0"
    ),
    _column("slow_replies", sa.BigInteger(), "Of these, over a second.", server_default="0"),
    _column(
        "clock_offset_seconds",
        sa.Double(),
        "By how much its clock is ahead, a median; none: it did not say.",
        nullable=True,
    ),
)


def upgrade() -> None:
    """Make both tables, what RADIUS adds to `live.nas_seen`, and the view that names probes."""
    op.create_table(
        "probe",
        *_PROBE,
        sa.PrimaryKeyConstraint("id", name=op.f("pk_probe")),
        sa.UniqueConstraint("nas_id", name=op.f("uq_probe_nas_id")),
        sa.UniqueConstraint("source_address", name=op.f("uq_probe_source_address")),
        _of_nas("probe"),
        schema="territory",
        comment="A synthetic guest's own NAS, beside a real one; it opens nothing to anybody else.",
    )
    op.create_table(
        "synthetic_visit",
        *_VISIT,
        sa.PrimaryKeyConstraint("nas_id", name=op.f("pk_synthetic_visit")),
        _of_nas("synthetic_visit"),
        schema="live",
        comment="The last log-in of each NAS's synthetic guest.",
    )
    for each in _SEEN:
        op.add_column("nas_seen", each, schema="live")
    op.execute(_REPORTER)
    for statement in _RIGHTS.split(";"):
        op.execute(statement)


def _of_nas(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["nas_id"], ["territory.nas.id"], name=op.f(f"fk_{table}_nas_id"), ondelete="CASCADE"
    )
