"""Small counts are not printed, and cannot be found again from what is printed. Pure.

Rules. A count from 1 to `least` - 1 is hidden and shown as "< 11" (`least` is a setting, 11 as
INSEE and CNIL are used to; the reference of this house asks for 10 at the least). Zero is printed:
nobody is behind it. Where hiding small counts alone would let them be found by taking what is
printed from a total, more is hidden ("n. d."): the smallest that makes every hidden small count
possible again from 1 to `least` - 1; where none will do, all parts. A total under `least` is hidden
with all that it is made of.

    part                       hidden how           so that
    of one total               `conceal`            their sum leaves each hidden one open
    organisations x something  `conceal_table`      no row, no column and no chain of them closes

In a table, the rows' totals are printed (each organisation reads its own report), and rows whose
total is small are left out of the columns' totals: what is printed above is made of what is
printed below, and is no zero where all of it is hidden. A column's total gives way where a cell
would be closed otherwise.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

LEAST: Final = 11
"""The smallest count that is printed, unless a setting says more."""
_TOTAL: Final = "\0total"
"""The columns' totals, as a row."""


class Hidden(StrEnum):
    """Why a count is not printed."""

    SMALL = "small"
    """It is from 1 to `least` - 1."""
    BESIDE = "beside"
    """It would let a small one be found."""


Cell = int | Hidden
"""A count as it is printed."""


@dataclass(frozen=True, slots=True)
class Parts:
    """A total and what it is made of, as they are printed."""

    total: Cell
    """Of all parts."""
    parts: Mapping[str, Cell]
    """By name, in the order they came."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows, each with its parts, and what the columns come to over all rows that are printed."""

    rows: Mapping[str, Parts]
    """By name."""
    whole: Parts
    """Over the rows whose total is printed; the columns' totals."""


def shown(count: int, least: int) -> Cell:
    """Return a count that stands alone, as it is printed."""
    return Hidden.SMALL if 0 < count < least else count


def conceal(parts: Mapping[str, int], least: int = LEAST) -> Parts:
    """Return what a total is made of, as it is printed; every part counts in no other."""
    total = sum(parts.values())
    if 0 < total < least:
        return Parts(Hidden.SMALL, {name: shown(count, least) for name, count in parts.items()})
    small = [name for name, count in parts.items() if 0 < count < least]
    beside: list[str] = []
    others = sorted(
        (name for name, count in parts.items() if count >= least), key=lambda name: parts[name]
    )
    while small and not _leaves_open([parts[n] for n in small], [parts[n] for n in beside], least):
        if not others:
            return Parts(total, _all_beside(parts))
        beside.append(others.pop(0))
    hidden = dict.fromkeys(small, Hidden.SMALL) | dict.fromkeys(beside, Hidden.BESIDE)
    return Parts(total, {name: hidden.get(name, count) for name, count in parts.items()})


def conceal_table(rows: Mapping[str, Mapping[str, int]], least: int = LEAST) -> Table:
    """Return a table as it is printed: rows of the same columns, each column's total below."""
    printed = {name: conceal(parts, least) for name, parts in rows.items()}
    summed = {name: rows[name] for name, row in printed.items() if row.total != Hidden.SMALL}
    columns = dict.fromkeys(column for parts in rows.values() for column in parts)
    totals = {column: sum(parts.get(column, 0) for parts in summed.values()) for column in columns}
    if len(summed) < len(rows) and not any(totals.values()):
        return Table(printed, Parts(Hidden.BESIDE, _all_beside(totals)))
    whole = conceal(totals, least)
    hidden = {
        row: {c: parts[c] for c, cell in printed[row].parts.items() if isinstance(cell, Hidden)}
        for row, parts in summed.items()
    }
    return Table(printed, _opened(whole, totals, hidden, least))


