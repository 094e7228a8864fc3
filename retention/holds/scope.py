"""The rows that a hold preserves: those its questions are about, and what hangs on them. Pure.

A hold keeps what an answer could cite, certain or possible, and the ends that a supplement told of
those sessions, without which more would be possible than is. Traffic rows follow by their session,
security rows by their device. Everything else of a day stays out, and dies with the day.

One that names a person, an account or a ticket keeps their account and their identity as well; one
that names a device, an address or a place does where it asks for them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from retention.cases.late_ports import Place, meets, place_of
from retention.cases.lookup import concerned
from retention.cases.question import AddressQuestion, Question
from retention.cases.selection import Row
from retention.sealing.columns import SOURCE_SLICES
from retention.sealing.vault import VAULTED
from territory.database.tables.columns import Category

Opened = tuple[Category, pa.Table]
"""A segment of a day, opened: source, traffic or security."""

_LEADS = Category.SOURCE
_FOLLOWS = {Category.TRAFFIC: "session", Category.SECURITY: "device"}
"""The column that a category shares with source rows."""
_NUMBER = "row number"
_NOBODY: frozenset[str] = frozenset()

Names = Mapping[int, frozenset[str]]
"""The names of the rights of whom each question is about, by its number."""


def vaults_of(questions: Iterable[Question]) -> frozenset[Category]:
    """Return the vaults that a hold on these reaches; an account leads to its identity."""
    wanted: set[Category] = set()
    for one in questions:
        wanted |= {*VAULTED} if one.kind == "person" else {*VAULTED} & {*one.categories}
    return frozenset(VAULTED if Category.IDENTITY in wanted else wanted)


def in_scope(day: Sequence[Opened], questions: Sequence[Question], names: Names) -> list[pa.Table]:
    """Return, for each opened segment of a day, its rows that the questions are about.

    Args:
        day: the segments of a category in the order of their parts.
        questions: what is preserved.
        names: the names of the rights of the persons among them.
    """
    parts = [rows for category, rows in day if category is _LEADS]
    leading = list(_with_ends(parts, _about_any(parts, questions, names)))
    source = pa.concat_tables([SOURCE_SLICES.empty_table(), *leading])
    kept = iter(leading)
    return [
        next(kept) if category is _LEADS else _following(category, rows, source)
        for category, rows in day
    ]


def _following(category: Category, rows: pa.Table, source: pa.Table) -> pa.Table:
    """Return the rows that hang on source rows in scope."""
    column = _FOLLOWS[category]
    known = source[column].combine_chunks().drop_null()
    return rows.filter(pc.is_in(rows[column], value_set=known))


def rights_used(source: pa.Table, question: Question, names: frozenset[str]) -> frozenset[str]:
    """Return the names of the rights in the source rows that one question is about."""
    [numbers] = _about([source], question, names)
    used = _taken(source, numbers)["user_name"]
    return frozenset(used.drop_null().to_pylist())


def _with_ends(parts: Sequence[pa.Table], asked: Sequence[set[int]]) -> Iterator[pa.Table]:
    """Yield the rows asked of each part, in their order.

    With the ends told late of sessions that rows of lower parts are kept of.
    """
    sessions: set[str] = set()
    for rows, numbers in zip(parts, asked, strict=True):
        kept = _taken(rows, numbers | _ends_of(rows, sessions))
        sessions |= {*kept["session"].drop_null().to_pylist()}
        yield kept


def _ends_of(rows: pa.Table, sessions: set[str]) -> set[int]:
    of_them = pc.is_in(rows["session"], value_set=pa.array(sorted(sessions), pa.string()))
    return _numbers(rows, pc.and_(of_them, pc.equal(rows["until_is"], "stop")))


def _about_any(
    parts: Sequence[pa.Table], questions: Sequence[Question], names: Names
) -> list[set[int]]:
    """Return the numbers of the rows of each part that one question at least is about."""
    found: list[set[int]] = [set() for _ in parts]
    for number, question in enumerate(questions):
        about = _about(parts, question, names.get(number, _NOBODY))
        found = [before | more for before, more in zip(found, about, strict=True)]
    return found


def _about(parts: Sequence[pa.Table], question: Question, names: frozenset[str]) -> list[set[int]]:
    """Return the numbers of the rows of each part that a question is about.

    And, of an address, whom a translation told too late leads to (cases/late_ports.py).
    """
    direct = [_directly_about(rows, question, names) for rows in parts]
    if not isinstance(question, AddressQuestion):
        return direct
    told = (_taken(rows, numbers) for rows, numbers in zip(parts, direct, strict=True))
    alone = [row for rows in told for row in rows.filter(pc.is_null(rows["session"])).to_pylist()]
    return [n | _led_to(rows, alone) for rows, n in zip(parts, direct, strict=True)]


def _directly_about(rows: pa.Table, question: Question, names: frozenset[str]) -> set[int]:
    numbered = rows.append_column(_NUMBER, pa.array(range(rows.num_rows), pa.int64()))
    found = concerned(numbered, question, names)
    if isinstance(question, AddressQuestion) and question.port is not None:
        above = pc.less_equal(found["port_first"], question.port)
        within = pc.and_(above, pc.greater_equal(found["port_last"], question.port))
        found = found.filter(pc.fill_null(within, True))
    return {*found[_NUMBER].to_pylist()}


def _led_to(rows: pa.Table, alone: Sequence[Row]) -> set[int]:
    """Return the numbers of the rows of whoever had a translated address meanwhile."""
    at: dict[Place, list[Row]] = {}
    for told in alone:
        at.setdefault(place_of(told), []).append(told)
    addresses = pa.array(sorted({row["address"] for row in alone}), pa.string())
    near = _numbers(rows, pc.is_in(rows["address"], value_set=addresses))
    return {
        number
        for number, row in zip(sorted(near), _taken(rows, near).to_pylist(), strict=True)
        if any(meets(told, row) for told in at.get(place_of(row), ()))
    }


def _taken(rows: pa.Table, numbers: set[int]) -> pa.Table:
    return rows.take(pa.array(sorted(numbers), pa.int64()))


def _numbers(rows: pa.Table, wanted: pa.ChunkedArray) -> set[int]:
    numbers = pa.array(range(rows.num_rows), pa.int64())
    return {*numbers.filter(wanted.combine_chunks()).to_pylist()}
