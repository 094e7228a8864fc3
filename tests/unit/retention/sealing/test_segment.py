"""Segments: sorted Parquet that says what its columns are, sealed to a key of its own."""

import json
from datetime import UTC, date, datetime
from io import BytesIO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from retention.keys import age
from retention.sealing import columns, segment
from territory.database.tables.columns import Category

DAY = date(2026, 11, 17)
SLICES = pa.Table.from_pylist(
    [{"public_address": "192.0.2.10", "from": datetime(2026, 11, 17, tzinfo=UTC), "site": "v"}],
    schema=columns.SOURCE_SLICES,
)


def test_a_segment_opens_with_its_own_key_only() -> None:
    """Each has a key pair made for it; what is opened is what was sealed."""
    fresh = segment.seal(SLICES, DAY, "source", 0)
    assert fresh.record.recipient == age.recipient_of(fresh.identity)
    assert segment.open_segment(fresh.sealed, fresh.identity).equals(SLICES)
    with pytest.raises(age.CannotOpen):
        segment.open_segment(fresh.sealed, age.new_identity())
    with pytest.raises(age.CannotOpen):
        segment.open_segment(fresh.sealed[:-1] + b"?", fresh.identity)
    assert segment.seal(SLICES, DAY, "source", 0).record.object != fresh.record.object


@pytest.mark.parametrize(
    ("schema", "category"),
    [
        (columns.SOURCE_SLICES, Category.SOURCE),
        (columns.TRAFFIC_SLICES, Category.TRAFFIC),
        (columns.SECURITY_SLICES, Category.SECURITY),
    ],
)
def test_every_column_says_its_category_and_meaning(schema: pa.Schema, category: Category) -> None:
    """One category a segment; the file itself says so, without Arrow's own metadata."""
    octets = segment.write_parquet(schema.empty_table())
    metadata = pq.read_metadata(BytesIO(octets)).metadata
    told = json.loads(metadata[b"socle.columns"])
    assert set(told) == set(schema.names)
    for column in told.values():
        assert column["category"] == category
        assert column["meaning"]


def test_a_column_counted_in_seconds_says_so() -> None:
    """Units are in the name and in the metadata."""
    for field in (*columns.SOURCE_SLICES, *columns.TRAFFIC_SLICES):
        if field.name.endswith("_seconds"):
            assert field.metadata[b"unit"] == b"s", field.name
