"""What the archive writes in the database: the index of segments, and the leaving of sealed days.

The archive's folder is the truth; the index lets pages and metrics see it without reading it.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pyarrow as pa

from retention.facts import Connection
from retention.key_register import Custodian
from retention.leftovers import IndexedSegment
from retention.manifest import AuditHead, SealedSegment
from territory.law.durations import End

_LOCK_WAIT = "SET LOCAL lock_timeout = '5s'"

_CUSTODIANS = """
    SELECT login, age_recipient FROM staff.operator
    WHERE role = 'custodian' AND disabled_at IS NULL AND age_recipient IS NOT NULL ORDER BY login
"""

_ADD_SEGMENT = """
    INSERT INTO archive.segment
        (day, category, part, object_name, rows, sealed_sha256, recipient, sealed_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING
"""

_CARRY = """
    INSERT INTO source.carried_session
        (session_key, seen_at, nas_time, site, nas, user_name, device, address, address6)
    SELECT session_key, seen_at, nas_time, site, nas, user_name, device, address,
        coalesce(string_to_array(address6, ' ')::inet[], '{}')
    FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::text[], $5::text[],
            $6::text[], $7::macaddr[], $8::inet[], $9::text[])
        AS t(session_key, seen_at, nas_time, site, nas, user_name, device, address, address6)
"""

# A session leaves when all its days are sealed, unless its right still lives: the portal then
# counts what it has used. The first session of a name that was used again leaves last: RADIUS finds
# the others by it.
_DELETE_SESSIONS = """
    DELETE FROM live.session s WHERE s.last_seen_at < $1
        AND NOT EXISTS (SELECT FROM source.carried_session c WHERE c.session_key = s.session_key)
        AND NOT EXISTS (
            SELECT FROM live.admission a WHERE a.id = s.admission_id AND a.ends_at > $2)
        AND NOT EXISTS (
            SELECT FROM live.session later
            WHERE later.first_key = s.session_key AND later.session_key <> s.session_key)
"""

_RESOLVE = """
    UPDATE archive.segment SET purge_on = $2
    WHERE object_name = $1 AND purge_on IS DISTINCT FROM $2
"""

_PURGED = """
    UPDATE archive.segment SET purged_at = $2
    WHERE object_name = ANY($1) AND purged_at IS NULL RETURNING object_name
"""

# What the live tables hold of people beyond its day: no segment is made of it.
_FORGET = (
    """
    WITH forgotten AS (
        DELETE FROM live.admission a WHERE ends_at < $1
            AND NOT EXISTS (SELECT FROM live.session s WHERE s.admission_id = a.id)
        RETURNING id
    )
    DELETE FROM live.binding b USING forgotten f WHERE b.admission_id = f.id
    """,
    "DELETE FROM live.set_aside WHERE received_at < $1",
    "DELETE FROM source.site_public_address WHERE valid_until < $1",
    "DELETE FROM live.discard WHERE day < $1::timestamptz::date",
    "DELETE FROM live.command WHERE deadline < $1",
    "DELETE FROM live.block WHERE until < $1",
    """
    WITH over AS (
        DELETE FROM live.ticket t USING live.ticket_sheet s WHERE s.id = t.sheet_id AND (
            t.revoked_at < $1 OR t.first_used_at + make_interval(secs => s.use_seconds) < $1
            OR t.first_used_at IS NULL AND s.last_first_use < $1::timestamptz::date)
        RETURNING t.id
    )
    DELETE FROM live.ticket_sheet s WHERE s.made_at < $1 AND NOT EXISTS (
        SELECT FROM live.ticket t
        WHERE t.sheet_id = s.id AND t.id NOT IN (SELECT id FROM over))
    """,
    "DELETE FROM live.guess WHERE began_at < $1",
    "DELETE FROM live.challenge WHERE expires_at < $1",
    "DELETE FROM live.message_budget WHERE began_on < $1::timestamptz::date",
    "DELETE FROM account.contact WHERE valid_until < $1",
    "DELETE FROM identity.contact WHERE valid_until < $1",
    "DELETE FROM live.openid_request WHERE expires_at < $1",
    "DELETE FROM live.sponsor_request WHERE expires_at < $1",
    "SELECT account.close_unused($1)",
    "DELETE FROM account.account WHERE closed_at < $1",
    "DELETE FROM identity.person WHERE ended_at < $1",
)


@dataclass(frozen=True, slots=True)
class Horizon:
    """Before which instants the live tables hold nothing of a category any more."""

    source: datetime
    security: datetime
    sealed: datetime
    """Every day before it has been sealed, or should have been."""
    commands: datetime
    """What had to be done before it is over: who asked is in the audit log."""
    account: datetime
    identity: datetime


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
    """Index a day's segments, carry its open sessions over and drop its source data, at once."""
    segments = list(sealed)
    async with connection.transaction():
        await connection.execute(_LOCK_WAIT)
        await connection.executemany(_ADD_SEGMENT, [_row(d, s, now) for d, s in segments])
        await connection.execute("DELETE FROM source.carried_session")
        await connection.execute(_CARRY, *_carried_columns(still_open))
        await connection.execute("SELECT live.drop_day('source', $1)", day)
        await _append_audit(connection, now, "archive.day_sealed", str(day), _counts(segments))


