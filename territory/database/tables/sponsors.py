"""Guests who asked a person of the place to let them in, until that person answers."""

from sqlalchemy import Boolean, DateTime, ForeignKey, LargeBinary, Table, Uuid

from territory.database.tables.columns import Category, column, metadata

_INSTANT = DateTime(timezone=True)

sponsor_request = Table(
    "sponsor_request",
    metadata,
    column("id", Uuid, Category.SOURCE, "The challenge a visit carries.", primary_key=True),
    column(
        "site_id",
        Uuid,
        Category.SOURCE,
        "Where.",
        ForeignKey("territory.site.id", ondelete="CASCADE"),
    ),
    column("link_digest", LargeBinary, Category.OPERATION, "SHA-256 of the link.", unique=True),
    column("host_sealed", LargeBinary, Category.ACCOUNT, "Address that was written to, sealed."),
    column("words_sealed", LargeBinary, Category.IDENTITY, "Who asks, in their words, sealed."),
    column("asked_at", _INSTANT, Category.OPERATION, "Since."),
    column("expires_at", _INSTANT, Category.OPERATION, "Worth nothing after."),
    column("answered_at", _INSTANT, Category.OPERATION, "Answered, once.", nullable=True),
    column("is_approved", Boolean, Category.OPERATION, "What was answered.", nullable=True),
    column("account_id", Uuid, Category.SOURCE, "Who the guest then is.", nullable=True),
    schema="live",
    comment="A guest who waits for a person of the place; gone with a later one.",
)
