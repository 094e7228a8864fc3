"""What the database knows of a day, as Arrow columns: the only file that reads what is sealed.

Rows come through COPY as CSV, which Arrow parses without a Python object for each. A day's own
segment takes what was received before its grace ended, whenever it is sealed: running late changes
nothing in it.

What still stands under days closed before it was stamped by a clock that was behind, once they were
sealed and had left: it goes with the day that is sealed next, its source data as late facts.
"""

import asyncio
from datetime import date, datetime, timedelta
from typing import TypeAlias

import asyncpg.pool
import pyarrow as pa
from pyarrow import csv

from retention.manifests import manifest
from retention.sealing.columns import (
    INSTANT,
    PORT_BLOCKS,
    SECURITY_SLICES,
    SITE_ADDRESSES,
    SOURCE_FACTS,
    TRAFFIC_FACTS,
    TRANSLATIONS,
)
from retention.sealing.ports import PortFacts
from retention.sealing.slices import midnight

Connection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"

_COPY_SECONDS = 3600.0


def _events(received: str) -> str:
    """Return the query of the RADIUS records whose receipt fulfils a condition.

    A NAS that waited to send says so in Acct-Delay-Time (RFC 2866 §5.2): the fact happened that
    much before its receipt.
    """
    return f"""
        SELECT e.session_key AS session,
            e.received_at - make_interval(secs => e.delay_seconds) AS at,
            e.received_at - make_interval(secs => e.delay_seconds + e.session_seconds) AS began_at,
            e.kind, e.device, e.address, e.address6,
            coalesce(site.code, e.site_id::text) AS site, coalesce(nas.code, e.nas_id::text) AS nas,
            e.user_name, e.nas_time,
            NULL::bigint AS interim_seconds, NULL::bigint AS limit_seconds,
            NULL::timestamptz AS gone_by
        FROM source.event e
        LEFT JOIN territory.site ON site.id = e.site_id
        LEFT JOIN territory.reporter nas ON nas.id = e.nas_id
        WHERE e.kind IN (1, 2, 3) AND {received}
    """  # noqa: S608 - every part is a constant of this file


# $1 and $2: the day and the next; $3: facts must have been received before. The session's row only
# adds to what a record told in time: how long it has lasted, that it ended; where a Stop told that,
# it adds nothing, and most sessions are read once instead of three times. Where its end was
# concluded (a negative cause), nobody told it: a restart of the NAS (Accounting-On or -Off,
# RFC 2866 §5.1) bounds it, silence (-3) does not even that.
_CONCLUDED = "coalesce(s.terminate_cause, 0) < 0"
_RESTARTED = "s.terminate_cause < 0 AND s.terminate_cause <> -3"
_OF_THE_DAY = f"""
    WITH unended AS MATERIALIZED (
        SELECT s.session_key FROM live.session s
        WHERE s.started_at < $2 AND NOT EXISTS (
            SELECT FROM source.event e
            WHERE e.session_key = s.session_key AND e.kind = 2 AND e.received_at < $3)
    ), known AS (
        SELECT session_key FROM unended u
        WHERE EXISTS (
            SELECT FROM source.event e WHERE e.session_key = u.session_key AND e.received_at < $3)
        OR EXISTS (SELECT FROM source.carried_session c WHERE c.session_key = u.session_key)
    )
    SELECT told.* FROM ({_events("e.received_at < $3")}) told
    LEFT JOIN live.session s ON s.session_key = told.session AND s.started_at < $2
    WHERE told.began_at < $2 OR s.session_key IS NOT NULL
    UNION ALL
    SELECT session_key, seen_at, seen_at, 0, device, address, address6, site, nas, user_name,
        nas_time, NULL, NULL, NULL
    FROM source.carried_session
    UNION ALL
    SELECT s.session_key, told.at, s.started_at, told.kind, s.device, s.address, s.address6,
        site.code, coalesce(nas.code, s.nas_id::text), s.user_name, NULL,
        CASE WHEN told.silent THEN plan.interim_seconds END,
        CASE WHEN told.silent THEN plan.session_seconds END,
        CASE WHEN told.silent AND {_RESTARTED} THEN s.ended_at END
    FROM live.session s
    JOIN known ON known.session_key = s.session_key
    CROSS JOIN LATERAL (
        SELECT 0 AS kind, (s.ended_at IS NULL OR {_CONCLUDED}) AND s.last_seen_at < $3 AS silent,
            least(s.ended_at, s.last_seen_at,
                s.started_at + make_interval(secs => s.session_seconds), $3) AS at
        UNION ALL
        SELECT 2, false, s.ended_at
        WHERE s.ended_at >= $1 AND s.ended_at < $3 AND NOT {_CONCLUDED}
    ) told
    LEFT JOIN live.admission ON admission.id = s.admission_id
    LEFT JOIN territory.site ON site.id = s.site_id
    LEFT JOIN territory.reporter nas ON nas.id = s.nas_id
    LEFT JOIN territory.plan ON plan.id = coalesce(admission.plan_id, site.plan_id)
    WHERE s.started_at < $2
"""  # noqa: S608

