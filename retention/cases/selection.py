"""The rows of an opened segment that a question is about, read with as little else as can be.

A segment is Parquet, a row group for each 10 000 slices. Where the statistics of a row group leave
out what is looked for, it is not read at all; else the one or two columns that tell are read, and
the others only of a row group where they tell something. Memory: one row group at a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Criterion:
    """Rows whose `column` holds one of `values`, or whose `list_column` one of `list_values`."""

    column: str
    values: frozenset[str]
    list_column: str | None = None
    list_values: frozenset[str] = frozenset()

    @property
    def columns(self) -> list[str]:
        """The columns that tell."""
        return [self.column, self.list_column] if self.list_column else [self.column]


def select(parquet: bytes, criteria: Sequence[Criterion]) -> list[list[Row]]:
    """Return, for each criterion, the rows that meet it, in their order."""
    file = pq.ParquetFile(BytesIO(parquet))
    found: list[list[Row]] = [[] for _ in criteria]
    for group in range(file.num_row_groups):
        statistics = file.metadata.row_group(group)
        there = [n for n, one in enumerate(criteria) if _may_hold(statistics, one)]
        for number, rows in _select_in(file, group, {n: criteria[n] for n in there}).items():
            found[number] += rows
    return found


def where_null(parquet: bytes, column: str, others: Sequence[str]) -> pa.Table:
    """Return the `others` columns of the rows whose `column` is null."""
    file = pq.ParquetFile(BytesIO(parquet))
    groups = [
        group
        for group in range(file.num_row_groups)
        if _may_hold_null(file.metadata.row_group(group), column)
    ]
    rows = file.read_row_groups(groups, columns=[column, *others], use_threads=False)
    return rows.filter(pc.is_null(rows[column])).select(list(others))


def _select_in(
    file: pq.ParquetFile, group: int, criteria: dict[int, Criterion]
) -> dict[int, list[Row]]:
    """Return the rows of one row group, by their criterion's number."""
    if not criteria:
        return {}
    columns = sorted({name for one in criteria.values() for name in one.columns})
    telling = file.read_row_group(group, columns=columns, use_threads=False)
    told = {number: mask(telling, one) for number, one in criteria.items()}
    hits = {number: rows for number, rows in told.items() if pc.any(rows).as_py()}
    if not hits:
        return {}
    whole = file.read_row_group(group, use_threads=False)
    return {number: whole.filter(rows).to_pylist() for number, rows in hits.items()}


def _may_hold(group: pq.RowGroupMetaData, wanted: Criterion) -> bool:
    """Whether the statistics of a row group leave room for a row that meets it."""
    if not wanted.values and not wanted.list_values:
        return False
    if wanted.list_values:
        return True
    statistics = _statistics(group, wanted.column)
    if statistics is None or not statistics.has_min_max:
        return True
    return bool(statistics.min <= max(wanted.values) and min(wanted.values) <= statistics.max)


def _may_hold_null(group: pq.RowGroupMetaData, column: str) -> bool:
    statistics = _statistics(group, column)
    return statistics is None or not statistics.has_null_count or statistics.null_count > 0


def _statistics(group: pq.RowGroupMetaData, column: str) -> pq.Statistics | None:
    columns = (group.column(number) for number in range(group.num_columns))
    return next(one.statistics for one in columns if one.path_in_schema == column)


def mask(telling: pa.Table, wanted: Criterion) -> pa.ChunkedArray:
    """Tell the rows that meet a criterion; `telling` has its columns at least."""
    one_of = pa.array(sorted(wanted.values), pa.string())
    met = pc.is_in(telling[wanted.column], value_set=one_of)
    if wanted.list_column is None:
        return met
    return pc.or_(met, _lists_hold(telling[wanted.list_column], wanted.list_values))


def _lists_hold(column: pa.ChunkedArray, values: frozenset[str]) -> pa.Array:
    """Tell the rows whose list holds one of the values."""
    lists = column.combine_chunks()
    held = pc.is_in(pc.list_flatten(lists), value_set=pa.array(sorted(values), pa.string()))
    rows = pc.list_parent_indices(lists).filter(held)
    return pc.is_in(pa.array(range(len(lists)), rows.type), value_set=rows)
