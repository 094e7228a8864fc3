"""Whoever has an account ended on "mes données" starts the time of who is behind it, too."""

from alembic import op

revision = "0036"
down_revision = "0035"

_END_GUEST = """
    CREATE OR REPLACE FUNCTION account.end_guest(the_guest uuid, now timestamptz) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        SELECT account.close(the_guest, now);
        UPDATE account.contact SET valid_until = least(valid_until, now) WHERE id = the_guest;
        UPDATE identity.contact SET valid_until = least(valid_until, now) WHERE id = the_guest
    $$
"""


def upgrade() -> None:
    """Have the one function close as the other does."""
    op.execute(_END_GUEST)
