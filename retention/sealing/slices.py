"""From facts about sessions to a day's slices: who had which address, at which public address.

Pure and column-wise (pyarrow), so that a million slices take seconds. The rules:

* A session holds from its Start, or from the start its first known fact dates, to its Stop.
* Between two facts the earlier one's addresses hold; an address first told later than the Start
  holds from the Start on.
* A change of address ends one slice and begins another; when it happened is known only to lie
  between two facts, and the second slice says so (`from_uncertainty_seconds`).
* A session that no Stop ended is certain until it was last seen; how long it may have lasted is
  `until_uncertainty_seconds`. A restart of its NAS is no Stop: it only bounds that uncertainty.
* What follows a Stop without a new Start is an echo (a late or repeated record), and is left out.
* A day an open session touches has a slice, with or without a fact that day.
* A site's public address is joined by interval; a change of it, or a time without a known one,
  splits the slice.
* Which ports it had there is ports.py's.

Inside, instants are whole microseconds since 1970 (Arrow compares no zoned instants element-wise).
"""

from datetime import UTC, date, datetime, time, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from retention.sealing.columns import SOURCE_FACTS, SOURCE_SLICES, TRAFFIC_SLICES
from retention.sealing.ports import NO_PORTS, PortFacts, split_by_block, translated, with_leases

START = 1
STOP = 2
_SECOND = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANTS = ("at", "began_at", "nas_time", "gone_by")
_LIMITS = ("interim_seconds", "limit_seconds")
_MISSED_INTERIMS = 3
_STATE = ("device", "address", "addresses6", "site", "nas", "user_name")
_TOLD = ("device", "address", "addresses6", "user_name")


def derive_source(
    facts: pa.Table, site_addresses: pa.Table, day: date, ports: PortFacts = NO_PORTS
) -> pa.Table:
    """Return the source slices of one UTC day, sorted by (public_address, from).

    Args:
        facts: SOURCE_FACTS in any order; those of other days only extend what touches this one.
        site_addresses: SITE_ADDRESSES, those that touch the day at least.
        day: the UTC day.
        ports: what is known of the sites' NAT; those that touch the day at least.
    """
    return _derive_source(_timed(facts), site_addresses, day, ports)


def derive_day(
    facts: pa.Table, site_addresses: pa.Table, day: date, ports: PortFacts
) -> tuple[pa.Table, pa.Table]:
    """Return a day's source slices, and the sessions that go on after it (see `derive_open`)."""
    timed = _timed(facts)
    return _derive_source(timed, site_addresses, day, ports), _derive_open(timed, day)


def derive_open(facts: pa.Table, day: date) -> pa.Table:
    """Return, in the shape of SOURCE_FACTS, the sessions that go on after `day`.

    Each has one row: the last that is known of it on that day, so that the next day can begin
    with the address the session then had.
    """
    return _derive_open(_timed(facts), day)


def _derive_source(
    timed: pa.Table, site_addresses: pa.Table, day: date, ports: PortFacts
) -> pa.Table:
    start, end = _bounds(day)
    held = _clip_to_day(_stretches(timed), start, end)
    public = _complete(site_addresses, held["site"], start, end)
    public = split_by_block(public, ports.blocks, _EPOCH)
    placed = with_leases(_clip_to_public(held, public), ports.blocks)
    if ports.translations.num_rows:
        told = translated(held, ports.translations)
        placed = pa.concat_tables([placed.select(told.column_names), told])
    return _as_slices(placed)


def _derive_open(timed: pa.Table, day: date) -> pa.Table:
    _, end = _bounds(day)
    last = timed.filter(pc.and_(pc.less(timed["from"], end), pc.greater(timed["latest"], end)))
    seen_later = pc.greater_equal(last["at"], end)
    at = pc.if_else(seen_later, last["from"], last["at"])
    rows = {name: last[name] for name in ("session", *_STATE)}
    rows |= {"at": at, "began_at": at, "nas_time": pc.if_else(seen_later, None, last["nas_time"])}
    rows |= {"kind": pa.nulls(last.num_rows, pa.int16()).fill_null(0)}
    rows |= {name: pa.nulls(last.num_rows, pa.int64()) for name in (*_LIMITS, "gone_by")}
    return pa.table({name: rows[name] for name in SOURCE_FACTS.names}).cast(SOURCE_FACTS)


