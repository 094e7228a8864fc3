"""Who had which public port: blocks that a site describes, translations that its gateway told.

The part of slices.py that a site's NAT concerns; pure and column-wise as it is. Two sources:

* A site that shares its ports out in blocks (territory/rules/port_blocks.py): each slice gets the
  block of its private address, as the description was at that time.
* Translations told by syslog or IPFIX (intake/): beside the device's slice, which stays without a
  port, one more for each, over the part of its interval that the translation lasted. What is told
  of one public port by one private address, from a beginning to an end, is one translation, whoever
  else has the port: most gateways let several devices have it at once, each towards another server.
  Without a beginning or an end, it may have lasted all the time the device had the address; a whole
  block is one device's, and no longer than until it is another's. Sightings alone are one while
  they follow each other closely: what was seen on Monday and on Thursday may have been two.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from retention.sealing.columns import PORT_BLOCKS, TRANSLATIONS

_SECOND = 1_000_000
_FAR = 3600 * _SECOND
"""Microseconds between two sightings; who tells of nothing else tells of them by the minute."""
_DOTTED = r"^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$"
_SAME = 5 * _SECOND
"""Between a beginning as told then and as its end tells it: in whole seconds, by the receipt."""
_OF_PORT = ("site", "public_address", "protocol", "port_first", "port_last")
_OF_HOLDER = (*_OF_PORT, "address")


@dataclass(frozen=True, slots=True)
class PortFacts:
    """What is known of ports that may touch a day."""

    blocks: pa.Table
    """PORT_BLOCKS."""
    translations: pa.Table
    """TRANSLATIONS."""


NO_PORTS = PortFacts(PORT_BLOCKS.empty_table(), TRANSLATIONS.empty_table())


# --- Blocks ---------------------------------------------------------------------------------------


def split_by_block(public: pa.Table, blocks: pa.Table, epoch: datetime) -> pa.Table:
    """Return the intervals of sites' public addresses, cut by those of their blocks of ports.

    Adds `block`: the row of `blocks` that holds; null: none. There are as many intervals as
    places, not as sessions: plain Python will do.
    """
    if not blocks.num_rows:
        return public.append_column("block", pa.nulls(public.num_rows, pa.int64()))
    held: dict[str, list[tuple[int, int, int]]] = {}
    for number, row in enumerate(blocks.to_pylist()):
        since = _microseconds(row["since"], epoch)
        to = _microseconds(row["to"], epoch) if row["to"] else 2**62
        held.setdefault(row["site"], []).append((since, to, number))
    rows = [
        {**row, "since": since, "to": to, "block": number}
        for row in public.to_pylist()
        for since, to, number in _cut(row["since"], row["to"], sorted(held.get(row["site"], [])))
    ]
    return pa.Table.from_pylist(rows, public.schema.append(pa.field("block", pa.int64())))


def _microseconds(moment: datetime, epoch: datetime) -> int:
    since = moment - epoch
    return (since.days * 86_400 + since.seconds) * _SECOND + since.microseconds


def _cut(
    since: int, to: int, held: list[tuple[int, int, int]]
) -> Iterator[tuple[int, int, int | None]]:
    """Yield the parts of [since, to), each with the block that holds in it."""
    reached = since
    for begins, ends, number in held:
        first, last = max(begins, reached), min(ends, to)
        if first >= last:
            continue
        if first > reached:
            yield reached, first, None
        yield first, last, number
        reached = last
    if reached < to:
        yield reached, to, None


def with_leases(placed: pa.Table, blocks: pa.Table) -> pa.Table:
    """Return slices with their ports; those at a public address that their lease is not on go.

    Of a site with several public addresses, a device whose block is on one never had the others.
    """
    if placed["block"].null_count == placed.num_rows:
        nulls = pa.nulls(placed.num_rows, pa.int64())
        placed = placed.append_column("port_first", nulls).append_column("port_last", nulls)
        return placed.append_column("protocol", nulls)
    first, public = _leases(placed["block"], placed["address"], blocks)
    ports = pa.array(blocks["ports"]).take(placed["block"])
    last = pc.add(first, pc.subtract(ports, 1))
    elsewhere = pc.fill_null(pc.not_equal(public, placed["public_address"]), False)
    placed = placed.append_column("port_first", first).append_column("port_last", last)
    placed = placed.append_column("protocol", pa.nulls(placed.num_rows, pa.int64()))
    return placed.filter(pc.invert(elsewhere))


def _leases(block: Any, address: Any, blocks: pa.Table) -> tuple[Any, Any]:
    """Return each address's first port and, where there is a pool, its public address."""
    of = {name: blocks[name].take(block) for name in ("ports", "first_port", "last_port")}
    lowest = _number(blocks["first_address"]).take(block)
    highest = _number(blocks["last_address"]).take(block)
    own = _number(address)
    inside = pc.and_(pc.greater_equal(own, lowest), pc.less_equal(own, highest))
    rank = pc.if_else(inside, pc.subtract(own, lowest), None)
    shared = pc.add(pc.subtract(of["last_port"], of["first_port"]), 1)
    leases = pc.divide(shared, of["ports"])
    which = pc.divide(rank, leases)
    slot = pc.subtract(rank, pc.multiply(which, leases))
    pools = [pool.split() for pool in blocks["pool"].to_pylist()]
    rooms = pa.array([max(1, len(pool)) for pool in pools], pa.int64()).take(_one(block))
    fits = pc.less(which, rooms)
    first = pc.add(of["first_port"], pc.multiply(slot, of["ports"]))
    return pc.if_else(fits, first, None), _of_pool(pools, block, pc.if_else(fits, which, None))


