"""Which of its brand's dialects a gateway speaks, and the controller that lets guests in.

Gateways described before spoke the one dialect of their brand there was. Nobody but the portal
reads a controller's account.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

_COLUMNS = (
    sa.Column(
        "variant",
        sa.Text(),
        server_default="",
        nullable=False,
        comment="[reference] Which of its brand's dialects.",
    ),
    sa.Column(
        "controller_url",
        sa.Text(),
        nullable=True,
        comment="[reference] https address of its controller.",
    ),
    sa.Column(
        "controller_site",
        sa.Text(),
        nullable=True,
        comment="[reference] The controller's name of it.",
    ),
    sa.Column(
        "controller_user",
        sa.Text(),
        nullable=True,
        comment="[reference] Account at the controller.",
    ),
    sa.Column(
        "controller_password_sealed",
        sa.LargeBinary(),
        nullable=True,
        comment="[reference] That account's password or API key, sealed at rest.",
    ),
    sa.Column(
        "controller_certificate",
        sa.Text(),
        nullable=True,
        comment="[reference] SHA-256 of the controller's certificate; none: as the system's"
        " authorities say.",
    ),
)
_RIGHTS = """
    REVOKE SELECT ON territory.gateway
        FROM socle_radius, socle_supervision, socle_retention, socle_desk;
    GRANT SELECT (id, site_id, code, brand, variant, login_address, portal_base, model,
        controller_url) ON territory.gateway
        TO socle_radius, socle_supervision, socle_retention, socle_desk
"""


def upgrade() -> None:
    """Add the columns; openNDS was spoken at level 1 alone."""
    for column in _COLUMNS:
        op.add_column("gateway", column, schema="territory")
    op.execute("UPDATE territory.gateway SET variant = 'fas1' WHERE brand = 'opennds'")
    for statement in _RIGHTS.split(";"):
        op.execute(statement)