def earliest_day(facts: pa.Table) -> date:
    """Return the first UTC day that `facts` (SOURCE_FACTS, at least one) may touch."""
    begun = pc.min(pc.min_element_wise(*(facts[n].cast(pa.int64()) for n in ("at", "began_at"))))
    return (_EPOCH + timedelta(microseconds=begun.as_py())).date()


def derive_traffic(facts: pa.Table) -> pa.Table:
    """Return the traffic slices of the day whose reports `facts` (TRAFFIC_FACTS) holds."""
    ordered = facts.sort_by([("session", "ascending"), ("received_at", "ascending")])
    grouped = ordered.group_by("session", use_threads=False).aggregate(
        [
            ("received_at", "min"),
            ("received_at", "max"),
            ("received_at", "count"),
            ("session_seconds", "max"),
            ("upload_octets", "max"),
            ("download_octets", "max"),
            ("terminate_cause", "max"),
        ]
    )
    return (
        grouped.select(
            [
                "session",
                "received_at_min",
                "received_at_max",
                "received_at_count",
                "session_seconds_max",
                "upload_octets_max",
                "download_octets_max",
                "terminate_cause_max",
            ]
        )
        .rename_columns(TRAFFIC_SLICES.names)
        .cast(TRAFFIC_SLICES)
    )


def _bounds(day: date) -> tuple[int, int]:
    """Return a UTC day's first instant and the next day's."""
    return _microseconds(midnight(day)), _microseconds(midnight(day + timedelta(days=1)))


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def midnight(day: date) -> datetime:
    """Return the first instant of a UTC day."""
    return datetime.combine(day, time(), UTC)


# --- From facts to intervals, one row for each stretch of unchanged addresses ---------------------


def _timed(facts: pa.Table) -> pa.Table:
    """Return each fact's [from, until) and the latest possible end, whatever the day."""
    rows = _without_echoes(_in_order(facts))
    begins = _begins_session(rows)
    for name in _TOLD:
        told = _fill_forward(rows[name].combine_chunks(), begins)
        rows = _with(rows, name, _fill_backward(told, begins))
    for name in ("site", "nas"):
        rows = _with(rows, name, _fill_forward(rows[name].combine_chunks(), begins))
    return _with_intervals(rows, begins)


def _in_order(facts: pa.Table) -> pa.Table:
    """Sort by session and time. Sessions are numbered first: numbers sort faster than names."""
    for name in _INSTANTS:
        facts = _with(facts, name, facts[name].cast(pa.int64()))
    keys = {
        "number": facts["session"].combine_chunks().dictionary_encode().indices,
        "at": facts["at"].combine_chunks(),
        "is_stop": pc.equal(facts["kind"], STOP).combine_chunks(),
    }
    order = pc.sort_indices(pa.table(keys), [(name, "ascending") for name in keys])
    numbered = facts.append_column("number", keys["number"])
    return numbered.append_column("is_stop", keys["is_stop"]).take(order).combine_chunks()


def _begins_session(rows: pa.Table) -> pa.Array:
    session = rows["number"].combine_chunks()
    return pc.fill_null(pc.not_equal(session, _previous(session)), True)


def _without_echoes(rows: pa.Table) -> pa.Table:
    """Leave out what follows a Stop and is not a Start."""
    begins = _begins_session(rows)
    kind = rows["kind"].combine_chunks()
    marks = pc.if_else(pc.is_in(kind, pa.array([START, STOP], kind.type)), kind, None)
    state = _fill_forward(marks, begins)
    stopped = pc.and_(pc.invert(begins), pc.fill_null(pc.equal(_previous(state), STOP), False))
    echo = pc.and_(stopped, pc.not_equal(kind, START))
    return rows.filter(pc.invert(echo))


def _with_intervals(rows: pa.Table, begins_session: pa.Array) -> pa.Table:
    """Add each row's interval, and whether it begins or ends a connection (Start to Stop)."""
    at = rows["at"].combine_chunks()
    stop = rows["is_stop"].combine_chunks()
    begins = pc.or_(begins_session, pc.fill_null(_previous(stop), False))
    ends = pc.fill_null(_following(begins), True)
    dated = pc.if_else(pc.equal(rows["kind"].combine_chunks(), START), at, rows["began_at"])
    silent = _fill_forward(_silent_until(rows), begins_session)
    latest = pc.max_element_wise(at, pc.if_else(stop, at, silent))
    last_word = pc.if_else(stop, "stop", "last_seen")
    next_word = pc.if_else(pc.fill_null(_following(stop), False), "stop", "change")
    added = {
        "begins": begins,
        "ends": ends,
        "from": pc.if_else(begins, pc.min_element_wise(dated, at), at),
        "until": pc.if_else(ends, at, _following(at)),
        "latest": pc.if_else(ends, latest, _following(at)),
        "until_is": pc.if_else(ends, last_word, next_word),
        "gap": pc.if_else(begins, 0, _seconds_between(_previous(at), at)),
    }
    for name, values in added.items():
        rows = rows.append_column(name, values)
    # A Stop holds nothing after itself; alone, it still tells the connection it ended.
    return rows.filter(pc.or_(pc.invert(stop), begins)).combine_chunks()