def _of_pool(pools: list[list[str]], block: Any, which: Any) -> pa.Array:
    """Return the pool's address of that number; null where there is no pool."""
    begins: list[int | None] = []
    flat: list[str | None] = [None]
    for pool in pools:
        begins.append(len(flat) if pool else None)
        flat += pool
    at = pc.add(pa.array(begins, pa.int64()).take(_one(block)), _one(which))
    return pa.array(flat, pa.string()).take(_one(at))


def _number(address: Any) -> pa.Array:
    """Return IPv4 addresses as numbers; null where there is none."""
    text = pa.array(_one(address))
    dotted = pc.if_else(pc.match_substring_regex(text, _DOTTED), text, None)
    parts = pc.split_pattern(dotted, ".")
    number = pc.cast(pc.list_element(parts, 0), pa.int64())
    for index in (1, 2, 3):
        part = pc.cast(pc.list_element(parts, index), pa.int64())
        number = pc.add(pc.multiply(number, 256), part)
    return number


def _one(values: Any) -> pa.Array:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


# --- Translations ---------------------------------------------------------------------------------


def translated(held: pa.Table, translations: pa.Table) -> pa.Table:
    """Return a slice for each translation of a device, in the shape of `with_leases`.

    Args:
        held: the devices' slices of the day, before they are cut by public address.
        translations: TRANSLATIONS, in any order.
    """
    told = joined(translations)
    order = held.select(["site", "address"]).append_column("row", pa.arange(0, held.num_rows))
    pairs = told.join(order, ["site", "address"], join_type="inner")
    both = held.take(_one(pairs["row"]))
    meets = pc.and_(
        pc.less(pairs["began"], both["latest"]), pc.greater_equal(pairs["ended"], both["from"])
    )
    return _clipped(both.filter(meets), pairs.filter(meets))


def joined(translations: pa.Table) -> pa.Table:
    """Return what is told of a port by one address, from its beginning to its end, as one row.

    With `began` and `ended`, whether each was told (`has_start`, `has_end`), and how early it may
    have begun and how long it may have lasted (`earliest`, `may_last`; null: nothing bounds it).
    """
    rows = translations
    for name in ("at", "held_from", "held_until"):
        rows = rows.set_column(rows.column_names.index(name), name, rows[name].cast(pa.int64()))
    rows = rows.sort_by([(name, "ascending") for name in _OF_HOLDER]).combine_chunks()
    first_of_holder = _differs(rows, _OF_HOLDER)
    told = pa.table(
        {
            "holder": _numbered(first_of_holder),
            "began": pc.coalesce(rows["held_from"], rows["at"]),
            "ended": pc.coalesce(rows["held_until"], rows["at"]),
            "has_start": rows["held_from"].is_valid(),
            "has_end": rows["held_until"].is_valid(),
        }
    )
    spans = _followed(_covered(_paired(told)))
    holders = rows.select(_OF_HOLDER).filter(_one(first_of_holder))
    of = holders.take(pc.subtract(_one(spans["holder"]), 1))
    for name in ("began", "ended", "has_start", "has_end"):
        of = of.append_column(name, spans[name])
    return _bounded(of.combine_chunks())


