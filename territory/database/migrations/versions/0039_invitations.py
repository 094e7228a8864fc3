"""An operator invites somebody by mail to make an account: a link that serves once."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"

_INSTANT = sa.DateTime(timezone=True)


def _column(
    name: str, type_: sa.types.TypeEngine[Any], meaning: str, **options: Any
) -> sa.Column[Any]:
    return sa.Column(name, type_, comment=meaning, **{"nullable": False, **options})


def upgrade() -> None:
    """Make the table; the portal writes and uses it, retention deletes what is over."""
    written = "[account] Keyed digest of the address: how often it was written to."
    sealed = "[identity] The address, sealed; none: its holder has made an account."
    op.create_table(
        "invitation",
        _column("id", sa.Uuid(), "[operation] Opaque identifier."),
        _column("site_id", sa.Uuid(), "[operation] The place it speaks of."),
        _column("link_digest", sa.LargeBinary(), "[operation] SHA-256 of the link."),
        _column("address_digest", sa.LargeBinary(), written),
        _column("address_sealed", sa.LargeBinary(), sealed, nullable=True),
        _column("invited_by", sa.Uuid(), "[staff] By whom."),
        _column("invited_at", _INSTANT, "[operation] Written at."),
        _column("expires_at", _INSTANT, "[operation] Worth nothing from then on."),
        _column("used_at", _INSTANT, "[operation] Used, once, at.", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("link_digest", name=op.f("uq_invitation_link_digest")),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["territory.site.id"],
            name=op.f("fk_invitation_site_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["invited_by"], ["staff.operator.id"], name=op.f("fk_invitation_invited_by")
        ),
        schema="live",
        comment="An invitation to make an account; deleted within a day of its end.",
    )
    op.create_index("ix_invitation_site_id", "invitation", ["site_id", "invited_at"], schema="live")
    op.execute("GRANT SELECT, INSERT ON live.invitation TO socle_portal")
    op.execute("GRANT UPDATE (used_at, address_sealed) ON live.invitation TO socle_portal")
    op.execute("GRANT SELECT (expires_at), DELETE ON live.invitation TO socle_retention")
