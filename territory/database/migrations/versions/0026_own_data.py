"""What a guest may see of the connection that is theirs, and what a site's notices need.

A guest's page asks for one right at a time, by the opaque identifier that only its signed visit
names: no address of a device opens anything. It is told source data; the amounts stay with the view
that has them, so that who a guest is and how much they used never meet in one answer.
"""

from alembic import op
from sqlalchemy import Boolean, Column, Text

revision = "0026"
down_revision = "0025"

_OWN_DATA = """
    CREATE FUNCTION live.own_data(the_admission uuid) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        SELECT jsonb_build_object(
            'right', jsonb_build_object(
                'site', site.name, 'organisation', organisation.name, 'network', network.ssid,
                'plan', plan.name, 'method', a.method, 'language', a.language,
                'terms_version', a.terms_version, 'granted_at', a.created_at,
                'ends_at', a.ends_at, 'revoked_at', a.revoked_at,
                'revoked_reason', a.revoked_reason, 'user_name', a.user_name,
                'device', b.device, 'bound_at', b.bound_at),
            'sessions', coalesce((
                SELECT jsonb_agg(jsonb_build_object(
                    'started_at', s.started_at, 'last_seen_at', s.last_seen_at,
                    'ended_at', s.ended_at, 'device', s.device, 'address', host(s.address),
                    'address6', s.address6) ORDER BY s.started_at)
                FROM (SELECT * FROM live.session WHERE admission_id = a.id
                    ORDER BY started_at DESC LIMIT 200) s), '[]'),
            'public_addresses', coalesce((
                SELECT jsonb_agg(jsonb_build_object('address', host(p.address),
                    'valid_from', greatest(p.valid_from, a.created_at),
                    'valid_until', p.valid_until) ORDER BY p.valid_from)
                FROM source.site_public_address p
                WHERE p.site_id = a.site_id AND p.valid_from < a.ends_at
                    AND coalesce(p.valid_until, 'infinity') > a.created_at), '[]'))
        FROM live.admission a
        JOIN territory.site ON site.id = a.site_id
        JOIN territory.organisation ON organisation.id = site.organisation_id
        JOIN territory.plan ON plan.id = a.plan_id
        LEFT JOIN territory.network ON network.id = a.network_id
        LEFT JOIN live.binding b ON b.admission_id = a.id
        WHERE a.id = the_admission
    $$
"""

_DPO: Column[str] = Column(
    "dpo_email",
    Text,
    nullable=True,
    comment="[reference] Address of its data protection officer's service.",
)
_DESCRIBED: Column[bool] = Column(
    "methods_described",
    Boolean,
    nullable=False,
    server_default="false",
    comment="[reference] Whether the territory's description states them: then only it may.",
)


def upgrade() -> None:
    """Make the function and the two columns; the console may choose a site's methods."""
    op.execute(_OWN_DATA)
    op.execute("REVOKE ALL ON FUNCTION live.own_data FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION live.own_data TO socle_portal")
    op.add_column("organisation", _DPO, schema="territory")
    op.add_column("site", _DESCRIBED, schema="territory")
    op.execute("GRANT UPDATE (methods) ON territory.site TO socle_portal")
