"""The ledger's statements: one round trip for a batch, whatever its size.

Each takes arrays, one value a request, and does everything for all of them at once. Written here
in full because the hot path's cost is decided here; the tables are territory/database/tables.
Connections that run them use index scans only (see `SESSION_SETTINGS`): the plans are made once,
for arrays of unknown length, and must not depend on how full a table was at that moment.
"""

from typing import Final

SESSION_SETTINGS: Final = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_mergejoin": "off",
    "jit": "off",
    "timezone": "UTC",
}
"""What a ledger's connection sets: generic plans, by index, whatever the statistics say today."""

AUTHENTICATE: Final = """
with asked as (
    select * from unnest($1::int[], $2::text[], $3::macaddr[], $4::uuid[])
        as asked(number, user_name, device, site_id)
), logged as (
    insert into security.authentication
        (received_at, nas_id, site_id, admission_id, device, outcome, reason)
    select * from unnest(
        $6::timestamptz[], $7::uuid[], $8::uuid[], $9::uuid[], $10::macaddr[], $11::text[],
        $12::text[])
), bound as (
    -- Whoever waited here for another transaction finds the device set, and binds nothing.
    update live.admission admission set device = first.device, bound_at = $5
    from (
        select distinct on (user_name, site_id) user_name, site_id, device, number
        from asked where user_name is not null
        order by user_name, site_id, number
    ) first
    where admission.user_name = first.user_name and admission.site_id = first.site_id
        and admission.device is null and admission.revoked_at is null
        and admission.credential_expires_at > $5 and admission.ends_at > $5
    returning admission.id, admission.device, first.number
), named as (
    select asked.number, admission.*
    from asked cross join lateral (
        select id, user_name, site_id, plan_id, device, credential_expires_at, ends_at, revoked_at
        from live.admission where user_name = asked.user_name limit 1
    ) admission
    union all
    select asked.number, admission.*
    from asked cross join lateral (
        select id, user_name, site_id, plan_id, device, credential_expires_at, ends_at, revoked_at
        from live.admission
        where asked.user_name is null and device = asked.device and site_id = asked.site_id
            and revoked_at is null and ends_at > $5
        order by ends_at desc limit 1
    ) admission
)
select named.*, used.session_seconds, used.upload_octets, used.download_octets, used.open_sessions
from named left join lateral (
    select sum(session_seconds)::bigint as session_seconds,
        sum(upload_octets)::bigint as upload_octets,
        sum(download_octets)::bigint as download_octets,
        count(*) filter (where ended_at is null) as open_sessions
    from live.session where admission_id = named.id
) used on named.device is not null
union all
select number, id, null, null, null, device, null, null, null, null, null, null, null from bound
"""
"""Binds free credentials, logs the outcomes of the batch before, and returns each request's facts.

$1 number of the request in the batch, $2 user name (null: presented by MAC), $3 device, $4 site
of the NAS, $5 now; $6 to $12 the outcomes. Rows with a user name are admissions as they were
before this statement; rows without one say which request has bound which admission to which
device. They are joined by the caller: the planner expects one row to be bound and would compare
each with each. A request nothing is known of has no row. A free credential that this statement
did not bind is just being bound by another.
"""

LOG_OUTCOMES: Final = """
insert into security.authentication
    (received_at, nas_id, site_id, admission_id, device, outcome, reason)
select * from unnest(
    $1::timestamptz[], $2::uuid[], $3::uuid[], $4::uuid[], $5::macaddr[], $6::text[], $7::text[])
"""
"""Logs outcomes that no request came to carry along."""

_RECORD_COLUMNS: Final = """
    received_at, session_key, kind, nas_id, site_id, nas_handle, acct_session_id, user_name,
    class_admission_id, device, address, address6, nas_time, delay_seconds, started_at, ended_at,
    session_seconds, upload_octets, download_octets, terminate_cause"""

_RECORD_TYPES: Final = (
    "timestamptz", "uuid", "bigint", "uuid", "uuid", "text", "text", "text",
    "uuid", "macaddr", "inet", "text", "timestamptz", "bigint", "timestamptz", "timestamptz",
    "bigint", "bigint", "bigint", "bigint",
)  # fmt: skip


def _records(name: str, first: int) -> str:
    arrays = ", ".join(f"${first + n}::{kind}[]" for n, kind in enumerate(_RECORD_TYPES))
    # Only this module's own words are put together here; every value is a parameter.
    return f"""{name} as materialized (
    select record.*, coalesce(by_name.id, by_class.id) as admission_id,
        coalesce(address6::inet[], '{{}}') as addresses6
    from unnest({arrays}) as record({_RECORD_COLUMNS})
    left join lateral (
        select id from live.admission
        where user_name = record.user_name and site_id = record.site_id limit 1
    ) by_name on true
    left join lateral (
        select id from live.admission
        where id = record.class_admission_id and site_id = record.site_id limit 1
    ) by_class on true
)"""  # noqa: S608


