"""Translations told once their day was closed: slices of the day's supplement, without a device.

The sessions of a closed day are sealed, and nobody here can open them: which device had the private
address is found where a question is answered (cases/late_ports.py), by site, address and time. Pure
and column-wise, as ports.py, whose rules on beginnings and ends hold.
"""

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from retention.sealing.columns import SOURCE_SLICES

_SECOND = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ORDER = [("public_address", "ascending"), ("from", "ascending"), ("session", "ascending")]


def earliest_day(told: pa.Table) -> date:
    """Return the first UTC day that `told` (ports.joined, at least one row) touches."""
    return (_EPOCH + timedelta(microseconds=pc.min(told["began"]).as_py())).date()


def with_late(source: pa.Table, told: pa.Table, day: date) -> pa.Table:
    """Return a supplement's slices: `source`, and what is told of ports on that UTC day.

    Args:
        source: SOURCE_SLICES, of sessions that were told late themselves.
        told: translations as `ports.joined` returns them, of any days.
        day: the day that the supplement is about.
    """
    start = (day - _EPOCH.date()) // timedelta(microseconds=1)
    end = start + 86_400 * _SECOND
    touches = pc.and_(pc.less(told["began"], end), pc.greater_equal(told["ended"], start))
    told = told.filter(touches)
    return pa.concat_tables([source, _slices(told, start, end)]).sort_by(_ORDER)


def _slices(told: pa.Table, start: int, end: int) -> pa.Table:
    began = pc.max_element_wise(told["began"], start)
    until = pc.min_element_wise(told["ended"], end)
    earliest = pc.max_element_wise(pc.coalesce(told["earliest"], start), start)
    latest = pc.min_element_wise(pc.coalesce(told["may_last"], end), end)
    later = _whole_seconds(until, latest)
    instant = pc.and_(pc.equal(began, until), pc.equal(later, 0))
    is_end = pc.and_(told["has_end"], pc.equal(until, told["ended"]))
    columns = {name: told[name] for name in ("site", "address", "public_address", "protocol")}
    columns |= {name: told[name] for name in ("port_first", "port_last")}
    columns |= {
        "from": began,
        "until": until,
        "from_uncertainty_seconds": _whole_seconds(earliest, began),
        # As with sessions: what began and ended in one second lasted up to one.
        "until_uncertainty_seconds": pc.if_else(instant, 1, later),
        "until_is": pc.if_else(is_end, "change", "last_seen"),
    }
    absent = pa.nulls(told.num_rows)
    return pa.table({n: columns.get(n, absent) for n in SOURCE_SLICES.names}).cast(SOURCE_SLICES)


def _whole_seconds(earlier: pa.Array, later: pa.Array) -> pa.Array:
    """Return how long, rounded up; nothing where the other is before."""
    between = pc.divide(pc.add(pc.subtract(later, earlier), _SECOND - 1), _SECOND)
    return pc.max_element_wise(between, 0)
