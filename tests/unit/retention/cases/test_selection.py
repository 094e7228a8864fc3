"""What is read of an opened segment: the rows asked for, whatever their row group, and no more."""

import pyarrow as pa
import pytest

from retention.cases.selection import Criterion, select, where_null
from retention.sealing import segment
from retention.sealing.segment import write_parquet

DEVICES = [f"02:00:00:00:00:{n:02x}" for n in range(8)]
TABLE = pa.table(
    {
        "public_address": pa.array([f"192.0.2.{n}" for n in range(7)] + [None], pa.string()),
        "device": DEVICES,
        "addresses6": pa.array(
            [["2001:db8::1"], [], None, ["fe80::1", "2001:db8::3"], [], [], [], []],
            pa.list_(pa.string()),
        ),
    }
)


@pytest.fixture
def parquet(monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Eight slices in four row groups, sorted by address, the unknown last."""
    monkeypatch.setattr(segment, "_ROW_GROUP", 2)
    return write_parquet(TABLE)


def found(parquet: bytes, *criteria: Criterion) -> list[list[int]]:
    """Return the numbers of the rows that meet each criterion."""
    rows = select(parquet, criteria)
    return [[DEVICES.index(row["device"]) for row in met] for met in rows]


def test_rows_are_found_in_any_row_group(parquet: bytes) -> None:
    """By the sorted column, by another, by several values, all in one reading."""
    by_address = Criterion("public_address", frozenset({"192.0.2.5"}))
    by_device = Criterion("device", frozenset({DEVICES[0], DEVICES[7]}))
    nobody = Criterion("device", frozenset())
    beyond = Criterion("public_address", frozenset({"203.0.113.1"}))
    assert found(parquet, by_address, by_device, nobody, beyond) == [[5], [0, 7], [], []]


def test_an_address_is_found_in_a_list_too(parquet: bytes) -> None:
    """A device's own IPv6 addresses are a list, empty or absent for most."""
    either = Criterion(
        "public_address",
        frozenset({"192.0.2.6"}),
        "addresses6",
        frozenset({"2001:db8::3", "2001:db8::1"}),
    )
    assert found(parquet, either) == [[0, 3, 6]]


def test_rows_without_an_address_are_found(parquet: bytes) -> None:
    """Last of their day, as they are sorted; the columns asked for alone."""
    assert where_null(parquet, "public_address", ["device"]).to_pydict() == {"device": DEVICES[7:]}


def test_an_empty_segment_holds_nothing() -> None:
    """A day without a guest is sealed too."""
    empty = write_parquet(TABLE.slice(0, 0))
    assert where_null(empty, "public_address", ["device"]).num_rows == 0
    whole = write_parquet(TABLE.slice(0, 7))
    assert where_null(whole, "public_address", ["device"]).num_rows == 0
    assert found(empty, Criterion("device", frozenset(DEVICES))) == [[]]
