"""The statements of commands and of the sessions they are about; off the hot path."""

from typing import Final

CLAIM: Final = """
update live.command set claimed_until = $2
where id in (
    select id from live.command
    where finished_at is null and kind = any($3::text[])
        and (claimed_until is null or claimed_until <= $1) and id <> all($5::uuid[])
        and (kind = 'reauthenticate' or not live.is_for_portal(payload))
    order by requested_at limit $4 for update skip locked
)
returning id, kind, payload::text as payload, requested_at, deadline
"""
"""Takes open commands, the oldest first: $1 now, $2 until when, $3 kinds, $4 how many at most, $5
which not.

Who takes them holds no lock and no connection afterwards: the lease keeps others away."""

RENEW: Final = """
update live.command set claimed_until = $2 where id = any($1::uuid[]) and finished_at is null
"""
RELEASE: Final = "update live.command set claimed_until = null where id = $1"
FINISH: Final = """
update live.command set result = $2, finished_at = $3 where id = $1 and finished_at is null
"""
"""The first result stays: another server may have taken a command whose lease had lapsed."""

SESSIONS: Final = """
select session.session_key, session.nas_id, session.user_name, session.acct_session_id,
    session.device::text as device, host(session.address) as address, session.nas_handle,
    session.started_at, session.ended_at, session.upload_octets + session.download_octets as octets,
    session.site_id, admission.id as admission_id, admission.plan_id, admission.ends_at,
    admission.revoked_at, coalesce(used.octets, 0)::bigint as used_octets,
    facts.day_seconds, facts.month_seconds, facts.day_octets, facts.month_octets
from live.session session
left join live.admission admission on admission.id = session.admission_id
left join territory.plan plan on plan.id = admission.plan_id
left join lateral (
    select sum(upload_octets + download_octets) as octets from live.right_use
    where admission_id = admission.id
) used on true
left join lateral (
    select facts.* from (
        select where coalesce(plan.day_seconds, plan.month_seconds, plan.day_octets,
            plan.month_octets) is not null offset 0  -- else the function runs for every session
    ) needed cross join lateral live.guest_facts(admission.id, session.device, $6) facts
) facts on true
where ($1::uuid is null or session.session_key = $1)
    and ($2::uuid is null or session.admission_id = $2)
    and ($3::text is null or session.device = $3::text::macaddr)
    and ($4::uuid is null or session.site_id = $4)
    and ($1::uuid is not null or session.ended_at is null)
    and (session.ended_at is not null
        or session.nas_id not in (select id from territory.gateway))
order by session.started_at limit $5
"""
"""The sessions of a target, for which all that is given must hold; ended ones only by key, and
open ones only of NAS: the portal keeps those of gateways without RADIUS.

$1 session, $2 admission, $3 device, $4 site, $5 how many at most, $6 now.
"""

IN_USE: Final = """
select distinct admission.plan_id, session.site_id
from live.session session join live.admission admission on admission.id = session.admission_id
where session.ended_at is null and session.nas_id in (select id from territory.nas)
"""
"""Under which plans people are online where."""

WATCHED: Final = """
with closed as (
    select * from unnest($3::uuid[], $4::uuid[]) as closed(plan_id, site_id)
), asked as materialized (
    select payload ->> 'session_key' as session_key,
        max(requested_at) filter (where kind = 'disconnect') as disconnect_asked_at,
        max(requested_at) filter (where requested_by = 'watch.slow') as slow_asked_at
    from live.command
    where requested_at > $1::timestamptz - interval '1 day' and requested_by like 'watch.%'
    group by 1
), blocked as materialized (
    select device, subject_id from live.block where until is null or until > $1
), open as (
    select session.session_key, session.device, session.site_id, session.last_seen_at,
        admission.id as admission_id, admission.plan_id, admission.ends_at, admission.revoked_at,
        plan.session_octets, plan.devices, admission.guest_id, session.started_at,
        $1::timestamptz - (3 * plan.interim_seconds + 300) * interval '1 second' as still,
        session.device in (select device from blocked where device is not null)
            or admission.id in (select subject_id from blocked where subject_id is not null)
            or coalesce(admission.guest_id in (
                select subject_id from blocked where subject_id is not null), false)
            as is_blocked,
        coalesce(plan.day_seconds, plan.month_seconds, plan.day_octets, plan.month_octets)
            is not null as counts_days
    from live.session session
    join live.admission admission on admission.id = session.admission_id
    join territory.plan plan on plan.id = admission.plan_id
    where session.ended_at is null and session.nas_id in (select id from territory.nas)
), candidate as (
    select open.*, asked.disconnect_asked_at, asked.slow_asked_at,
        (open.session_octets - used.octets)::bigint as octets_left,
        coalesce(earlier.devices, 0) as earlier_devices
    from open left join asked on asked.session_key = open.session_key::text
    left join lateral (
        select sum(upload_octets + download_octets) as octets from (
            select where open.session_octets is not null and open.last_seen_at >= $2 offset 0
        ) needed join live.right_use used on used.admission_id = open.admission_id
    ) used on true
    left join lateral (
        select count(distinct other.device) as devices from (
            select where open.devices is not null and open.last_seen_at >= $2 offset 0
        ) needed
        join live.admission theirs on theirs.guest_id = open.guest_id
        join live.session other on other.admission_id = theirs.id
        where other.ended_at is null and other.device <> open.device
            and other.last_seen_at > open.still
            and (other.started_at, other.session_key) < (open.started_at, open.session_key)
    ) earlier on true
    where open.is_blocked or open.revoked_at <= $1 or open.ends_at <= $1
        or (open.plan_id, open.site_id) in (select plan_id, site_id from closed)
        or (open.last_seen_at >= $2 and (open.counts_days or used.octets >= open.session_octets
            or earlier.devices >= open.devices))
    order by greatest(asked.disconnect_asked_at, asked.slow_asked_at) nulls first,
        open.last_seen_at
    limit $5
)
select candidate.*, facts.day_seconds, facts.month_seconds, facts.day_octets, facts.month_octets
from candidate left join lateral (
    select facts.* from (select where candidate.counts_days offset 0) needed
    cross join lateral live.guest_facts(candidate.admission_id, candidate.device, $1) facts
) facts on true
"""
"""Open sessions that may have to end: those never asked about first, then the longest silent.

$1 now, $2 quotas of those reported since, $3 and $4 plans and sites that are closed, $5 how many at
most. Only what is left of them costs a look-up for each; the rest is told apart by hashes.
"""

OF_PLANS: Final = """
select session.session_key
from live.session session join live.admission admission on admission.id = session.admission_id
where session.ended_at is null and admission.plan_id = any($1::uuid[])
    and session.session_key > $3 and session.nas_id in (
        select nas.id from territory.nas join territory.gateway on gateway.id = nas.gateway_id
        where gateway.brand = any($2::text[])
    )
order by session.session_key limit $4
"""
"""Open sessions at NAS that take new rights, a few at a time: $1 plans, $2 brands, $3 after which
session, $4 how many."""

ASK: Final = """
insert into live.command (id, kind, payload, requested_by, requested_at, deadline)
select asked.id, asked.kind, asked.payload::jsonb, asked.requested_by, $5, $6
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[])
    as asked(id, kind, payload, requested_by)
"""
