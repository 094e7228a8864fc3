"""The ledger's statements: one round trip for a batch, whatever its size.

Each takes arrays, one value a request, and does everything for all of them at once. Written here
in full because the hot path's cost is decided here; the tables are territory/database/tables.
Connections that run them use index scans only (see `SESSION_SETTINGS`): the plans are made once,
for arrays of unknown length, and must not depend on how full a table was at that moment.
"""

from typing import Final

from territory.rules.session import SAME_INSTANT_SECONDS

SESSION_SETTINGS: Final = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_mergejoin": "off",
    "jit": "off",
    "timezone": "UTC",
}
"""What a ledger's connection sets: generic plans, by index, whatever the statistics say today."""

SESSIONS_COUNTED: Final = 2_000
"""Sessions of an admission that a log-in counts, so that none can make its batch wait: one that
has as many (one every minute, for a day and a half) has used up whatever its plan lets pass."""
MOST_OCTETS: Final = 2**62
"""More than any plan lets pass."""

AUTHENTICATE: Final = f"""
with asked as (
    select * from unnest($1::text[], $2::macaddr[], $3::uuid[]) with ordinality
        as asked(user_name, device, site_id, number)
), named as materialized (
    select asked.number, asked.device as shown_on, asked.site_id as shown_at, admission.*,
        binding.device
    from asked cross join lateral (
        select id, user_name, site_id, plan_id, credential_expires_at, ends_at, revoked_at
        from live.admission where user_name = asked.user_name limit 1
    ) admission left join lateral (
        select device from live.binding where admission_id = admission.id limit 1
    ) binding on true
    union all
    select asked.number, asked.device, asked.site_id, admission.*
    from asked cross join lateral (
        select id, user_name, admission.site_id, plan_id, credential_expires_at, ends_at,
            revoked_at, device
        from live.binding join live.admission on admission.id = binding.admission_id
        where asked.user_name is null and device = asked.device
            and binding.site_id = asked.site_id and revoked_at is null and ends_at > $4
        order by ends_at desc limit 1
    ) admission
), bound as (
    -- Sorted, so that two batches never wait for each other in a circle. Whoever waited here for
    -- another transaction binds nothing.
    insert into live.binding (admission_id, device, site_id, bound_at)
    select distinct on (id) id, shown_on, site_id, $4 from named
    where device is null and site_id = shown_at and revoked_at is null
        and credential_expires_at > $4 and ends_at > $4
    order by id, number
    on conflict (admission_id) do nothing
    returning admission_id, device
)
select number, id, user_name, site_id, plan_id, device, credential_expires_at, ends_at, revoked_at,
    used.session_seconds, used.upload_octets, used.download_octets, used.open_sessions
from named left join lateral (
    select sum(session_seconds)::bigint as session_seconds,
        case when count(*) < {SESSIONS_COUNTED} then sum(upload_octets)::bigint
            else {MOST_OCTETS} end as upload_octets,
        sum(download_octets)::bigint as download_octets,
        count(*) filter (where ended_at is null) as open_sessions
    from (
        select session_seconds, upload_octets, download_octets, ended_at from live.right_use
        where named.device is not null and admission_id = named.id limit {SESSIONS_COUNTED}
    ) counted
) used on true
union all
select null, admission_id, null, null, null, device, null, null, null, null, null, null, null
from bound
"""  # noqa: S608 - this module's own words and numbers
"""Binds free credentials and returns what is known of each request's admission.

$1 user names (null: presented by MAC), $2 devices, $3 sites of the NAS, $4 now. A row with the
number of its request, from 1, is an admission as it was before this statement; a row without one
says which device this statement has just bound an admission to. A request nothing is known of has
no row. A free credential that no row binds is just being bound by another transaction.
"""

_WITH_ADMISSION: Final = """
    left join lateral (
        select id from live.admission
        where user_name = told.user_name and site_id = told.site_id limit 1
    ) by_name on true
    left join lateral (
        select id from live.admission
        where id = told.admission_id and site_id = told.site_id limit 1
    ) by_class on true"""
"""Finds the admission by its opaque User-Name, else by Class, never one of another site."""

_TOLD: Final = """session_key, nas_id, told.site_id, nas_handle, acct_session_id,
        coalesce(by_name.id, by_class.id) as known_admission_id, user_name, device, address,
        coalesce(address6, '{}') as address6, to_timestamp(started_at) as started_at,
        to_timestamp(last_seen_at) as last_seen_at, to_timestamp(ended_at) as ended_at,
        session_seconds, upload_octets, download_octets, terminate_cause::integer, first_key"""

_RECORDS: Final = f"""record as materialized (
    select {_TOLD}, kind, to_timestamp(nas_time) as nas_time, delay_seconds
    from unnest($1::live.record[]) as told {_WITH_ADMISSION}
)"""  # noqa: S608 - this module's own words; every value is a parameter

_PLACED: Final = f"""placed as materialized (
    select {_TOLD} from unnest($2::live.record[]) as told {_WITH_ADMISSION}
)"""  # noqa: S608 - likewise

_EVENTS: Final = """source_event as (
    insert into source.event (received_at, session_key, kind, nas_id, site_id, admission_id,
        user_name, device, address, address6, nas_time, delay_seconds, session_seconds)
    select last_seen_at, session_key, kind, nas_id, site_id, known_admission_id,
        user_name, device, address, address6, nas_time, delay_seconds, session_seconds
    from record where session_key not in (select session_key from refused)
), traffic_event as (
    insert into traffic.event (received_at, session_key, kind, session_seconds, upload_octets,
        download_octets, terminate_cause)
    select last_seen_at, session_key, kind, session_seconds, upload_octets, download_octets,
        terminate_cause
    from record where session_key not in (select session_key from refused)
)"""