def _row(day: date, sealed: SealedSegment, now: datetime) -> tuple[object, ...]:
    digest = bytes.fromhex(sealed.sha256)
    return (
        *(day, sealed.category, sealed.part, sealed.object),
        *(sealed.rows, digest, sealed.recipient, now),
    )


def _counts(sealed: list[tuple[date, SealedSegment]]) -> dict[str, Any]:
    return {"segments": len(sealed), "rows": sum(s.rows for _, s in sealed)}


def _carried_columns(still_open: pa.Table) -> list[list[Any]]:
    names = ("at", "nas_time", "site", "nas", "user_name", "device", "address", "addresses6")
    keys = [UUID(session) for session in still_open["session"].to_pylist()]
    return [keys, *(still_open[name].to_pylist() for name in names)]


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
    """Delete the sessions whose days are all sealed; `last_sealed` is that day's midnight."""
    await connection.execute(_DELETE_SESSIONS, last_sealed + timedelta(days=1), now)


async def resolve(connection: Connection, ends: Iterable[tuple[str, End]]) -> None:
    """Note when each object must go, as the law's data now says."""
    await connection.executemany(_RESOLVE, [(name, end.on) for name, end in ends])


async def record_destruction(
    connection: Connection, purge: int, objects: list[str], now: datetime
) -> None:
    """Note that these objects' keys were destroyed."""
    async with connection.transaction():
        fresh = await connection.fetch(_PURGED, objects, now)
        if fresh:
            detail = {"segments": len(fresh)}
            await _append_audit(connection, now, "archive.purged", f"purge {purge}", detail)


async def forget(connection: Connection, horizon: Horizon) -> None:
    """Delete from the live tables what is older than its category allows."""
    live = (horizon.sealed, horizon.source, horizon.source, horizon.security)
    before = (*live, horizon.commands, horizon.commands, horizon.security, horizon.commands)
    contacts = (horizon.commands, horizon.security, horizon.account, horizon.identity)
    asked = (horizon.commands, horizon.commands)
    accounts = (*asked, horizon.account, horizon.account, horizon.identity)
    for statement, instant in zip(_FORGET, (*before, *contacts, *accounts), strict=True):
        await connection.execute(statement, instant)


async def _append_audit(
    connection: Connection, now: datetime, action: str, subject: str, detail: dict[str, Any]
) -> None:
    await connection.execute(
        "SELECT audit.append($1, NULL, 'retention', $2, $3, $4::text::jsonb)",
        *(now, action, subject, json.dumps(detail)),
    )
