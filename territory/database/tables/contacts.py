"""Codes that were sent, contacts that were proven with them, and what text messages have cost.

A challenge lives minutes and leaves within a day, proven or not. What stays of a proven one is a
contact: what finds it again is account data, the address or number itself is identity data and lies
apart, where the portal may put it and may not read it. Their time runs from the end of the last
right they earned: who comes back by the same address prolongs it, and nobody has an account here.
"""

from sqlalchemy import (
    Date,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import MACADDR

from territory.database.tables.columns import Category, column, metadata

_OPERATION = Category.OPERATION
_SOURCE = Category.SOURCE
_ACCOUNT = Category.ACCOUNT
_IDENTITY = Category.IDENTITY
_SECURITY = Category.SECURITY
_INSTANT = DateTime(timezone=True)

challenge = Table(
    "challenge",
    metadata,
    column("id", Uuid, _OPERATION, "Opaque identifier.", primary_key=True),
    column("method", Text, _OPERATION, "What it proves: email_code, sms_code or account."),
    column("visit_id", Uuid, _SOURCE, "The visit it belongs to: nobody else may answer."),
    column("device", MACADDR, _SOURCE, "That visit's device."),
    column("site_id", Uuid, _SOURCE, "Where."),
    column(
        "contact_digest",
        LargeBinary,
        _ACCOUNT,
        "Keyed digest of the address or number; none: the guest has yet to write from it.",
        nullable=True,
    ),
    column(
        "contact_sealed",
        LargeBinary,
        _IDENTITY,
        "The address or number, sealed; none: proven and moved, or not yet known.",
        nullable=True,
    ),
    column("code_digest", LargeBinary, _OPERATION, "Keyed digest of the code, or of the word."),
    column("link_digest", LargeBinary, _OPERATION, "The same of the link's secret.", nullable=True),
    column("attempts", Integer, _OPERATION, "Answers looked at.", server_default="0"),
    column("sends", Integer, _OPERATION, "How often something was sent."),
    column("sent_at", _INSTANT, _OPERATION, "The last of those."),
    column("created_at", _INSTANT, _OPERATION, "Since."),
    column("expires_at", _INSTANT, _OPERATION, "Worth nothing from then on."),
    column("heard_at", _INSTANT, _SOURCE, "The guest's own message came at.", nullable=True),
    column("proven_at", _INSTANT, _SOURCE, "Answered rightly at; once.", nullable=True),
    column("contact_id", Uuid, _ACCOUNT, "Whose it proved to be.", nullable=True),
    column(
        "newsletter",
        Text,
        Category.CONSENT,
        "Version of the words beside the box that was ticked; none: it was not.",
        nullable=True,
    ),
    schema="live",
    comment="A code that was sent and is awaited for minutes; deleted within a day.",
)
Index("ix_challenge_site_id", challenge.c.site_id, challenge.c.created_at)
Index(
    "ix_challenge_code_digest",
    challenge.c.code_digest,
    postgresql_where=text("contact_digest IS NULL"),
)

contact = Table(
    "contact",
    metadata,
    column("id", Uuid, _ACCOUNT, "Opaque identifier; admissions name it.", primary_key=True),
    column("kind", Text, _ACCOUNT, "email or phone."),
    column("digest", LargeBinary, _ACCOUNT, "Keyed digest of it, which finds it.", unique=True),
    column("verified_at", _INSTANT, _ACCOUNT, "First proven at."),
    column("last_verified_at", _INSTANT, _ACCOUNT, "Last proven at."),
    column("valid_until", _INSTANT, _ACCOUNT, "Its last right ends at; a year later it leaves."),
    schema="account",
    comment="An address or number that answered; kept a year after its last right.",
)

contact_identity = Table(
    "contact",
    metadata,
    column("id", Uuid, _IDENTITY, "The contact's.", primary_key=True),
    column("contact_sealed", LargeBinary, _IDENTITY, "The address or number, sealed at rest."),
    column("valid_until", _INSTANT, _IDENTITY, "Its last right ends at; five years later it goes."),
    schema="identity",
    comment="The address or number behind a contact; kept five years after its last right.",
)

message_budget = Table(
    "message_budget",
    metadata,
    column("scope", Text, _OPERATION, "number, block, source, site or organisation."),
    column("who", LargeBinary, _SECURITY, "Keyed digest of which."),
    column("span", Text, _OPERATION, "day or month, in Europe/Paris."),
    column("began_on", Date, _OPERATION, "Its first day."),
    column("parts", Integer, _OPERATION, "Parts of text messages sent, as they are paid for."),
    PrimaryKeyConstraint("scope", "who", "span", "began_on"),
    schema="live",
    comment="What text messages have cost; of a site or an organisation kept three months, of a"
    " number or an address until its day or month is over.",
)

sms_failure = Table(
    "sms_failure",
    metadata,
    column("site_id", Uuid, _OPERATION, "Where."),
    column("day", Date, _OPERATION, "In Europe/Paris."),
    column("reason", Text, _OPERATION, "In our own words."),
    column("messages", Integer, _OPERATION, "How many."),
    column("last_at", _INSTANT, _OPERATION, "The last of them."),
    PrimaryKeyConstraint("site_id", "day", "reason"),
    schema="live",
    comment="Text messages that the provider did not take; kept three months.",
)
