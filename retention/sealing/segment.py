"""A day's slices of one category as an object nobody can read: sorted Parquet, sealed by age.

Parquet (zstd) because any engine reads it; sorted, because a look-up then reads one row group; age
to a key pair made for this segment alone, because destroying that key destroys it.
"""

import json
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from retention.keys import age
from retention.manifests import manifest
from retention.manifests.manifest import SealedSegment

_ROW_GROUP = 10_000
"""Rows that are read together: a device's few of a day cost no more than these."""
_SELDOM_TWICE = frozenset(
    {"session", "user_name", "address", "admission", "guest", "digest", "claims"}
)
"""Texts of which a dictionary would be as long as the column itself."""


@dataclass(frozen=True, slots=True)
class FreshSegment:
    """A segment just sealed, and the only copy of what opens it."""

    record: SealedSegment
    sealed: bytes
    """The octets of its file."""
    identity: str
    """age identity that opens it; wrapped for the custodians, then forgotten."""


def seal(slices: pa.Table, day: date, category: str, part: int) -> FreshSegment:
    """Return `slices` (already sorted) as a sealed segment with a key of its own."""
    identity = age.new_identity()
    recipient = age.recipient_of(identity)
    sealed = age.seal(write_parquet(slices), recipient)
    record = SealedSegment(
        category=category,
        part=part,
        object=manifest.object_name(day, category, part, sealed),
        octets=len(sealed),
        sha256=manifest.digest(sealed),
        recipient=recipient,
        rows=slices.num_rows,
        blocks=manifest.block_digests(sealed),
    )
    return FreshSegment(record, sealed, identity)


def open_segment(sealed: bytes, identity: str) -> pa.Table:
    """Return all the slices of a segment; `selection.py` reads a question's alone.

    Raises:
        age.CannotOpen: another key, or changed octets.
    """
    return pq.read_table(BytesIO(age.open_sealed(sealed, identity)))


def write_parquet(slices: pa.Table) -> bytes:
    """Return a table as Parquet; the meaning of its columns goes into the file, as text too.

    A field's own metadata is Arrow's and only Arrow reads it back, so `socle.columns` holds the
    same as JSON among the file's key-value metadata.
    """
    columns = {
        field.name: {k.decode(): v.decode() for k, v in (field.metadata or {}).items()}
        for field in slices.schema
    }
    described = slices.replace_schema_metadata(
        {**(slices.schema.metadata or {}), "socle.columns": json.dumps(columns)}
    )
    file = BytesIO()
    pq.write_table(
        described,
        file,
        compression="zstd",
        compression_level=1,
        row_group_size=_ROW_GROUP,
        write_page_index=True,
        **_encoding(slices.schema),
    )
    return file.getvalue()


def _encoding(schema: pa.Schema) -> dict[str, Any]:
    """Return how each column is written: differences of numbers, a dictionary of repeated texts."""
    numbers = [
        field.name
        for field in schema
        if pa.types.is_timestamp(field.type) or pa.types.is_integer(field.type)
    ]
    texts = [field.name for field in schema if pa.types.is_string(field.type)]
    return {
        "column_encoding": dict.fromkeys(numbers, "DELTA_BINARY_PACKED"),
        "use_dictionary": [name for name in texts if name not in _SELDOM_TWICE],
    }