def _silent_until(rows: pa.Table) -> pa.Array:
    """Return until when a session that went silent may have lasted; null where it did not.

    One that had reported since its start would have been heard three intervals later; one that
    never did may have lasted as long as its right. Neither outlived a restart of its NAS.
    """
    right_ends = pc.add(rows["began_at"], pc.multiply(rows["limit_seconds"], _SECOND))
    interval = pc.multiply(rows["interim_seconds"], _MISSED_INTERIMS * _SECOND)
    reported = pc.greater(rows["at"], rows["began_at"])
    heard_by = pc.if_else(reported, pc.add(rows["at"], interval), right_ends)
    return _one(pc.min_element_wise(right_ends, heard_by, rows["gone_by"]))


def _stretches(rows: pa.Table) -> pa.Table:
    """Join the rows of a connection between which nothing changed."""
    differs = rows["begins"].combine_chunks()
    for name in _STATE:
        values = rows[name].combine_chunks().fill_null("")
        differs = pc.or_(differs, pc.fill_null(pc.not_equal(values, _previous(values)), True))
    firsts = rows.filter(differs)
    lasts = rows.filter(pc.fill_null(_following(differs), True))
    for name in ("until", "latest", "until_is"):
        firsts = _with(firsts, name, lasts[name])
    return firsts.rename_columns(
        ["from_uncertainty_seconds" if name == "gap" else name for name in firsts.column_names]
    )


# --- From intervals to the slices of one day ------------------------------------------------------


def _clip_to_day(held: pa.Table, start: int, end: int) -> pa.Table:
    inside = pc.and_(pc.less(held["from"], end), pc.greater_equal(held["latest"], start))
    # What ended exactly at midnight belongs to the day before, unless it also began then.
    touches = pc.or_(pc.greater(held["latest"], start), pc.equal(held["from"], start))
    held = held.filter(pc.and_(inside, touches))
    goes_on = pc.greater(held["until"], end)
    held = _with(held, "until_is", pc.if_else(goes_on, "day_end", held["until_is"]))
    return _clip(held, start, end)


def _clip(held: pa.Table, start: object, end: object) -> pa.Table:
    """Cut each row to [start, end): scalars, or columns of the same length."""
    began = pc.max_element_wise(held["from"], start)
    latest = pc.min_element_wise(held["latest"], end)
    until = pc.min_element_wise(pc.max_element_wise(held["until"], began), latest)
    cut = pc.greater(began, held["from"])
    unsure = pc.if_else(cut, 0, held["from_uncertainty_seconds"])
    for name, values in (
        ("from", began),
        ("until", until),
        ("latest", latest),
        ("from_uncertainty_seconds", unsure),
    ):
        held = _with(held, name, values)
    return held


def _complete(known: pa.Table, sites: pa.Array, start: int, end: int) -> pa.Table:
    """Return every site's public addresses over the whole day, its gaps as rows of their own.

    There are as many sites as places, not as sessions: plain Python will do.
    """
    by_site: dict[str, list[tuple[int, int, str]]] = {site: [] for site in _distinct(sites)}
    for row in known.to_pylist():
        since = max(_microseconds(row["since"]), start)
        to = min(_microseconds(row["to"]), end) if row["to"] else end
        if since < to and row["site"] in by_site:
            by_site[row["site"]].append((since, to, row["public_address"]))
    rows: list[tuple[str, str | None, int, int]] = []
    for site, intervals in by_site.items():
        rows += [(site, address, since, to) for since, to, address in intervals]
        rows += [(site, None, since, to) for since, to in _gaps(intervals, start, end)]
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    types = (pa.string(), pa.string(), pa.int64(), pa.int64())
    names = ("site", "public_address", "since", "to")
    return pa.table(
        {n: pa.array(c, t) for n, c, t in zip(names, columns, types, strict=True)},
    )


