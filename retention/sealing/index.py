"""What the archive writes in the database: the index of segments, and the leaving of sealed days.

The archive's folder is the truth; the index lets pages and metrics see it without reading it.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pyarrow as pa

from retention.keys.key_register import Custodian
from retention.manifests.manifest import AuditHead, HoldLink, SealedSegment
from retention.sealing.facts import Connection
from retention.sealing.leftovers import IndexedSegment
from territory.database.injunctions import STANDING, period_of
from territory.law.durations import End, Period

_LOCK_WAIT = "SET LOCAL lock_timeout = '5s'"

_DROP_UNTIL = """
    SELECT live.drop_day(category, day) FROM live.held_day WHERE category = $1 AND day <= $2
"""

_CUSTODIANS = """
    SELECT login, age_recipient FROM staff.operator
    WHERE role = 'custodian' AND disabled_at IS NULL AND age_recipient IS NOT NULL ORDER BY login
"""

_ADD_SEGMENT = """
    INSERT INTO archive.segment
        (day, category, part, object_name, rows, sealed_sha256, recipient, sealed_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING
"""

# Arrays travel as text: for any other the driver asks the server what it is, once a connection, and
# that costs as much as all the rest of a day.
_CARRY = """
    INSERT INTO source.carried_session
        (session_key, seen_at, nas_time, site, nas, user_name, device, address, address6)
    SELECT session_key, seen_at, nas_time, site, nas, user_name, device, address,
        coalesce(string_to_array(address6, ' ')::inet[], '{}')
    FROM unnest($1::text[]::uuid[], $2::text[]::timestamptz[], $3::text[]::timestamptz[],
            $4::text[], $5::text[], $6::text[], $7::text[]::macaddr[], $8::text[]::inet[],
            $9::text[])
        AS t(session_key, seen_at, nas_time, site, nas, user_name, device, address, address6)
"""

# A session leaves when all its days are sealed. The first session of a name that was used again
# leaves last: RADIUS finds the others by it. What leaves is added in the same statement to the
# counts of its site and days, and to the use of its right if that still lives: a session is in
# `live.session` or in those, never in both (`live.site_use`, `live.right_use`). A synthetic guest's
# is counted at no site. $3 and $4: so many of the table's pages at once that RADIUS, which may hear
# of one of these sessions late, waits for some tenths of a second at most.
_DELETE_SESSIONS = """
    WITH gone AS (
        DELETE FROM live.session s WHERE s.last_seen_at < $1
            AND s.ctid >= $3::tid AND s.ctid < $4::tid
            AND NOT EXISTS (
                SELECT FROM source.carried_session c WHERE c.session_key = s.session_key)
            AND NOT EXISTS (
                SELECT FROM live.session later
                WHERE later.first_key = s.session_key AND later.session_key <> s.session_key)
        RETURNING s.nas_id, s.site_id, s.started_at, s.session_seconds, s.admission_id,
            s.upload_octets, s.download_octets
    ), used AS (
        INSERT INTO live.sealed_use AS known
            (admission_id, session_seconds, upload_octets, download_octets)
        SELECT g.admission_id, sum(g.session_seconds), sum(g.upload_octets), sum(g.download_octets)
        FROM gone g JOIN live.admission a ON a.id = g.admission_id AND a.ends_at > $2
        GROUP BY g.admission_id
        ON CONFLICT (admission_id) DO UPDATE SET
            session_seconds = known.session_seconds + excluded.session_seconds,
            upload_octets = known.upload_octets + excluded.upload_octets,
            download_octets = known.download_octets + excluded.download_octets
    ), counted AS (
        SELECT g.*, (g.started_at AT TIME ZONE 'Europe/Paris')::date AS first,
            ((g.started_at + greatest(g.session_seconds - 1, 0) * interval '1 second')
                AT TIME ZONE 'Europe/Paris')::date AS last
        FROM gone g
        WHERE EXISTS (SELECT FROM territory.site WHERE site.id = g.site_id)
            AND g.nas_id::text NOT LIKE '70726f62-6500-8000-%'  -- a probe's (territory/probes.py)
    ), cut AS (
        SELECT first AS day, site_id, 1 AS begun, greatest(session_seconds, 0) AS seconds
        FROM counted WHERE first = last
        UNION ALL
        SELECT part.day, site_id, (part.day = first)::integer, part.day_seconds
        FROM counted
        CROSS JOIN LATERAL live.split_by_day(started_at, 0, session_seconds, 0, 0) part
        WHERE first <> last
    )
    INSERT INTO live.site_day AS known (day, site_id, sessions, seconds)
    SELECT day, site_id, sum(begun), sum(seconds)
    FROM cut
    GROUP BY day, site_id
    ORDER BY day, site_id
    ON CONFLICT (day, site_id) DO UPDATE SET
        sessions = known.sessions + excluded.sessions, seconds = known.seconds + excluded.seconds
"""

# What each guest has used a day and a month is counted from the sessions that are known.
_COUNT_GUESTS = "SELECT live.count_guests($1)"
_SESSION_PAGES = """
    SELECT pg_relation_size('live.session') / current_setting('block_size')::bigint
"""
_PAGES_AT_ONCE = 500

_RESOLVE = """
    UPDATE archive.segment s SET purge_on = resolved.purge_on
    FROM unnest($1::text[], $2::text[]::date[]) AS resolved(object_name, purge_on)
    WHERE s.object_name = resolved.object_name AND s.purge_on IS DISTINCT FROM resolved.purge_on
"""

_PURGED = """
    UPDATE archive.segment SET purged_at = $2
    WHERE object_name = ANY($1) AND purged_at IS NULL RETURNING object_name
"""

# The lines from the oldest on, up to the first that is not as old: what may leave the audit log.
_AUDIT_BEFORE = """
    SELECT count(*) AS lines, max(number) AS last FROM audit.entry WHERE number
        < coalesce((SELECT min(number) FROM audit.entry WHERE at >= $1), 9223372036854775807)
"""
_AUDIT_LINES = """
    SELECT number, encode(digest, 'hex') AS sha256 FROM audit.entry WHERE number = ANY($1)
"""


async def load_custodians(connection: Connection) -> list[Custodian]:
    """Return the operators who hold a custodian's key."""
    rows = await connection.fetch(_CUSTODIANS)
    return [Custodian(row["login"], row["age_recipient"]) for row in rows]


async def audit_head(connection: Connection) -> AuditHead | None:
    """Return the last line of the audit log, so that the archive vouches for its end."""
    row = await connection.fetchrow(
        "SELECT number, encode(digest, 'hex') AS sha256 FROM audit.entry"
        " ORDER BY number DESC LIMIT 1"
    )
    return AuditHead(number=row["number"], sha256=row["sha256"]) if row else None


async def audit_over(connection: Connection, before: datetime) -> AuditHead | None:
    """Return the last of the oldest lines of the audit log, all made before an instant, or None."""
    last = await connection.fetchval(_AUDIT_BEFORE, before, column=1)
    return next(iter(await _audit_lines(connection, [last])), None)


async def count_audit_before(connection: Connection, before: datetime) -> int:
    """Return how many of the oldest lines of the audit log were made before an instant."""
    count: int = await connection.fetchval(_AUDIT_BEFORE, before)
    return count


async def _audit_lines(connection: Connection, numbers: list[int]) -> set[AuditHead]:
    rows = await connection.fetch(_AUDIT_LINES, numbers)
    return {AuditHead(number=row["number"], sha256=row["sha256"]) for row in rows}


async def forget_audit(connection: Connection, last: AuditHead, now: datetime) -> None:
    """Take away the audit log up to a line that the chain has signed; again is no fault."""
    digest = bytes.fromhex(last.sha256)
    await connection.execute("SELECT audit.forget($1, $2, $3)", last.number, digest, now)


async def missing_audit_days(connection: Connection, heads: Mapping[date, AuditHead]) -> set[date]:
    """Return the days whose last audit line, as their manifest signed it, is not there any more.

    What an anchor covers left on its day.
    """
    anchor = await connection.fetchval("SELECT coalesce(max(number), 0) FROM audit.anchor")
    there = await _audit_lines(connection, [head.number for head in heads.values()])
    return {day for day, head in heads.items() if head.number > anchor and head not in there}


async def load_periods(connection: Connection) -> list[Period]:
    """Return the decisions on injunctions that the territory has recorded."""
    return [period_of(row) for row in await connection.fetch(STANDING)]


async def first_held_day(connection: Connection) -> date | None:
    """Return the oldest day that has partitions; None where there is none."""
    day: date | None = await connection.fetchval("SELECT min(day) FROM live.held_day")
    return day


async def indexed_days(connection: Connection) -> set[date]:
    """Return the days that were sealed and left the database."""
    rows = await connection.fetch("SELECT DISTINCT day FROM archive.segment WHERE part = 0")
    return {row["day"] for row in rows}


async def indexed_segments(connection: Connection) -> list[IndexedSegment]:
    """Return every segment that was ever indexed."""
    rows = await connection.fetch(
        "SELECT object_name, purged_at IS NOT NULL AS is_purged FROM archive.segment ORDER BY day"
    )
    return [IndexedSegment(row["object_name"], row["is_purged"]) for row in rows]


async def record_day(
    connection: Connection,
    day: date,
    sealed: Iterable[tuple[date, SealedSegment]],
    now: datetime,
    still_open: pa.Table,
) -> None:
    """Index a day's segments, carry its open sessions over and drop its source data, at once.

    With it goes what a clock that was behind left under days before: it was sealed with this one.
    """
    segments = list(sealed)
    async with connection.transaction():
        await connection.execute(_LOCK_WAIT)
        await connection.executemany(_ADD_SEGMENT, [_row(d, s, now) for d, s in segments])
        await connection.execute("DELETE FROM source.carried_session")
        await connection.execute(_CARRY, *_carried_columns(still_open))
        await connection.execute(_DROP_UNTIL, "source", day)
        await append_audit(connection, now, "archive.day_sealed", str(day), _counts(segments))


async def waits(connection: Connection, hold: UUID) -> bool:
    """Whether a hold is registered, and waits for two custodians."""
    query = "SELECT 1 FROM archive.hold WHERE id = $1 AND executed_at IS NULL"
    return await connection.fetchval(query, hold) is not None


async def record_hold(connection: Connection, link: HoldLink, now: datetime) -> None:
    """Index what was resealed for a hold, and note that it waits no more."""
    async with connection.transaction():
        await connection.executemany(_ADD_SEGMENT, [_row(s.day, s, now) for s in link.segments])
        await connection.execute(
            "UPDATE archive.hold SET executed_at = $2 WHERE id = $1", link.hold, now
        )
        detail = {"segments": len(link.segments), "rows": sum(s.rows for s in link.segments)}
        await append_audit(connection, now, "hold.executed", str(link.hold), detail)


async def record_end(connection: Connection, hold: UUID, ends_on: date) -> None:
    """Note a hold's end as the chain has it."""
    await connection.execute("UPDATE archive.hold SET ends_on = $2 WHERE id = $1", hold, ends_on)


def _row(day: date, sealed: SealedSegment, now: datetime) -> tuple[object, ...]:
    digest = bytes.fromhex(sealed.sha256)
    return (
        *(day, sealed.category, sealed.part, sealed.object),
        *(sealed.rows, digest, sealed.recipient, now),
    )


def _counts(sealed: list[tuple[date, SealedSegment]]) -> dict[str, Any]:
    return {"segments": len(sealed), "rows": sum(s.rows for _, s in sealed)}


def _carried_columns(still_open: pa.Table) -> list[list[str | None]]:
    names = ("session", "at", "nas_time", "site", "nas", "user_name", "device", "address")
    columns = (*names, "addresses6")
    return [still_open[name].cast(pa.string()).to_pylist() for name in columns]


async def held_until(connection: Connection, last: date) -> list[tuple[str, date]]:
    """Return the categories and days, up to `last`, that still have a partition."""
    rows = await connection.fetch(
        "SELECT category, day FROM live.held_day WHERE day <= $1 ORDER BY day, category", last
    )
    return [(row["category"], row["day"]) for row in rows]


async def drop_day(connection: Connection, category: str, day: date) -> None:
    """Drop one category's partition of a sealed day."""
    async with connection.transaction():
        await connection.execute(_LOCK_WAIT)
        await connection.execute("SELECT live.drop_day($1, $2)", category, day)


async def delete_sessions(connection: Connection, last_sealed: datetime, now: datetime) -> None:
    """Delete the sessions whose days are all sealed; their site and their right keep the counts.

    `last_sealed` is that day's midnight.
    """
    await connection.execute(_COUNT_GUESTS, now)
    over = last_sealed + timedelta(days=1)
    for page in range(0, await connection.fetchval(_SESSION_PAGES), _PAGES_AT_ONCE):
        first, last = (page, 0), (page + _PAGES_AT_ONCE, 0)
        await connection.execute(_DELETE_SESSIONS, over, now, first, last)


async def resolve(connection: Connection, ends: Iterable[tuple[str, End]]) -> None:
    """Note when each object must go, as the law's data now says."""
    named = list(ends)
    names, days = [name for name, _ in named], [end.on and str(end.on) for _, end in named]
    await connection.execute(_RESOLVE, names, days)


async def record_destruction(
    connection: Connection, purge: int, objects: list[str], now: datetime
) -> None:
    """Note that these objects' keys were destroyed."""
    async with connection.transaction():
        fresh = await connection.fetch(_PURGED, objects, now)
        if fresh:
            detail = {"segments": len(fresh)}
            await append_audit(connection, now, "archive.purged", f"purge {purge}", detail)


async def append_audit(
    connection: Connection, now: datetime, action: str, subject: str, detail: dict[str, Any]
) -> None:
    """Append one line to the audit log, as the archive itself."""
    await connection.execute(
        "SELECT audit.append($1, NULL, 'retention', $2, $3, $4::text::jsonb)",
        *(now, action, subject, json.dumps(detail)),
    )
