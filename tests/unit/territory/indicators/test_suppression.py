"""No small count is printed, and none can be found again from what is printed."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from territory.indicators.suppression import (
    LEAST,
    Cell,
    Hidden,
    Parts,
    bridges,
    conceal,
    conceal_table,
    shown,
)

SMALL, BESIDE = Hidden.SMALL, Hidden.BESIDE


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([0, 0], [0, 0]),
        ([11, 200], [11, 200]),
        ([5, 200], [SMALL, BESIDE]),
        ([5, 30, 200], [SMALL, BESIDE, 200]),
        # 12 alone beside 5 would say that 5 is under 7: 200 is hidden as well
        ([5, 12, 200], [SMALL, BESIDE, BESIDE]),
        ([5, 6, 200], [SMALL, SMALL, 200]),
        # 10 and 10 make 20, and no other two small counts do
        ([10, 10, 200], [SMALL, SMALL, BESIDE]),
        ([5, 12], [BESIDE, BESIDE]),
        ([5, 12, 0], [BESIDE, BESIDE, BESIDE]),
    ],
)
def test_what_is_hidden(counts: list[int], expected: list[Cell]) -> None:
    """The smallest that will do is hidden beside a small count."""
    found = conceal({str(number): count for number, count in enumerate(counts)})
    assert list(found.parts.values()) == expected
    assert found.total == sum(counts)


def test_a_small_total_hides_what_it_is_made_of() -> None:
    """A total under the least is small itself, and its parts too; nothing of nobody is hidden."""
    assert conceal({"a": 4, "b": 6, "c": 0}) == Parts(SMALL, {"a": SMALL, "b": SMALL, "c": 0})
    assert (shown(0, 11), shown(10, 11), shown(11, 11)) == (0, SMALL, 11)


def _possible(parts: Parts, least: int) -> Iterator[tuple[int, ...]]:
    """Yield all hidden counts that what is printed leaves possible, by trying every one."""
    assert isinstance(parts.total, int)
    hidden = [cell for cell in parts.parts.values() if isinstance(cell, Hidden)]
    left = parts.total - sum(c for c in parts.parts.values() if not isinstance(c, Hidden))
    ranges = [range(1, least) if cell is SMALL else range(least, left + 1) for cell in hidden]
    if all(cell is BESIDE for cell in hidden):
        ranges = [range(left + 1)] * len(hidden)
    return (each for each in product(*ranges) if sum(each) == left)


@given(st.lists(st.integers(min_value=0, max_value=9), min_size=1, max_size=4))
def test_every_hidden_small_count_stays_open(counts: list[int]) -> None:
    """By all that a reader can know, each may still be any small count, or at least two."""
    least = 4
    parts = {str(number): count for number, count in enumerate(counts)}
    found = conceal(parts, least)
    for name, cell in found.parts.items():
        assert cell == parts[name] or isinstance(cell, Hidden)
        assert not isinstance(cell, int) or cell == 0 or cell >= least
    if found.total is SMALL:
        return
    names = [name for name, cell in found.parts.items() if isinstance(cell, Hidden)]
    solutions = list(_possible(found, least)) if names else []
    for number, name in enumerate(names):
        seen = {solution[number] for solution in solutions}
        if found.parts[name] is SMALL:
            assert seen == set(range(1, least)), (counts, found)
        assert len(seen) > 1, (counts, found)


def _is_fixed(unknowns: Sequence[str], equations: Sequence[Mapping[str, int]], name: str) -> bool:
    """Whether linear equations give one unknown: its unit vector is a sum of theirs (Gauss)."""
    rows = [[Fraction(each.get(unknown, 0)) for unknown in unknowns] for each in equations]
    goal = [Fraction(int(unknown == name)) for unknown in unknowns]
    for column in range(len(unknowns)):
        pivot = next((row for row in rows if row[column]), None)
        if pivot is None:
            continue
        rows = [row for row in rows if row is not pivot]
        for row in [*rows, goal]:
            factor = row[column] / pivot[column]
            row[:] = [a - factor * b for a, b in zip(row, pivot, strict=True)]
    return not any(goal)


_COUNTS = st.one_of(st.just(0), st.integers(min_value=1, max_value=40))
_ROWS = st.lists(st.lists(_COUNTS, min_size=3, max_size=3), min_size=1, max_size=4)


def _hidden(parts: Mapping[str, Cell]) -> list[str]:
    return [name for name, cell in parts.items() if isinstance(cell, Hidden)]


@given(_ROWS)
def test_no_small_count_of_a_table_can_be_subtracted(counts: list[list[int]]) -> None:
    """Rows, rows' totals, columns' totals and the whole, taken together, give none."""
    rows = {
        f"o{row}": {f"l{column}": count for column, count in enumerate(each)}
        for row, each in enumerate(counts)
    }
    table = conceal_table(rows)
    summed = {name: row for name, row in table.rows.items() if row.total is not SMALL}
    cells = {f"{r} {c}": rows[r][c] for r, row in summed.items() for c in _hidden(row.parts)}
    totals = {
        f"total {c}": sum(rows[r][c] for r in summed)
        for c in _hidden(table.whole.parts)
        if table.whole.total is not SMALL
    }
    equations = [{f"{r} {c}": 1 for c in _hidden(row.parts)} for r, row in summed.items()]
    equations.append(dict.fromkeys(totals, 1))
    for column in table.whole.parts:
        meeting = {f"{r} {column}": 1 for r in summed if f"{r} {column}" in cells}
        own = {f"total {column}": -1} if f"total {column}" in totals else {}
        equations.append(meeting | own)
    unknowns = [*cells, *totals]
    for name, count in (cells | totals).items():
        if 0 < count < LEAST:
            assert not _is_fixed(unknowns, equations, name), (rows, table)
    for row in (*table.rows.values(), table.whole):
        printed = [cell for cell in row.parts.values() if not isinstance(cell, Hidden)]
        assert all(cell == 0 or cell >= LEAST for cell in printed)


def test_a_column_gives_way_to_its_cells() -> None:
    """A column whose total would give its one hidden cell has no total."""
    table = conceal_table({"a": {"fr": 100, "ar": 5}, "b": {"fr": 100, "ar": 20}})
    assert table.rows["a"].parts == {"fr": BESIDE, "ar": SMALL}
    assert table.rows["b"].parts == {"fr": 100, "ar": 20}
    assert table.whole.parts == {"fr": BESIDE, "ar": BESIDE}
    assert table.whole.total == 225


def test_a_small_row_is_in_no_total() -> None:
    """What one organisation hides whole is not told by the others' sum either."""
    table = conceal_table({"a": {"fr": 100, "ar": 50}, "b": {"fr": 4}})
    assert table.rows["b"].total is SMALL
    assert table.whole == Parts(150, {"fr": 100, "ar": 50})


def test_a_whole_that_is_all_hidden_is_no_zero() -> None:
    """Where every organisation that has any hides it, nobody is told that there was nothing."""
    table = conceal_table({"a": {"fr": 4}, "b": {"fr": 0}, "c": {"fr": 9, "ar": 1}})
    assert table.whole.total is BESIDE
    assert set(table.whole.parts.values()) == {BESIDE}
    assert conceal_table({"a": {"fr": 0}, "b": {}}).whole == Parts(0, {"fr": 0})


@given(st.sets(st.tuples(st.sampled_from("abcd"), st.sampled_from("uvwx")), max_size=16))
def test_bridges_are_what_cuts_a_graph(edges: set[tuple[str, str]]) -> None:
    """An edge is one just when its two ends are apart without it."""
    for row, column in edges:
        rows, columns, more = {row}, set[str](), True
        others = edges - {(row, column)}
        while more:
            fresh = {c for r, c in others if r in rows} - columns
            columns |= fresh
            rows |= {r for r, c in others if c in columns}
            more = bool(fresh)
        assert ((row, column) in bridges(edges)) is (column not in columns)
