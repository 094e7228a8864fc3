"""What guests agreed to and need not have: an organisation's newsletter.

The address is a copy of its own, given for this alone: what the law makes the base keep of an
address lies elsewhere, out of the portal's reach, and serves nothing else. It goes at once when its
owner withdraws; the dates and the words that were shown stay a year, to prove both.
"""

from sqlalchemy import DateTime, ForeignKey, Index, LargeBinary, Table, Text, Uuid, text

from territory.database.tables.columns import Category, column, metadata

_CONSENT = Category.CONSENT
_INSTANT = DateTime(timezone=True)

newsletter = Table(
    "newsletter",
    metadata,
    column("id", Uuid, _CONSENT, "Opaque; the link that ends it has it.", primary_key=True),
    column("guest_id", Uuid, _CONSENT, "The contact or account that proved the address."),
    column(
        "organisation_id",
        Uuid,
        _CONSENT,
        "Who may write.",
        ForeignKey("territory.organisation.id", ondelete="CASCADE"),
    ),
    column(
        "address_sealed",
        LargeBinary,
        _CONSENT,
        "The address, given for this alone, sealed; none: withdrawn.",
        nullable=True,
    ),
    column("version", Text, _CONSENT, "Of the words beside the box: SHA-256, cut short."),
    column("sender", Text, _CONSENT, "Who writes, as it was shown."),
    column("purpose", Text, _CONSENT, "What for, as it was shown."),
    column("language", Text, _CONSENT, "Of the page."),
    column("given_at", _INSTANT, _CONSENT, "Ticked, and its address proven, at."),
    column("withdrawn_at", _INSTANT, _CONSENT, "Withdrawn at; none: it stands.", nullable=True),
    schema="consent",
    comment="Who agreed to an organisation's letters; kept a year after its end.",
)
Index(
    "ix_newsletter_guest_id",
    newsletter.c.guest_id,
    newsletter.c.organisation_id,
    unique=True,
    postgresql_where=text("withdrawn_at IS NULL"),
)
Index("ix_newsletter_organisation_id", newsletter.c.organisation_id, newsletter.c.given_at)
