"""An account's end is also its civil identity's: five years run from it where one ran before.

The portal closes an account by a function, which alone reaches both; retention closes those that
nobody has used for a year, and deletes by the instants it may read and nothing else.
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"

_CLOSE = """
    -- End an account and start the time of who is behind it; what has ended stays as it ended.
    CREATE FUNCTION account.close(the_account uuid, at timestamptz) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        UPDATE account.account SET closed_at = at, password_hash = NULL
        WHERE id = the_account AND closed_at IS NULL;
        UPDATE identity.person SET ended_at = at
        WHERE account_id = the_account AND ended_at IS NULL
    $$
"""

_CLOSE_UNUSED = """
    -- Accounts that nobody has used since an instant end a year after it.
    CREATE FUNCTION account.close_unused(since timestamptz) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        SELECT account.close(id, since + interval '1 year') FROM account.account
        WHERE closed_at IS NULL AND last_used_at < since
    $$
"""

_RIGHTS = """
    REVOKE ALL ON FUNCTION account.close, account.close_unused FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION account.close TO socle_portal;
    GRANT EXECUTE ON FUNCTION account.close_unused TO socle_retention;
    REVOKE UPDATE (closed_at) ON account.account FROM socle_portal;
    REVOKE SELECT ON account.account, identity.person FROM socle_retention;
    GRANT SELECT (closed_at) ON account.account TO socle_retention;
    GRANT SELECT (ended_at) ON identity.person TO socle_retention;
    GRANT SELECT (expires_at), DELETE ON live.openid_request, live.sponsor_request
        TO socle_retention
"""


def upgrade() -> None:
    """Make the column, the functions and the rights."""
    op.add_column(
        "person",
        sa.Column(
            "ended_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="[identity] Its account is over since; none: open.",
        ),
        schema="identity",
    )
    for statement in (_CLOSE, _CLOSE_UNUSED, *_RIGHTS.split(";")):
        op.execute(statement)
