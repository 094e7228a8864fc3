"""The statements of commands and of the sessions they are about; off the hot path."""

from typing import Final

CLAIM: Final = """
update live.command set claimed_until = $2
where id in (
    select id from live.command
    where finished_at is null and kind = any($3::text[])
        and (claimed_until is null or claimed_until <= $1)
    order by requested_at limit $4 for update skip locked
)
returning id, kind, payload::text as payload, requested_at, deadline
"""
"""Takes open commands, the oldest first: $1 now, $2 until when, $3 kinds, $4 how many at most.

Who takes them holds no lock and no connection afterwards: the lease keeps others away."""

RENEW: Final = """
update live.command set claimed_until = $2 where id = any($1::uuid[]) and finished_at is null
"""
FINISH: Final = "update live.command set result = $2, finished_at = $3 where id = $1"

SESSIONS: Final = """
select session.session_key, session.nas_id, session.user_name, session.acct_session_id,
    session.device::text as device, host(session.address) as address, session.nas_handle,
    session.started_at, session.ended_at, session.upload_octets + session.download_octets as octets,
    admission.id as admission_id, admission.plan_id, admission.ends_at, admission.revoked_at,
    coalesce(used.octets, 0)::bigint as used_octets
from live.session session
left join live.admission admission on admission.id = session.admission_id
left join lateral (
    select sum(upload_octets + download_octets) as octets from live.session
    where admission_id = admission.id
) used on true
where ($1::uuid is null or session.session_key = $1)
    and ($2::uuid is null or session.admission_id = $2)
    and ($3::text is null or session.device = $3::text::macaddr)
    and ($4::uuid is null or session.site_id = $4)
    and ($1::uuid is not null or session.ended_at is null)
order by session.started_at limit $5
"""
"""The sessions of a target: $1 session, $2 admission, $3 device, $4 site; ended ones only by key."""
