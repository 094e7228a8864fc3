"""The index of the archive and the register of cases; the archive itself is files."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Double,
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
    comment="Cases that travelled: the question and its segments.",
)

clock_reading = Table(
    "clock_reading",
    metadata,
    column("at", _INSTANT, _OPERATION, "The clock said.", primary_key=True),
    column("boot_id", Text, _OPERATION, "Start of the machine it was read after."),
    column("uptime_seconds", Double, _OPERATION, "Since that start, sleep included."),
    column(
        "synchronised",
        Boolean,
        _OPERATION,
        "The kernel says it is; none: it cannot be asked.",
        nullable=True,
    ),
    column("offset_seconds", Double, _OPERATION, "From its source, as last told.", nullable=True),
    column("error_seconds", Double, _OPERATION, "The kernel's largest error.", nullable=True),
    column("source", Text, _OPERATION, "The server it follows.", nullable=True),
    column("stratum", Integer, _OPERATION, "Of that server's clock.", nullable=True),
    column("leap", Text, _OPERATION, "Leap second announced.", nullable=True),
    schema="archive",
    comment="What the archive's clock was worth at each run; goes when its day is sealed.",
)

key_ceremony = Table(
    "key_ceremony",
    metadata,
    column("id", Uuid, _AUDIT, "Opaque identifier.", primary_key=True),
    column("kind", Text, _AUDIT, "drill or rewrap."),
    column("prepared_at", _INSTANT, _AUDIT, "When."),
    column("first_login", Text, _AUDIT, "Opens the outer layers."),
    column("second_login", Text, _AUDIT, "Opens the inner layers, and answers."),
    column("recipients", ARRAY(Text), _AUDIT, "The age keys they had, in that order."),
    column("signing_key", Text, _AUDIT, "With which the second has to answer; base64."),
    column(
        "challenge", LargeBinary, _AUDIT, "SHA-256 of a drill's value; else none.", nullable=True
    ),
    column("answered_at", _INSTANT, _AUDIT, "A right answer was recorded at.", nullable=True),
    schema="archive",
    comment="Drills and re-wrappings of the segments' keys by two custodians.",
)