def _paired(told: pa.Table) -> pa.Table:
    """Return what is told, each beginning joined to its end where both are.

    An end that tells its own beginning is whole, and answers the beginning told about then. Of the
    others, an end is the latest beginning's that has none: where one is left over, the least is
    taken for certain.
    """
    is_start = pc.and_(told["has_start"], pc.invert(told["has_end"]))
    is_whole = pc.and_(told["has_start"], told["has_end"])
    at = pc.if_else(is_whole, pc.add(told["began"], _SAME), told["began"])
    opens, closes = _pairs(told, at, is_start, is_whole)
    apart = pc.subtract(_one(at).take(closes), _one(at).take(opens))
    told = _without(told, opens.filter(pc.less_equal(apart, 2 * _SAME)))

    is_start = pc.and_(told["has_start"], pc.invert(told["has_end"]))
    is_end = pc.and_(told["has_end"], pc.invert(told["has_start"]))
    opens, closes = _pairs(told, told["began"], is_start, is_end)
    both = told.take(closes)
    for name in ("began", "has_start"):
        both = both.set_column(both.column_names.index(name), name, told[name].take(opens))
    return pa.concat_tables([_without(told, pa.concat_arrays([opens, closes])), both])


def _pairs(told: pa.Table, at: Any, opens: Any, closes: Any) -> tuple[pa.Array, pa.Array]:
    """Return the rows of beginnings and of their ends, paired as brackets are.

    Each row is a step up or down. Between two levels, one holder's steps go up and down in turn: a
    step up and the next one down are a pair.
    """
    steps = pa.table({"holder": told["holder"], "at": at, "closes": closes})
    steps = steps.append_column("row", pa.arange(0, told.num_rows)).filter(pc.or_(opens, closes))
    steps = steps.sort_by([(name, "ascending") for name in ("holder", "at", "closes")])
    down = _one(steps["closes"])
    reached = pc.cumulative_sum(pc.if_else(down, -1, 1))
    level = pc.add(reached, pc.cast(down, pa.int64()))
    steps = steps.append_column("level", level)
    steps = steps.append_column("place", pa.arange(0, steps.num_rows))
    steps = steps.sort_by([(name, "ascending") for name in ("holder", "level", "place")])
    steps = steps.combine_chunks()
    alone = pc.fill_null(_shifted(_differs(steps, ("holder", "level")), -1), True)
    down = _one(steps["closes"])
    is_pair = pc.and_(pc.invert(down), pc.and_(pc.invert(alone), _shifted(down, -1)))
    is_pair = pc.fill_null(is_pair, False)
    row = _one(steps["row"])
    return row.filter(is_pair), _shifted(row, -1).filter(is_pair)


def _without(told: pa.Table, rows: pa.Array) -> pa.Table:
    return told.filter(pc.invert(pc.is_in(pa.arange(0, told.num_rows), value_set=rows)))


def _covered(told: pa.Table) -> pa.Table:
    """Return the intervals that each holder's translations cover together, in order.

    What overlaps is one: its beginning, or end, is told if those of all in it are; a sighting
    between adds nothing.
    """
    is_sighting = pc.invert(pc.or_(told["has_start"], told["has_end"]))
    for name in ("has_start", "has_end"):
        untold = pc.if_else(is_sighting, None, told[name])
        told = told.set_column(told.column_names.index(name), name, untold)
    number = pa.arange(0, told.num_rows)
    up = pa.table({"holder": told["holder"], "at": told["began"], "row": number})
    down = pa.table({"holder": told["holder"], "at": told["ended"], "row": number})
    up = up.append_column("down", pa.nulls(len(number), pa.bool_()).fill_null(False))
    down = down.append_column("down", pa.nulls(len(number), pa.bool_()).fill_null(True))
    keys = [(name, "ascending") for name in ("holder", "at", "down")]
    steps = pa.concat_tables([up, down]).sort_by(keys)
    is_up = pc.invert(_one(steps["down"]))
    depth = pc.cumulative_sum(pc.if_else(is_up, 1, -1))
    of = _numbered(pc.and_(is_up, pc.equal(depth, 1)))
    told = told.take(_one(steps["row"]).filter(is_up)).append_column("of", of.filter(is_up))
    return _summed(told, "min")