# What was received on the day [$1, $2) about days that were closed by then: before $3. A session
# that was known to go on at $3 tells nothing new about its beginning. What is stamped before $3
# would have left with its day: a clock was behind.
_RECEIVED_LATE = "(received_at >= $1 AND received_at < $2 OR received_at < $3)"
_LATE = f"""
    SELECT * FROM ({_events(_RECEIVED_LATE)}) known
    WHERE at < $3 OR (began_at < $3 AND NOT EXISTS (
        SELECT FROM source.carried_session c WHERE c.session_key = known.session))
"""  # noqa: S608

# A synthetic guest is nobody: its NAS alone has a name that ends so, or, once its NAS is gone, an
# identifier that begins so (territory/probes.py).
_SOURCE_COLUMNS = """
    SELECT session, {at}, {began_at}, kind, device, host(address),
        CASE WHEN address6 = '{{}}' THEN NULL
            WHEN cardinality(address6) = 1 AND masklen(address6[1]) = 128 THEN host(address6[1])
            ELSE (SELECT string_agg(CASE WHEN masklen(one) = 128 THEN host(one)
                ELSE network(one)::text END, ' ' ORDER BY one) FROM unnest(address6) one) END,
        site, nas, user_name, {nas_time}, interim_seconds, limit_seconds, {gone_by}
    FROM ({facts}) facts
    WHERE nas IS NULL OR nas NOT LIKE '%~probe' AND nas NOT LIKE '70726f62-6500-8000-%'
"""

_TRAFFIC = """
    SELECT session_key, {received_at}, session_seconds, upload_octets, download_octets,
        terminate_cause
    FROM traffic.event WHERE received_at < $1
"""

_SECURITY = """
    SELECT {received_at}, coalesce(site.code, a.site_id::text), coalesce(nas.code, a.nas_id::text),
        device, admission_id, outcome, reason
    FROM security.authentication a
    LEFT JOIN territory.site ON site.id = a.site_id
    LEFT JOIN territory.reporter nas ON nas.id = a.nas_id
    WHERE received_at < $1
    ORDER BY received_at
"""

_PUBLIC = """
    SELECT site.code, host(p.address), {valid_from}, {valid_until}
    FROM (SELECT site_id, address, lower(held) AS valid_from, upper(held) AS valid_until
        FROM (SELECT site_id, address, unnest(range_agg(tstzrange(valid_from, valid_until))) AS held
            FROM source.site_public_address
            WHERE valid_until IS NULL OR valid_until > valid_from
            GROUP BY site_id, address) intervals) p
    JOIN territory.site ON site.id = p.site_id
    WHERE p.valid_from < $2 AND coalesce(p.valid_until, 'infinity') > $1
"""
"""Guests' requests and the tunnel may both tell of one address: their intervals become one.

An interval that ended when it began, or by two clocks before, says nothing and is left out."""


# Blocks speak from when the gateway applies them, not from when they were described: between the
# two, its ports are nobody's in particular. An instant before that speaks of blocks before these.
# What is told of a day's end may come a little after it: an end that is told an hour later still
# ends the translation.
_BLOCKS = """
    SELECT site.code, host(first_address), host(last_address), ports, first_port, last_port, pool,
        {in_force_since}, {valid_until}
    FROM territory.port_blocks p JOIN territory.site ON site.id = p.site_id
    WHERE in_force_since >= valid_from AND in_force_since < $2
        AND coalesce(valid_until, 'infinity') > greatest($1, in_force_since)
"""

_TOLD = """
    SELECT coalesce(site.code, t.site_id::text), host(t.address), t.protocol,
        host(t.public_address), t.port_first, t.port_last, {at}, {held_from}, {held_until}
    FROM source.translation t LEFT JOIN territory.site ON site.id = t.site_id
"""
_TRANSLATIONS = f"""{_TOLD}
    WHERE t.received_at >= $1 AND t.received_at < $3
        AND coalesce(t.held_from, t.at) < $2::timestamptz + interval '1 hour'
"""