def _gaps(intervals: list[tuple[int, int, str]], start: int, end: int) -> list[tuple[int, int]]:
    gaps, reached = [], start
    for since, to, _ in sorted(intervals):
        if since > reached:
            gaps.append((reached, since))
        reached = max(reached, to)
    if reached < end:
        gaps.append((reached, end))
    return gaps


def _distinct(values: pa.ChunkedArray) -> list[str]:
    return [value for value in pc.unique(values).to_pylist() if value is not None]


def _clip_to_public(held: pa.Table, public: pa.Table) -> pa.Table:
    """Cut each row by the intervals of its site's public addresses."""
    order = held.append_column("row", pa.arange(0, held.num_rows))
    pairs = order.select(["row", "site"]).join(public, "site", join_type="inner")
    pairs = pairs.sort_by([("row", "ascending"), ("since", "ascending")])
    both = held.take(pairs["row"].combine_chunks())
    touches = pc.and_(
        pc.less(both["from"], pairs["to"]), pc.greater(both["latest"], pairs["since"])
    )
    instant = pc.equal(both["from"], both["latest"])
    within = pc.and_(
        pc.greater_equal(both["from"], pairs["since"]), pc.less(both["from"], pairs["to"])
    )
    chosen = pc.if_else(instant, within, touches)
    both, pairs = both.filter(chosen), pairs.filter(chosen)
    split = pc.greater(both["until"], pairs["to"])
    both = _with(both, "until_is", pc.if_else(split, "change", both["until_is"]))
    clipped = _clip(both, pairs["since"], pairs["to"])
    for name in ("public_address", "block"):
        clipped = clipped.append_column(name, pairs[name])
    return clipped


def _as_slices(held: pa.Table) -> pa.Table:
    unsure = _seconds_between(held["until"], held["latest"])
    instant = pc.and_(pc.equal(held["from"], held["until"]), pc.equal(unsure, 0))
    offset = pc.divide(pc.subtract(held["nas_time"], held["at"]), _SECOND)
    columns = {
        # RADIUS counts in seconds: what began and ended in one lasted up to one.
        "until_uncertainty_seconds": pc.if_else(instant, 1, unsure),
        "addresses6": pc.split_pattern(held["addresses6"].fill_null(""), " "),
        "nas_clock_offset_seconds": offset,
    }
    table = pa.table(
        {
            name: columns.get(name, held[name] if name in held.column_names else None)
            for name in SOURCE_SLICES.names
        },
    )
    empty = pa.scalar([], pa.list_(pa.string()))
    listed = pc.if_else(pc.equal(held["addresses6"].fill_null(""), ""), empty, table["addresses6"])
    table = _with(table, "addresses6", listed).cast(SOURCE_SLICES)
    return table.sort_by(
        [("public_address", "ascending"), ("from", "ascending"), ("session", "ascending")]
    )


# --- Columns --------------------------------------------------------------------------------------


def _with(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, values)


def _previous(values: pa.Array) -> pa.Array:
    """Return each row's predecessor; null in the first row."""
    values = _one(values)
    return pa.concat_arrays([pa.nulls(min(1, len(values)), values.type), values[:-1]])


def _following(values: pa.Array) -> pa.Array:
    """Return each row's successor; null in the last row."""
    values = _one(values)
    return pa.concat_arrays([values[1:], pa.nulls(min(1, len(values)), values.type)])


def _one(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


def _fill_forward(values: pa.Array, begins: pa.Array) -> pa.Array:
    """Give each null the value before it in its session."""
    if not values.null_count:
        return values
    return values.take(_last_known(values, begins))


def _fill_backward(values: pa.Array, begins: pa.Array) -> pa.Array:
    """Give each null the value after it in its session."""
    if not values.null_count:
        return values
    ends = pc.fill_null(_following(begins), True)
    backwards = pa.arange(len(values) - 1, -1, -1)
    filled = _fill_forward(values.take(backwards), ends.take(backwards))
    return filled.take(backwards)


def _last_known(values: pa.Array, begins: pa.Array) -> pa.Array:
    """Return, for each row, the row of its session that last had a value; null when none had."""
    none_yet = pa.scalar(-1, pa.int64())
    row = pa.arange(0, len(values))
    known = pc.if_else(values.is_valid(), row, pc.if_else(begins, none_yet, None))
    last = pc.fill_null_forward(known)
    return pc.if_else(pc.equal(last, none_yet), None, last)


def _seconds_between(earlier: pa.Array, later: pa.Array) -> pa.Array:
    """Return whole seconds, rounded up."""
    return pc.divide(pc.add(pc.subtract(later, earlier), _SECOND - 1), _SECOND)