def _followed(spans: pa.Table) -> pa.Table:
    """Return intervals, those joined that one sighting after the other tells of.

    They follow each other closely, and neither an end nor a beginning is told between them.
    """
    spans = spans.combine_chunks()
    ended = _shifted(spans["ended"], 1)
    is_near = pc.less_equal(pc.subtract(_one(spans["began"]), ended), _FAR)
    untold = pc.invert(pc.or_(_one(spans["has_start"]), _shifted(spans["has_end"], 1)))
    follows = pc.fill_null(pc.and_(is_near, untold), False)
    begins = pc.or_(_differs(spans, ("holder",)), pc.invert(follows))
    return _summed(spans.append_column("of", _numbered(begins)), None)


def _summed(told: pa.Table, has: str | None) -> pa.Table:
    """Return one row for each number in `of`; `has`: how the ends' being told is summed up."""
    columns = [("holder", "first"), ("began", "min"), ("ended", "max")]
    columns += [("has_start", has or "first"), ("has_end", has or "last")]
    found = told.group_by("of", use_threads=False).aggregate(columns)
    spans = {name: found[f"{name}_{how}"] for name, how in columns}
    spans |= {name: pc.fill_null(spans[name], False) for name in ("has_start", "has_end")}
    return pa.table(spans)


def _numbered(begins: Any) -> Any:
    """Return the number of each row's translation, from one."""
    return pc.cumulative_sum(pc.cast(_one(begins), pa.int64()))


def _bounded(told: pa.Table) -> pa.Table:
    """Add the earliest beginning and the latest end of each; null: the device's own.

    A whole block is one device's until it is another's: its neighbours bound it. A single port is
    not (RFC 4787 §4.1): another device may have it at once, towards another server.
    """
    told = told.sort_by([(name, "ascending") for name in (*_OF_PORT, "began")]).combine_chunks()
    first_of_port = _differs(told, _OF_PORT)
    last_of_port = pc.fill_null(_shifted(first_of_port, -1), True)
    shared = pc.equal(told["port_first"], told["port_last"])
    before = pc.if_else(pc.or_(first_of_port, shared), None, _shifted(told["ended"], 1))
    after = pc.if_else(pc.or_(last_of_port, shared), None, _shifted(told["began"], -1))
    earliest = pc.if_else(told["has_start"], told["began"], before)
    latest = pc.if_else(told["has_end"], told["ended"], after)
    return told.append_column("earliest", earliest).append_column("may_last", latest)


def _clipped(both: pa.Table, told: pa.Table) -> pa.Table:
    """Return devices' slices, each cut to the translation beside it."""
    began = pc.max_element_wise(told["began"], both["from"])
    latest = pc.min_element_wise(told["may_last"], both["latest"])
    until = pc.min_element_wise(told["ended"], both["until"])
    until = pc.min_element_wise(pc.max_element_wise(until, began), latest)
    since = pc.max_element_wise(told["earliest"], both["from"])
    unsure = pc.divide(pc.add(pc.subtract(began, since), _SECOND - 1), _SECOND)
    own = pc.greater_equal(both["from"], told["began"])
    is_end = pc.and_(told["has_end"], pc.equal(until, told["ended"]))
    columns = {
        "from": began,
        "until": until,
        "latest": latest,
        "from_uncertainty_seconds": pc.if_else(own, both["from_uncertainty_seconds"], unsure),
        "until_is": pc.if_else(is_end, "change", "last_seen"),
    }
    for name, values in columns.items():
        both = both.set_column(both.column_names.index(name), name, values)
    for name in ("public_address", "port_first", "port_last", "protocol"):
        both = both.append_column(name, told[name])
    return both


def _differs(rows: pa.Table, names: tuple[str, ...]) -> Any:
    """Tell the rows that differ from the one before in any of these columns."""
    first = [True] * min(1, rows.num_rows)
    differs = pa.array([*first, *[False] * (rows.num_rows - len(first))], pa.bool_())
    for name in names:
        values = _one(rows[name])
        fill = "" if pa.types.is_string(values.type) else -1
        known = pc.fill_null(values, fill)
        differs = pc.or_(differs, pc.fill_null(pc.not_equal(known, _shifted(known, 1)), True))
    return differs


def _shifted(values: Any, by: int) -> pa.Array:
    """Return each row's predecessor (1) or successor (-1); null where there is none."""
    values = _one(values)
    none = pa.nulls(min(1, len(values)), values.type)
    return pa.concat_arrays([none, values[:-1]] if by > 0 else [values[1:], none])