def _leaves_open(small: list[int], beside: list[int], least: int) -> bool:
    """Whether each small count may still be any from 1 to `least` - 1, by the sum of all hidden.

    Whoever reads knows that a small one is in that range, and one beside `least` at the least.
    """
    most, hidden = least - 1, sum(small) + sum(beside)
    rest_at_least = len(small) - 1 + least * len(beside)
    if hidden - rest_at_least < most:
        return False
    return bool(beside) or hidden - most * (len(small) - 1) <= 1


def _all_beside(parts: Mapping[str, int]) -> dict[str, Cell]:
    """Hide all, nothing included, without a word about which are small."""
    return dict.fromkeys(parts, Hidden.BESIDE)


def _opened(
    whole: Parts, totals: Mapping[str, int], hidden: Mapping[str, Mapping[str, int]], least: int
) -> Parts:
    """Return the columns' totals, less those that would close a small cell.

    A hidden cell can be computed from what is printed just when it is a bridge of the graph whose
    edges are the hidden cells, between their row and their column (the columns' totals being one
    row more): any other lies on a circle, around which counts can be moved unseen. Where a small
    cell is a bridge, the columns that meet in its row give up their totals; with all of them hidden
    it is none, since a row with a hidden cell has two.
    """
    cells = dict(whole.parts)
    edges = {(row, column) for row, parts in hidden.items() for column in parts}
    small = {(r, c) for r, parts in hidden.items() for c, count in parts.items() if count < least}
    small |= {(_TOTAL, column) for column, count in totals.items() if 0 < count < least}
    give = {column for column in cells if not _column_is_open(column, hidden, least)}
    while True:
        cells |= {column: Hidden.BESIDE for column in give if not isinstance(cells[column], Hidden)}
        untold = {(_TOTAL, c) for c, cell in cells.items() if isinstance(cell, Hidden)}
        closed = {column for _, column in bridges(edges | untold) & small}
        if not closed:
            return Parts(whole.total, cells)
        rows = {row for row, column in edges if column in closed}
        give = {column for row, column in edges if row in rows}
        if all(isinstance(cells[column], Hidden) for column in give):
            return Parts(whole.total, _all_beside(totals))


def _column_is_open(column: str, hidden: Mapping[str, Mapping[str, int]], least: int) -> bool:
    counts = [parts[column] for parts in hidden.values() if column in parts]
    small = [count for count in counts if 0 < count < least]
    return not small or _leaves_open(small, [c for c in counts if c >= least], least)


def bridges(edges: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return the edges of a two-sided graph (row, column) that lie on no circle.

    By chains: from each node, in the order a depth-first walk met them, every edge that the walk
    left out is followed back up to what is marked already; what no chain marks is a bridge.
    """
    near: dict[_Node, list[_Node]] = {}
    for row, column in edges:
        near.setdefault((0, row), []).append((1, column))
        near.setdefault((1, column), []).append((0, row))
    above = _walk(near)
    met = {node: number for number, node in enumerate(above)}
    marked: set[frozenset[_Node]] = set()
    reached: set[_Node] = set()
    for node in above:
        for other in near[node]:
            if above[other] == node or above[node] == other or met[other] < met[node]:
                continue
            reached.add(node)
            marked.add(frozenset((node, other)))
            step: _Node | None = other
            while step is not None and step not in reached:
                reached.add(step)
                up = above[step]
                if up is not None:
                    marked.add(frozenset((step, up)))
                step = up
    return {
        (row, column) for row, column in edges if frozenset(((0, row), (1, column))) not in marked
    }


_Node = tuple[int, str]


def _walk(near: Mapping[_Node, Sequence[_Node]]) -> dict[_Node, _Node | None]:
    """Return each node's parent in a depth-first walk, in the order they were met."""
    above: dict[_Node, _Node | None] = {}
    for root in near:
        waiting: list[tuple[_Node, _Node | None]] = [(root, None)]
        while waiting:
            node, parent = waiting.pop()
            if node not in above:
                above[node] = parent
                waiting += ((other, node) for other in near[node] if other not in above)
    return above