_SLACK: Final = f"interval '{SAME_INSTANT_SECONDS} seconds'"
_ALIVE: Final = "excluded.started_at + excluded.session_seconds * interval '1 second'"


def _counted(way: str) -> str:
    """Return how a counter goes on, which but rarely falls (`live.total_after`)."""
    known, told = f"known.{way}_octets", f"excluded.{way}_octets"
    grows = f"{told} >= {known} and excluded.session_seconds >= known.session_seconds"
    seen = f"{known}, known.{way}_carried, known.session_seconds, {told}, excluded.session_seconds"
    return f"""{way}_octets = case
        when known.{way}_carried = 0 and {grows} then {told}
        else live.total_after({seen}) end,
    {way}_carried = case
        when {grows} then known.{way}_carried
        else live.carried_after({seen}) end"""


_KEPT: Final = f"""kept as (
    insert into live.session as known (session_key, nas_id, site_id, nas_handle, acct_session_id,
        admission_id, user_name, device, address, address6, started_at, last_seen_at, ended_at,
        session_seconds, upload_octets, download_octets, terminate_cause, first_key)
    select session_key, nas_id, site_id, nas_handle, acct_session_id,
        known_admission_id, user_name, device, address, address6, started_at, last_seen_at,
        ended_at, session_seconds, upload_octets, download_octets, terminate_cause, first_key
    from {{source}}
    on conflict (session_key) do update set
    admission_id = coalesce(known.admission_id, excluded.admission_id),
    user_name = coalesce(known.user_name, excluded.user_name),
    address = case when excluded.last_seen_at >= known.last_seen_at
        then coalesce(excluded.address, known.address)
        else coalesce(known.address, excluded.address) end,
    address6 = case
        when known.address6 = '{{{{}}}}' then excluded.address6
        when excluded.address6 = '{{{{}}}}' or excluded.last_seen_at < known.last_seen_at
            then known.address6
        else excluded.address6 end,
    started_at = least(known.started_at, excluded.started_at),
    last_seen_at = greatest(known.last_seen_at, excluded.last_seen_at),
    terminate_cause = case
        when known.terminate_cause < 0 then case
            when excluded.ended_at is not null or {_ALIVE} > known.ended_at
                then excluded.terminate_cause
            else known.terminate_cause end
        when known.ended_at is null or excluded.ended_at < known.ended_at
            then excluded.terminate_cause
        when excluded.ended_at = known.ended_at
            then least(known.terminate_cause, excluded.terminate_cause)
        else known.terminate_cause end,
    ended_at = case
        when known.terminate_cause < 0 then case
            when excluded.ended_at is not null or {_ALIVE} > known.ended_at then excluded.ended_at
            else known.ended_at end
        else least(known.ended_at, excluded.ended_at) end,
    session_seconds = greatest(known.session_seconds, excluded.session_seconds),
    {_counted("upload")},
    {_counted("download")}
    where known.first_key is not distinct from excluded.first_key
        and (excluded.started_at <= known.started_at + {_SLACK}
            or excluded.session_seconds > 0 and excluded.started_at <= {_SLACK} + case
                when known.ended_at is null or known.terminate_cause < 0
                then least(known.last_seen_at,
                    known.started_at + known.session_seconds * interval '1 second')
                else known.ended_at end)
        and (excluded.started_at >= known.started_at - {_SLACK}
            or {_ALIVE} >= known.started_at - {_SLACK})
        and (known.ended_at is null or known.terminate_cause < 0
            or excluded.session_seconds <= known.session_seconds + {SAME_INSTANT_SECONDS})
    returning session_key
), refused as materialized (
    -- Counted first: almost always none is refused, and nothing is compared.
    select session_key from record
    where (select count(*) from kept) < cardinality($1)
        and session_key not in (select session_key from kept)
)"""  # noqa: S608 - this module's own words; every value is a parameter
"""The session's machine (territory/rules/session.py) for what is surely of a known session; what is
not surely of it is refused, changes nothing, and leaves no event."""

RECORD: Final = f"""with {_RECORDS}, {_KEPT.format(source="record")}, {_EVENTS}
select session_key from refused
"""  # noqa: S608 - likewise
"""Records a batch of which no two are of one session, sorted by session key; returns the refused.

$1 the records, with Class in place of the admission.
"""

RECORD_PLACED: Final = f"""with {_RECORDS}, {_PLACED}, {_KEPT.format(source="placed")}, {_EVENTS}
select session_key from refused
"""  # noqa: S608 - likewise
"""The same for records whose sessions were looked up: $2 their rows, as placed there."""

CLOSE_SESSIONS: Final = """
with closed as (
    update live.session set ended_at = $4, terminate_cause = -$6::integer
    where session_key in (
        select session_key from live.session
        where nas_id = $2 and nas_handle = $3 and ended_at is null and started_at <= $4
            and least(last_seen_at, started_at + session_seconds * interval '1 second') <= $4
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
Nobody told these ends: the cause is recorded below nought, and a session shown alive later is left.
"""

SET_ASIDE: Final = """
insert into live.set_aside (id, received_at, nas_id, reason, packet) values ($1, $2, $3, $4, $5)
on conflict do nothing
"""

ENSURE_DAYS: Final = "select live.ensure_days($1, $2)"
