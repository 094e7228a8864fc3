"""How access points and NAS are asked by SNMP; what is secret of it, supervision alone reads."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"

_RIGHTS = """
    REVOKE SELECT ON territory.access_point
        FROM socle_portal, socle_radius, socle_retention, socle_desk;
    GRANT SELECT (id, site_id, code, name, mac, management_address, model)
        ON territory.access_point
        TO socle_portal, socle_radius, socle_retention, socle_desk;
    GRANT SELECT (snmp_sealed) ON territory.nas TO socle_supervision
"""


def upgrade() -> None:
    """Add the column to both tables, and close it to all but supervision.

    RADIUS reads whole rows of NAS, whose shared secrets are its own.
    """
    for table in ("nas", "access_point"):
        column: sa.Column[bytes] = sa.Column(
            "snmp_sealed",
            sa.LargeBinary(),
            nullable=True,
            comment="[reference] How SNMP asks it, in JSON, sealed at rest; none: it does not.",
        )
        op.add_column(table, column, schema="territory")
    for statement in _RIGHTS.split(";"):
        op.execute(statement)