# Received on the day [$1, $2), it happened on days that were closed by then, or began on them and
# only its end tells so: before $3.
_LATE_TRANSLATIONS = f"""{_TOLD}
    WHERE {_RECEIVED_LATE}
        AND coalesce(t.held_from, t.at) < $3
"""


async def load_source(connection: Connection, day: date) -> pa.Table:
    """Return all that is known of the sessions that may touch `day`, as SOURCE_FACTS."""
    start, end = midnight(day), midnight(day + timedelta(days=1))
    received_before = manifest.facts_received_before(day, start)
    query = _columns(_SOURCE_COLUMNS, facts=_OF_THE_DAY)
    return await _copy(connection, SOURCE_FACTS, query, start, end, received_before)


async def load_late(connection: Connection, received_on: date) -> pa.Table:
    """Return what was received on one day about days closed before it, as SOURCE_FACTS."""
    query = _columns(_SOURCE_COLUMNS, facts=_LATE)
    return await _copy(connection, SOURCE_FACTS, query, *_received_late(received_on))


async def load_late_translations(connection: Connection, received_on: date) -> pa.Table:
    """Return the translations received on one day and of days closed before it, as TRANSLATIONS."""
    query = _columns(_LATE_TRANSLATIONS)
    return await _copy(connection, TRANSLATIONS, query, *_received_late(received_on))


def _received_late(received_on: date) -> tuple[datetime, datetime, datetime]:
    """Return a day's bounds, and before what instant days were closed on it."""
    start, end = midnight(received_on), midnight(received_on + timedelta(days=1))
    return start, end, start - timedelta(days=manifest.GRACE_DAYS)


async def load_site_addresses(connection: Connection, day: date) -> pa.Table:
    """Return the sites' public addresses that touch `day`, as SITE_ADDRESSES."""
    start, end = midnight(day), midnight(day + timedelta(days=1))
    return await _copy(connection, SITE_ADDRESSES, _columns(_PUBLIC), start, end)


async def load_ports(connection: Connection, day: date) -> PortFacts:
    """Return what is known of the sites' NAT that may touch `day`."""
    start, end = midnight(day), midnight(day + timedelta(days=1))
    received_before = manifest.facts_received_before(day, start)
    told = _columns(_TRANSLATIONS)
    return PortFacts(
        blocks=await _copy(connection, PORT_BLOCKS, _columns(_BLOCKS), start, end),
        translations=await _copy(connection, TRANSLATIONS, told, start, end, received_before),
    )


async def load_traffic(connection: Connection, day: date) -> pa.Table:
    """Return the reports received up to the end of `day`, as TRAFFIC_FACTS."""
    end = midnight(day + timedelta(days=1))
    return await _copy(connection, TRAFFIC_FACTS, _columns(_TRAFFIC), end)


async def load_security(connection: Connection, day: date) -> pa.Table:
    """Return the answers given up to the end of `day`, as SECURITY_SLICES."""
    end = midnight(day + timedelta(days=1))
    return await _copy(connection, SECURITY_SLICES, _columns(_SECURITY), end)


def _columns(query: str, **parts: str) -> str:
    """Fill in a query; instants leave as whole microseconds since 1970."""
    instants = (
        *("at", "began_at", "nas_time", "gone_by"),
        *("received_at", "valid_from", "valid_until", "in_force_since"),
        *("held_from", "held_until"),
    )
    written = {name: f"(date_part('epoch', {name}) * 1e6::float8)::bigint" for name in instants}
    return query.format(**written, **parts)


async def _copy(
    connection: Connection, schema: pa.Schema, query: str, *arguments: datetime
) -> pa.Table:
    chunks: list[bytes] = []

    async def keep(chunk: bytes) -> None:
        chunks.append(chunk)

    # A file would be written to in another thread, once for each chunk.
    await connection.copy_from_query(
        query, *arguments, output=keep, format="csv", timeout=_COPY_SECONDS
    )
    if not chunks:
        return schema.empty_table()
    return await asyncio.to_thread(_parse, schema, b"".join(chunks))


def _parse(schema: pa.Schema, octets: bytes) -> pa.Table:
    plain = {field.name: _as_written(field.type) for field in schema}
    table = csv.read_csv(
        pa.BufferReader(octets),
        read_options=csv.ReadOptions(column_names=schema.names),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=plain, strings_can_be_null=True, quoted_strings_can_be_null=False
        ),
    )
    return table.cast(schema)


def _as_written(type_: pa.DataType) -> pa.DataType:
    return pa.int64() if type_ == INSTANT else type_
