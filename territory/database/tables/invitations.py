"""People whom an operator has invited to make an account, until they do or it is too late."""

from sqlalchemy import DateTime, ForeignKey, Index, LargeBinary, Table, Uuid

from territory.database.tables.columns import Category, column, metadata

_INSTANT = DateTime(timezone=True)

invitation = Table(
    "invitation",
    metadata,
    column("id", Uuid, Category.OPERATION, "Opaque identifier.", primary_key=True),
    column(
        "site_id",
        Uuid,
        Category.OPERATION,
        "The place it speaks of.",
        ForeignKey("territory.site.id", ondelete="CASCADE"),
    ),
    column("link_digest", LargeBinary, Category.OPERATION, "SHA-256 of the link.", unique=True),
    column(
        "address_digest",
        LargeBinary,
        Category.ACCOUNT,
        "Keyed digest of the address: how often it was written to.",
    ),
    column(
        "address_sealed",
        LargeBinary,
        Category.IDENTITY,
        "The address, sealed; none: its holder has made an account.",
        nullable=True,
    ),
    column("invited_by", Uuid, Category.STAFF, "By whom.", ForeignKey("staff.operator.id")),
    column("invited_at", _INSTANT, Category.OPERATION, "Written at."),
    column("expires_at", _INSTANT, Category.OPERATION, "Worth nothing from then on."),
    column("used_at", _INSTANT, Category.OPERATION, "Used, once, at.", nullable=True),
    schema="live",
    comment="An invitation to make an account; deleted within a day of its end.",
)
Index("ix_invitation_site_id", invitation.c.site_id, invitation.c.invited_at)
