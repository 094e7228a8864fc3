"""A NAS that comes by RadSec is known by the DNS name in its certificate, not by an address."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_SCHEMA = "territory"


def upgrade() -> None:
    """Let the address be absent, add the name, and hold each NAS to one of the two."""
    op.alter_column(
        "nas",
        "source_address",
        nullable=True,
        comment="[reference] Address its packets come from; absent over RadSec.",
        schema=_SCHEMA,
    )
    op.add_column(
        "nas",
        sa.Column(
            "tls_name",
            sa.Text(),
            nullable=True,
            comment="[reference] DNS name in its certificate, lower case; RadSec only.",
        ),
        schema=_SCHEMA,
    )
    op.create_unique_constraint("uq_nas_tls_name", "nas", ["tls_name"], schema=_SCHEMA)
    op.create_check_constraint(
        op.f("ck_nas_one_proof"),
        "nas",
        "num_nonnulls(source_address, tls_name) = 1",
        schema=_SCHEMA,
    )
    op.execute(
        "GRANT SELECT (tls_name) ON territory.nas TO"
        " socle_portal, socle_supervision, socle_retention, socle_desk"
    )
