"""What a guest who proved who they are may see of that, and how they end it.

Dates and kinds, never the address, number or name behind them: those are sealed where the portal
may not read them. Ending it starts the law's time from now; nothing is taken away before its day.
"""

from alembic import op

revision = "0034"
down_revision = "0033"

_OWN_GUEST = """
    CREATE FUNCTION account.own_guest(the_guest uuid) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        SELECT jsonb_build_object('kind', a.kind, 'began_at', a.created_at,
            'used_at', a.last_used_at, 'ended_at', a.closed_at,
            'is_identified', EXISTS (SELECT FROM identity.person p WHERE p.account_id = a.id))
        FROM account.account a WHERE a.id = the_guest
        UNION ALL
        SELECT jsonb_build_object('kind', c.kind, 'began_at', c.verified_at,
            'used_at', c.last_verified_at, 'ended_at', c.valid_until,
            'is_identified', EXISTS (SELECT FROM identity.contact i WHERE i.id = c.id))
        FROM account.contact c WHERE c.id = the_guest
        LIMIT 1
    $$
"""

_END_GUEST = """
    CREATE FUNCTION account.end_guest(the_guest uuid, now timestamptz) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        UPDATE account.account SET closed_at = now, password_hash = NULL
            WHERE id = the_guest AND closed_at IS NULL;
        UPDATE account.contact SET valid_until = least(valid_until, now) WHERE id = the_guest;
        UPDATE identity.contact SET valid_until = least(valid_until, now) WHERE id = the_guest
    $$
"""


def upgrade() -> None:
    """Make the two functions, for the portal alone."""
    for function in (_OWN_GUEST, _END_GUEST):
        op.execute(function)
    op.execute("REVOKE ALL ON FUNCTION account.own_guest, account.end_guest FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION account.own_guest, account.end_guest TO socle_portal")