_EVENTS: Final = """source_event as (
    insert into source.event (received_at, session_key, kind, nas_id, site_id, admission_id,
        user_name, device, address, address6, nas_time, delay_seconds, session_seconds)
    select received_at, session_key, kind, nas_id, site_id, admission_id,
        user_name, device, address, addresses6, nas_time, delay_seconds, session_seconds
    from record
), traffic_event as (
    insert into traffic.event (received_at, session_key, kind, session_seconds, upload_octets,
        download_octets, terminate_cause)
    select received_at, session_key, kind, session_seconds, upload_octets, download_octets,
        terminate_cause
    from record
)"""

_SESSIONS: Final = """
insert into live.session as known (session_key, nas_id, site_id, nas_handle, acct_session_id,
    admission_id, user_name, device, address, address6, started_at, last_seen_at, ended_at,
    session_seconds, upload_octets, download_octets, terminate_cause)
select session_key, nas_id, site_id, nas_handle, acct_session_id,
    admission_id, user_name, device, address, addresses6, started_at, received_at, ended_at,
    session_seconds, upload_octets, download_octets, terminate_cause
from {source}
on conflict (session_key) do update set
    admission_id = coalesce(known.admission_id, excluded.admission_id),
    user_name = coalesce(known.user_name, excluded.user_name),
    address = case when excluded.last_seen_at >= known.last_seen_at
        then coalesce(excluded.address, known.address)
        else coalesce(known.address, excluded.address) end,
    address6 = case
        when known.address6 = '{{}}' then excluded.address6
        when excluded.address6 = '{{}}' or excluded.last_seen_at < known.last_seen_at
            then known.address6
        else excluded.address6 end,
    started_at = least(known.started_at, excluded.started_at),
    last_seen_at = greatest(known.last_seen_at, excluded.last_seen_at),
    terminate_cause = case
        when known.ended_at is null or excluded.ended_at < known.ended_at
            then coalesce(excluded.terminate_cause, known.terminate_cause)
        else coalesce(known.terminate_cause, excluded.terminate_cause) end,
    ended_at = least(known.ended_at, excluded.ended_at),
    session_seconds = greatest(known.session_seconds, excluded.session_seconds),
    upload_octets = greatest(known.upload_octets, excluded.upload_octets),
    download_octets = greatest(known.download_octets, excluded.download_octets)
"""

RECORD: Final = "with " + _records("record", 1) + ", " + _EVENTS + _SESSIONS.format(source="record")
"""Records a batch of which no two are of one session, sorted by session key: $1 to $20."""

RECORD_MERGED: Final = (
    "with "
    + _records("record", 1)
    + ", "
    + _records("merged", 1 + len(_RECORD_TYPES))
    + ", "
    + _EVENTS
    + _SESSIONS.format(source="merged")
)
"""Records a batch ($1 to $20) with its sessions merged beforehand ($21 to $40)."""

CLOSE_SESSIONS: Final = """
with closed as (
    update live.session set ended_at = $4, terminate_cause = coalesce(terminate_cause, $6)
    where session_key in (
        select session_key from live.session
        where nas_id = $2 and nas_handle = $3 and ended_at is null and started_at <= $4
        order by session_key for update
    )
    returning *
), source_event as (
    insert into source.event (received_at, session_key, kind, nas_id, site_id, admission_id,
        user_name, device, address, address6, delay_seconds, session_seconds)
    select $1, session_key, $5, nas_id, site_id, admission_id, user_name, device, address,
        address6, extract(epoch from $1::timestamptz - $4::timestamptz)::integer, session_seconds
    from closed
)
insert into traffic.event (received_at, session_key, kind, session_seconds, upload_octets,
    download_octets, terminate_cause)
select $1, session_key, $5, session_seconds, upload_octets, download_octets, terminate_cause
from closed
"""
"""Closes the open sessions of one NAS handle at its restart, each with an event of that kind.

$1 received at, $2 NAS, $3 handle, $4 happened at, $5 Acct-Status-Type (7 or 8), $6 terminate cause.
"""

SET_ASIDE: Final = """
insert into live.set_aside (id, received_at, nas_id, reason, packet) values ($1, $2, $3, $4, $5)
"""

ENSURE_DAYS: Final = "select live.ensure_days($1, $2)"
