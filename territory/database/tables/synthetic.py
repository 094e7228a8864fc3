"""The synthetic guests: which NAS each speaks for, and how its last log-in went. No person.

Supervision writes both. A probe is a NAS of its own beside the real one, at an address of the
machine that probes; its secrets are derived from the master key (`territory.probes`), so that a row
alone opens nothing.
"""

from sqlalchemy import Column, DateTime, ForeignKey, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import INET, JSONB

from territory.database.tables.columns import Category, column, metadata

_OPERATION = Category.OPERATION
_INSTANT = DateTime(timezone=True)


def _nas(category: Category, meaning: str, **more: bool) -> Column[object]:
    nas = ForeignKey("territory.nas.id", ondelete="CASCADE")
    return column("nas_id", Uuid, category, meaning, nas, **more)


probe = Table(
    "probe",
    metadata,
    column(
        "id",
        Uuid,
        Category.REFERENCE,
        "Opaque identifier: `nas_id` of its sessions.",
        primary_key=True,
    ),
    _nas(Category.REFERENCE, "The NAS that it speaks for.", unique=True),
    column(
        "source_address",
        INET,
        Category.REFERENCE,
        "Of the machine that probes: where its packets and its phone come from.",
        unique=True,
    ),
    schema="territory",
    comment="A synthetic guest's own NAS, beside a real one; it opens nothing to anybody else.",
)

synthetic_visit = Table(
    "synthetic_visit",
    metadata,
    _nas(_OPERATION, "The NAS that was spoken for.", primary_key=True),
    column("began_at", _INSTANT, _OPERATION, "The last log-in began."),
    column("outcome", Text, _OPERATION, "online or failed."),
    column(
        "failed_step",
        Text,
        _OPERATION,
        "The first step that was not reached; none: all were.",
        nullable=True,
    ),
    column("said", Text, _OPERATION, "What was seen, likely cause, first thing to try; or how."),
    column("steps", JSONB, _OPERATION, "Steps reached in order: step, seconds."),
    column("failures", Integer, _OPERATION, "In a row, up to the last."),
    column("last_good_at", _INSTANT, _OPERATION, "The last that came through.", nullable=True),
    column(
        "counts_until",
        _INSTANT,
        _OPERATION,
        "Its failures count until then: it is tried again before.",
    ),
    schema="live",
    comment="The last log-in of each NAS's synthetic guest.",
)
