"""Who a guest is where a site asks: the account, apart from the civil identity behind it.

An admission names an account by its opaque identifier and nothing else. What finds an account is a
keyed digest (of a mail address, or of a provider and its name for the person), so that the portal
can know somebody again without reading who they are: civil identity is written and never read by
it. A closed account keeps its dates; retention takes both away on their own day.
"""

from sqlalchemy import DateTime, Index, LargeBinary, Table, Text, Uuid, text

from territory.database.tables.columns import Category, column, metadata

_ACCOUNT = Category.ACCOUNT
_IDENTITY = Category.IDENTITY
_SOURCE = Category.SOURCE
_INSTANT = DateTime(timezone=True)

account = Table(
    "account",
    metadata,
    column("id", Uuid, _ACCOUNT, "Opaque identifier; admissions name it.", primary_key=True),
    column("kind", Text, _ACCOUNT, "account or openid_connect: how its holder signs in."),
    column("key", LargeBinary, _ACCOUNT, "HMAC-SHA256 of what its holder is known by."),
    column("provider", Text, _ACCOUNT, "Code of the identity provider.", nullable=True),
    column(
        "subject_sealed",
        LargeBinary,
        _ACCOUNT,
        "That provider's name for its holder, sealed.",
        nullable=True,
    ),
    column("password_hash", Text, _ACCOUNT, "Argon2id, encoded; the latest only.", nullable=True),
    column("created_at", _INSTANT, _ACCOUNT, "Made at."),
    column("last_used_at", _INSTANT, _ACCOUNT, "Last signed in at."),
    column("closed_at", _INSTANT, _ACCOUNT, "Over since; none: open.", nullable=True),
    schema="account",
    comment="A guest's account, ours or an identity provider's.",
)
Index(
    "ix_account_key",
    account.c.key,
    unique=True,
    postgresql_where=text("closed_at IS NULL"),
)

person = Table(
    "person",
    metadata,
    column("account_id", Uuid, _IDENTITY, "Whose.", primary_key=True),
    column("told_by", Text, _IDENTITY, "Code of the identity provider, or guest."),
    column("claims_sealed", LargeBinary, _IDENTITY, "JSON: address, names, birth; sealed."),
    column("recorded_at", _INSTANT, _IDENTITY, "Last told at."),
    column(
        "ended_at", _INSTANT, _IDENTITY, "Its account is over since; none: open.", nullable=True
    ),
    schema="identity",
    comment="Civil identity behind an account; the portal writes it and cannot read it.",
)

openid_request = Table(
    "openid_request",
    metadata,
    column("id", Uuid, _SOURCE, "The challenge a visit carries.", primary_key=True),
    column("provider", Text, _SOURCE, "Code of the identity provider."),
    column("plain", Text, _SOURCE, "Word of the address for another browser.", unique=True),
    column("visit", Text, _SOURCE, "The visit it belongs to, signed."),
    column("begun_from", LargeBinary, _SOURCE, "Keyed digest of where it was begun from."),
    column("expires_at", _INSTANT, _SOURCE, "Worth nothing after."),
    column("answered_at", _INSTANT, _SOURCE, "The provider answered, once.", nullable=True),
    column("account_id", Uuid, _SOURCE, "Whom it vouched for.", nullable=True),
    schema="live",
    comment="A guest who signs in at an identity provider now; gone within the hour.",
)
