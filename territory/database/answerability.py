"""What the database knows of a site that an answer hangs on; read by its page and by its test."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from territory.rules.answerability import Answerability, SiteFacts, judge

_LATELY: Final = timedelta(days=8)
"""How long supervision keeps how many were online."""

# Sites that share a public address share its devices: an authority's question names no site.
_FACTS: Final = text("""
    WITH own AS (
        SELECT address FROM source.site_public_address
        WHERE site_id = :site AND valid_until IS NULL
    ), behind AS (
        SELECT site_id FROM source.site_public_address
        WHERE valid_until IS NULL AND address IN (SELECT address FROM own)
        UNION SELECT CAST(:site AS uuid)
    ), reporter AS (
        SELECT id FROM territory.nas WHERE site_id = :site
        UNION ALL SELECT id FROM territory.gateway WHERE site_id = :site
    ), sample AS (
        SELECT sum(open_sessions)::bigint AS online FROM live.site_sample
        WHERE site_id IN (SELECT site_id FROM behind) AND at > :since GROUP BY at
    ), session AS (
        SELECT count(*) AS known, count(*) FILTER (WHERE ended_at IS NULL) AS online
        FROM live.session WHERE nas_id IN (SELECT id FROM reporter)
    ), blocks AS (
        SELECT in_force_since BETWEEN valid_from AND :now AS in_force FROM territory.port_blocks
        WHERE site_id = :site AND valid_until IS NULL
    )
    SELECT EXISTS (SELECT FROM own) AS has_public_address,
        session.known > 0 OR coalesce((SELECT max(online) FROM sample), 0) > 0 AS has_sessions,
        EXISTS (SELECT FROM blocks WHERE in_force) AS has_port_blocks,
        EXISTS (SELECT FROM blocks WHERE in_force IS NOT TRUE) AS awaits_port_blocks,
        (SELECT last_at FROM live.translation_seen WHERE site_id = :site) AS translations_at,
        greatest(session.online, coalesce((SELECT max(online) FROM sample), 0)) AS peak,
        (SELECT count(*) - 1 FROM behind) AS sharing, session.online
    FROM session
""")


async def load_answerability(db: AsyncConnection, site_id: UUID, now: datetime) -> Answerability:
    """Return what a question about a site would get at `now`."""
    asked = {"site": site_id, "since": now - _LATELY, "now": now}
    row = (await db.execute(_FACTS, asked)).mappings().one()
    return judge(SiteFacts(**row), now)
