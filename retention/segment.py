"""A day's slices of one category as an object nobody can read: sorted Parquet, sealed by age.

Parquet (zstd level 3) because any engine reads it; sorted, because a look-up then reads one row
group; age to a key pair made for this segment alone, because destroying that key destroys it.
"""

import json
from dataclasses import dataclass
from datetime import date
from io import BytesIO

import pyarrow as pa
import pyarrow.parquet as pq

from retention import age, manifest
from retention.manifest import SealedSegment

_ROW_GROUP = 100_000


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
    )
    return FreshSegment(record, sealed, identity)


def open_segment(sealed: bytes, identity: str, public_address: str | None = None) -> pa.Table:
    """Return the slices of a segment: all, or those of one public address (it is sorted by it).

    Raises:
        age.CannotOpen: another key, or changed octets.
    """
    filters = [("public_address", "=", public_address)] if public_address else None
    return pq.read_table(BytesIO(age.open_sealed(sealed, identity)), filters=filters)


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
        compression_level=3,
        row_group_size=_ROW_GROUP,
        write_page_index=True,
    )
    return file.getvalue()
