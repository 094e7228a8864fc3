"""Tickets, the sheets they were made on, the devices that use them; and how often somebody guessed.

Nothing here says who holds a ticket, and no row has its code: a keyed digest of it, which finds the
row and cannot be turned round. A sheet leaves with its last ticket, three months after that ended.
"""

from sqlalchemy import (
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import MACADDR

from territory.database.tables.columns import Category, column, metadata

_OPERATION = Category.OPERATION
_SOURCE = Category.SOURCE
_SECURITY = Category.SECURITY
_INSTANT = DateTime(timezone=True)
_SCHEMA = "live"

ticket_sheet = Table(
    "ticket_sheet",
    metadata,
    column("id", Uuid, _OPERATION, "Opaque identifier.", primary_key=True),
    column(
        "organisation_id",
        Uuid,
        _OPERATION,
        "Whose tickets.",
        ForeignKey("territory.organisation.id", ondelete="CASCADE"),
    ),
    column(
        "site_id",
        Uuid,
        _OPERATION,
        "Where they are good; none: at every site of the organisation.",
        ForeignKey("territory.site.id", ondelete="CASCADE"),
        nullable=True,
    ),
    column("plan_id", Uuid, _OPERATION, "Rights that each gives.", ForeignKey("territory.plan.id")),
    column("devices", Integer, _OPERATION, "At once with each."),
    column("use_seconds", Integer, _OPERATION, "Each lasts, from its first use."),
    column("last_first_use", Date, _OPERATION, "Last day of first use, in Europe/Paris."),
    column(
        "first_day",
        Date,
        _OPERATION,
        "First day of use, in Europe/Paris; none: at once.",
        nullable=True,
    ),
    column(
        "last_day",
        Date,
        _OPERATION,
        "Nobody is online with one after it; none: as long as it lasts.",
        nullable=True,
    ),
    column("made_at", _INSTANT, _OPERATION, "Made at."),
    column(
        "made_by",
        Uuid,
        Category.STAFF,
        "Who made it; none: the command line.",
        ForeignKey("staff.operator.id"),
        nullable=True,
    ),
    schema=_SCHEMA,
    comment="Tickets made together, one or many, and what each of them gives.",
)
Index("ix_ticket_sheet_organisation_id", ticket_sheet.c.organisation_id, ticket_sheet.c.made_at)

ticket = Table(
    "ticket",
    metadata,
    column("id", Uuid, _SOURCE, "Opaque identifier; admissions name it.", primary_key=True),
    column(
        "sheet_id",
        Uuid,
        _OPERATION,
        "Made with.",
        ForeignKey("live.ticket_sheet.id", ondelete="CASCADE"),
    ),
    column("number", Integer, _OPERATION, "1, 2, 3... on its sheet."),
    column("code_digest", LargeBinary, _OPERATION, "HMAC-SHA256 of its code.", unique=True),
    column("first_used_at", _INSTANT, _SOURCE, "Its time runs since.", nullable=True),
    column("revoked_at", _INSTANT, _OPERATION, "Ended early at.", nullable=True),
    column("revoked_reason", Text, _OPERATION, "Why, in words.", nullable=True),
    schema=_SCHEMA,
    comment="A ticket: whoever types its code has what it gives.",
)
Index("ix_ticket_sheet_id", ticket.c.sheet_id, ticket.c.number)

ticket_device = Table(
    "ticket_device",
    metadata,
    column(
        "ticket_id",
        Uuid,
        _SOURCE,
        "Which.",
        ForeignKey("live.ticket.id", ondelete="CASCADE"),
    ),
    column("device", MACADDR, _SOURCE, "A device that has one of its places."),
    column("taken_at", _INSTANT, _SOURCE, "Last let in with it at."),
    PrimaryKeyConstraint("ticket_id", "device"),
    schema=_SCHEMA,
    comment="Who has a ticket's places now: never more devices than it has places.",
)

guess = Table(
    "guess",
    metadata,
    column("key", LargeBinary, _SECURITY, "Keyed digest of who guesses at what.", primary_key=True),
    column("began_at", _INSTANT, _SECURITY, "First of those counted."),
    column("guesses", Integer, _SECURITY, "Wrong ones since."),
    schema=_SCHEMA,
    comment="How often somebody guessed at codes lately, for all processes; kept a day.",
)
