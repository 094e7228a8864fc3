"""What controllers say of their access points: who asks them, and what was last found there."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0047"
down_revision = "0046"

_INSTANT = sa.DateTime(timezone=True)
_APPLICATION: tuple[sa.Column[str] | sa.Column[bytes], ...] = (
    sa.Column(
        "controller_client",
        sa.Text(),
        nullable=True,
        comment="[reference] Omada Open API: the application's client ID; none: it is not asked.",
    ),
    sa.Column(
        "controller_client_secret_sealed",
        sa.LargeBinary(),
        nullable=True,
        comment="[reference] That application's secret, sealed at rest.",
    ),
)
_RIGHTS = """
    GRANT SELECT (controller_site, controller_user, controller_password_sealed,
        controller_certificate, controller_client, controller_client_secret_sealed)
        ON territory.gateway TO socle_supervision;
    GRANT SELECT, INSERT, UPDATE, DELETE ON live.controller_seen TO socle_supervision;
    GRANT SELECT ON live.controller_seen TO socle_portal
"""


def upgrade() -> None:
    """Give a controller's reading application its columns, and make the table of what was seen."""
    for each in _APPLICATION:
        op.add_column("gateway", each, schema="territory")
    op.create_table(
        "controller_seen",
        sa.Column("gateway_id", sa.Uuid(), nullable=False, comment="[operation] Whose controller."),
        sa.Column("checked_at", _INSTANT, nullable=False, comment="[operation] Last asked."),
        sa.Column(
            "answered_at",
            _INSTANT,
            nullable=True,
            comment="[operation] Last list of its access points; none: never.",
        ),
        sa.Column(
            "trouble",
            sa.Text(),
            nullable=True,
            comment="[operation] Why it did not answer, one of few words; none: it did.",
        ),
        sa.Column(
            "strangers",
            postgresql.JSONB(),
            nullable=False,
            comment="[operation] Access points it has at that site and nobody described there:"
            " name, mac, site where it is described or null.",
        ),
        sa.Column(
            "missing",
            postgresql.JSONB(),
            nullable=False,
            comment="[operation] Codes of access points described there that it does not have.",
        ),
        sa.ForeignKeyConstraint(
            ["gateway_id"],
            ["territory.gateway.id"],
            name=op.f("fk_controller_seen_gateway_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("gateway_id", name=op.f("pk_controller_seen")),
        schema="live",
        comment="What supervision last heard from each gateway's controller.",
    )
    for statement in _RIGHTS.split(";"):
        op.execute(statement)
