"""What makes a NAS believed: two secrets in a rotation, signing learnt, its MAC authentication.

Also what an unknown sender says of itself, beside its count. NAS that are described already get
the form of MAC authentication their gateway's brand has by itself; the next `socle apply` says
the same.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_INSTANT = sa.DateTime(timezone=True)
_NAS = (
    sa.Column(
        "next_secret_sealed",
        sa.LargeBinary(),
        nullable=True,
        comment="[reference] Secret that a rotation brings in, sealed at rest; none: no rotation.",
    ),
    sa.Column(
        "rotation_began_at",
        _INSTANT,
        nullable=True,
        comment="[reference] Both secrets are valid since; none: no rotation.",
    ),
    sa.Column(
        "mac_user_name",
        sa.Text(),
        server_default="none",
        nullable=False,
        comment="[reference] How it writes a device as User-Name, by example; none: it does not.",
    ),
    sa.Column(
        "mac_password",
        sa.Text(),
        server_default="user-name",
        nullable=False,
        comment="[reference] What it then shows as password.",
    ),
)
_SEEN = (
    sa.Column(
        "signed_since",
        _INSTANT,
        nullable=True,
        comment="[operation] First signed Access-Request since it began to learn.",
    ),
    sa.Column(
        "unlearned_at",
        _INSTANT,
        nullable=True,
        comment="[operation] A technician last made it forget that it signs.",
    ),
    sa.Column(
        "last_unsigned_at",
        _INSTANT,
        nullable=True,
        comment="[operation] Last Access-Request without Message-Authenticator.",
    ),
    sa.Column(
        "old_secret_at",
        _INSTANT,
        nullable=True,
        comment="[operation] In a rotation, last packet under the secret that goes.",
    ),
    sa.Column(
        "next_secret_at",
        _INSTANT,
        nullable=True,
        comment="[operation] In a rotation, last packet under the secret that comes.",
    ),
)
_DISCARD = (
    sa.Column(
        "packet_kind",
        sa.Text(),
        nullable=True,
        comment="[operation] Of an unknown sender: what it last sent, access-request...",
    ),
    sa.Column(
        "claimed_name",
        sa.Text(),
        nullable=True,
        comment="[operation] Of an unknown sender: the NAS-Identifier or address it claims.",
    ),
)
_FORMS = """
    UPDATE territory.nas SET mac_user_name = form.user_name, mac_password = form.password
    FROM territory.gateway, (VALUES
        ('coovachilli', 'AA-BB-CC-DD-EE-FF', 'user-name'),
        ('uspot', 'aa:bb:cc:dd:ee:ff', 'call-check')) AS form (brand, user_name, password)
    WHERE gateway.id = nas.gateway_id AND gateway.brand = form.brand
"""
_RIGHTS = """
    GRANT SELECT (rotation_began_at, mac_user_name, mac_password) ON territory.nas
        TO socle_portal, socle_supervision, socle_retention, socle_desk
"""


def upgrade() -> None:
    """Add the columns, give each NAS its brand's form, and let components read what is no secret.

    RADIUS reads whole rows of these tables already.
    """
    for table, schema, columns in (
        ("nas", "territory", _NAS),
        ("nas_seen", "live", _SEEN),
        ("discard", "live", _DISCARD),
    ):
        for column in columns:
            op.add_column(table, column, schema=schema)
    op.alter_column(
        "nas",
        "require_message_authenticator",
        comment="[reference] always, learn or when-present (CVE-2024-3596).",
        schema="territory",
    )
    op.execute(_FORMS)
    op.execute(_RIGHTS)
