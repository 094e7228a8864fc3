"""The index of the archive and the register of cases; the archive itself is files."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from territory.database.tables.columns import Category, column, metadata

_OPERATION = Category.OPERATION
_AUDIT = Category.AUDIT
_INSTANT = DateTime(timezone=True)

segment = Table(
    "segment",
    metadata,
    column("day", Date, _OPERATION, "UTC day of receipt."),
    column("category", Text, _OPERATION, "Legal category of its rows."),
    column("part", Integer, _OPERATION, "0, then 1, 2... for supplements."),
    column("object_name", Text, _OPERATION, "Name in the archive folder."),
    column("rows", BigInteger, _OPERATION, "How many slices."),
    column("sealed_sha256", LargeBinary, _OPERATION, "SHA-256 of the sealed object."),
    column("recipient", Text, _OPERATION, "age public key it is sealed to."),
    column("sealed_at", _INSTANT, _OPERATION, "When."),
    column("purge_on", Date, _OPERATION, "Last resolved end; none: unknown.", nullable=True),
    column("purged_at", _INSTANT, _OPERATION, "Its key was destroyed at.", nullable=True),
    PrimaryKeyConstraint("day", "category", "part"),
    schema="archive",
    comment="Sealed segments.",
)

case = Table(
    "case",
    metadata,
    column("id", Uuid, _AUDIT, "Opaque identifier.", primary_key=True),
    column("reference", Text, _AUDIT, "The authority's own number."),
    column("opened_at", _INSTANT, _AUDIT, "When."),
    column("prepared_by", Text, _AUDIT, "Who prepared it."),
    column("question", JSONB, _AUDIT, "What is asked."),
    column("state", Text, _AUDIT, "prepared or answered."),
    column("segments", ARRAY(Text), _AUDIT, "Segments that travel with it."),
    column("answered_at", _INSTANT, _AUDIT, "Answer recorded at.", nullable=True),
    schema="archive",
    comment="The numbered register of requisitions.",
)
